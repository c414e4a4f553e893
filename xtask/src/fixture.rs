//! `fixture`: creates `tests/fixtures/store-N`, a data directory in the current formats, after a
//! format has changed.
//!
//! The code that fills it is part of the tests (`tests/tests/it/formats/make.rs`), which also
//! compare the fixture with its description.

use crate::child::Cargo;
use crate::error::Error;

const USAGE: &str = "fixture";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if !arguments.is_empty() {
        return Err(Error::Usage { usage: USAGE });
    }
    // Selects the command line as well, so that nothing is built twice.
    let packages = ["test", "--package", "aios-memory-tests", "--package", "aios-memory-cli"];
    Cargo::new(&packages)
        .args(&["--test", "stack", "--", "--exact", "formats::make::make"])
        .env("AIOS_MAKE_FIXTURE", "1")
        .announced()
        .run()
}
