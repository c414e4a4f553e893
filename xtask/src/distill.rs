//! `distill`: creates the bundled models from a sentence-transformers directory.
//!
//! A binary of `aios-embedding` with the feature `distill` does the work. The dev profile suffices,
//! because it optimises the numeric code as well.

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
