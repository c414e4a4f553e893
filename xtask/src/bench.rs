//! `bench`: the workloads of one tier, or of embedding, beside their rivals, in one run of the
//! release profile.
//!
//! They are a bench target of the package in `benches/`, named for the tier. What a target prints,
//! and the file that it writes below `target/bench/`, are its own affair.

use crate::child::Cargo;
use crate::error::Error;

const LONGTERM: &str = "longterm";
/// The binary is selected too, so that its features and no others decide how LanceDB is built.
const WITH_LANCEDB: &[&str] =
    &["--features", "aios-memory-benches/longterm", "--package", "aios-memory-cli"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Error::Usage { usage: "bench operational|working|embedding|longterm [ARGS]" });
    };
    let mut cargo = Cargo::new(&["bench", "--package", "aios-memory-benches", "--bench", name]);
    if name == LONGTERM {
        cargo = cargo.args(WITH_LANCEDB);
    }
    cargo.args(&["--"]).args(rest).run()
}
