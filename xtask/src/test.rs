//! `test`: the whole suite, doc examples included.
//!
//! One cargo call for all packages: with one selection there is one set of features, and the
//! heavy dependencies are built once (`tidy` checks that the command line alone uses the same).

use crate::child::Cargo;
use crate::error::Error;

/// How the README says that the tests are run. CI runs this line, word for word.
pub(crate) const COMMAND: &str = "cargo xtask test";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    Cargo::new(&["test", "--workspace"]).args(arguments).run()
}
