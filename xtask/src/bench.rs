//! `bench`: workloads of one tier, or of embedding, beside their rivals, in one run of the release
//! profile.
//!
//! Each is a bench target of the package in `benches/`, named for the tier. A target determines its
//! own output, and the file that it writes below `target/bench/`.

use std::path;

use crate::child::Cargo;
use crate::error::Error;

pub(crate) const USAGE: &str = "bench operational|working|embedding|longterm [ARGS]";

const EMBEDDING: &str = "embedding";
const LONGTERM: &str = "longterm";
/// The binary is selected, too, so that LanceDB is built with exactly its features.
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

/// Makes the paths in the arguments absolute, because cargo runs a bench in the folder of its
/// package.
fn absolute(arguments: &[String]) -> Vec<String> {
    let absolute = |argument: &String| match path::absolute(argument) {
        Ok(path) if !argument.starts_with('-') => path.display().to_string(),
        _ => argument.clone(),
    };
    arguments.iter().map(absolute).collect()
}

#[cfg(test)]
mod tests;
