//! `demo`: runs the binary's own `demo`, which leaves no files behind.

use crate::child::Cargo;
use crate::error::Error;
use crate::first_build;

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    first_build::announce();
    Cargo::binary::<&str>(&[]).args(&["demo"]).args(arguments).run()
}
