//! `demo`: runs the binary's own `demo`, which leaves no files behind.

use crate::child::Cargo;
use crate::error::Error;

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    Cargo::binary::<&str>(&[]).args(&["demo"]).args(arguments).run()
}
