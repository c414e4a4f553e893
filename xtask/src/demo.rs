//! `demo`: runs the `demo` of the binary, which leaves no files.

use crate::child::Cargo;
use crate::error::Error;
use crate::first_build;

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    first_build::announce();
    Cargo::binary::<&str>(&[]).args(&["demo"]).args(arguments).run()
}
