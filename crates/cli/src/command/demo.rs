//! `demo`: a small agent's day.
use crate::{failure::Failure, output::Output};
pub(crate) async fn demo(_: Output) -> Result<(), Failure> { Ok(()) }
