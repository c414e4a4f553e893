//! `migrate`: migrates the databases of a data directory to the current schema.

use crate::child::Cargo;
use crate::error::Error;

pub(crate) const USAGE: &str = "migrate DIR [--dry-run]";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    match arguments.split_first() {
        Some((directory, rest)) if !directory.starts_with('-') => {
            Cargo::binary::<&str>(&[]).args(&["--data-dir", directory, "migrate"]).args(rest).run()
        }
        _ => Err(Error::Usage { usage: USAGE }),
    }
}
