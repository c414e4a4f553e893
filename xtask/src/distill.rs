//! `distill`: makes the bundled models from a sentence-transformers directory.
//!
//! The work is done by a binary of `aios-embedding` behind the feature `distill`. The dev profile
//! is enough: what computes is optimised there too.

use crate::child::Cargo;
use crate::error::Error;

pub(crate) const USAGE: &str = "distill --from DIR [--out DIR] [--int8 DIR] [--evaluate DIR]";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if !arguments.iter().any(|argument| argument == "--from") {
        return Err(Error::Usage { usage: USAGE });
    }
    Cargo::new(&["run", "--package", "aios-embedding", "--features", "distill"])
        .args(&["--bin", "distill", "--"])
        .args(arguments)
        .run()
}
