//! `bench`: the workloads of one tier, beside their rivals, in one run of the release profile.
//!
//! Each tier's workloads are a bench target of the package in `benches/`, named for the tier. What
//! a target prints, and the file that it writes below `target/bench/`, are its own affair.

use crate::child::Cargo;
use crate::error::Error;

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Error::Usage { usage: "bench operational|working|longterm [ARGS]" });
    };
    Cargo::new(&["bench", "--package", "aios-memory-benches", "--bench", name])
        .args(&["--"])
        .args(rest)
        .run()
}
