//! `test`: the whole test suite, including doc examples.
//!
//! One cargo call tests all packages with one set of features, so the heavy dependencies are built
//! once (`tidy` checks that the command line alone uses the same set).

use crate::child::Cargo;
use crate::error::Error;
use crate::first_build;

/// Command for the tests, as stated in the README and run by CI.
pub(crate) const COMMAND: &str = "cargo xtask test";

/// Feature of the tier 2 workloads, which are off by default because they need LanceDB.
const BENCHES: &str = "aios-memory-benches/longterm";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    first_build::announce();
    Cargo::new(&["test", "--workspace", "--features", BENCHES]).args(arguments).run()
}
