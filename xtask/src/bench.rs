//! `bench`: the workloads of one tier, or of embedding, beside their rivals, in one run of the
//! release profile.
//!
//! They are a bench target of the package in `benches/`, named for the tier. What a target prints,
//! and the file that it writes below `target/bench/`, are its own affair.

use std::path;

use crate::child::Cargo;
use crate::error::Error;

pub(crate) const USAGE: &str = "bench operational|working|embedding|longterm [ARGS]";

const EMBEDDING: &str = "embedding";
const LONGTERM: &str = "longterm";
/// The binary is selected too, so that its features and no others decide how LanceDB is built.
const WITH_LANCEDB: &[&str] =
    &["--features", "aios-memory-benches/longterm", "--package", "aios-memory-cli"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Error::Usage { usage: USAGE });
    };
    let mut cargo = Cargo::new(&["bench", "--package", "aios-memory-benches", "--bench", name]);
    if name == LONGTERM {
        cargo = cargo.args(WITH_LANCEDB);
    }
    let rest = if name == EMBEDDING { absolute(rest) } else { rest.to_vec() };
    cargo.args(&["--"]).args(&rest).run()
}

/// The arguments, with directories as they are called from the package's folder, where cargo runs
/// a bench.
fn absolute(arguments: &[String]) -> Vec<String> {
    let absolute = |argument: &String| match path::absolute(argument) {
        Ok(path) if !argument.starts_with('-') => path.display().to_string(),
        _ => argument.clone(),
    };
    arguments.iter().map(absolute).collect()
}

#[cfg(test)]
mod tests;
