//! `test`: the whole suite, doc examples included.
//!
//! One cargo call for all packages: with one selection there is one set of features, and the
//! heavy dependencies are built once (`tidy` checks that the command line alone uses the same).

use crate::child::Cargo;
use crate::error::Error;

/// How the README says that the tests are run. CI runs this line, word for word.
pub(crate) const COMMAND: &str = "cargo xtask test";

/// The workloads of tier 2, which the benches leave out where LanceDB is not built anyway.
const BENCHES: &str = "aios-memory-benches/longterm";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    Cargo::new(&["test", "--workspace", "--features", BENCHES]).args(arguments).run()
}
