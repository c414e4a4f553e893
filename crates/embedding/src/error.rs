//! What can go wrong between a model on disk and a vector.

use std::{error::Error as StdError, io, path::PathBuf};

/// Why a model could not be opened, or a text not be embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory or file of a model is not there.
    #[error(
        "`{}` is missing; give a directory that holds {holds}",
        path.display()
    )]
    Missing {
        /// What was looked for.
        path: PathBuf,
        /// What such a directory holds.
        holds: &'static str,
    },
    /// A model is not in the cache of the Hugging Face hub.
    #[error(
        "`{model}` is not in the Hugging Face cache (looked at {}); run `aios-memory model pull \
         {model}`",
        shown(looked_at)
    )]
    NotCached {
        /// The model.
        model: String,
        /// Where it was looked for.
        looked_at: Vec<PathBuf>,
    },
    /// A model is in the cache of the Hugging Face hub, but not all of it.
    #[error(
        "`{model}` is not whole in the Hugging Face cache, `{}` is missing; run `aios-memory model \
         pull {model}`",
        path.display()
    )]
    Incomplete {
        /// The model.
        model: String,
        /// What is missing.
        path: PathBuf,
    },
    /// A model is in the cache of the Hugging Face hub, but as no model that is built here, or
    /// fetched by a program that needed other files of it.
    #[error(
        "`{model}` is in the Hugging Face cache, but {reason}; use a sentence-transformers model \
         of a family that is built here, or, if it is one, run `aios-memory model pull {model}`"
    )]
    OtherMake {
        /// The model.
        model: String,
        /// What tells it from one that can be read.
        reason: &'static str,
    },
    /// Nothing says where the cache of the Hugging Face hub is.
    #[error("no directory for models is known: set HOME, or name one with HF_HOME")]
    NoCache,
    /// A file of a model is there but could not be read.
    #[error("failed to read `{}`; check its permissions and the disk", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of a model does not say what such a file must say.
    #[error("`{}` is not usable: {reason}; fetch the model again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model is sound, but of a make that is not built here.
    #[error("`{}` asks for {feature}, which is not supported; use {instead}", path.display())]
    Unsupported {
        /// The file that asks for it.
        path: PathBuf,
        /// What it asks for.
        feature: String,
        /// What to use in its place.
        instead: &'static str,
    },
    /// The bytes of a static or int8 model are damaged.
    #[error("the model in {origin} is damaged; install it again or run `distill`")]
    Damaged {
        /// Where the bytes came from.
        origin: String,
        /// What is wrong with them.
        source: Damage,
    },
    /// The tokenizer or the tensor library refused a text.
    #[error("failed to compute vectors; give smaller batches or another model")]
    Compute {
        /// What the library said.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// Whether a model, or a file of it, is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Missing { .. } | Error::NotCached { .. } | Error::Incomplete { .. })
    }

    /// Whether a model is there but its bytes are not what they must be.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        matches!(self, Error::Damaged { .. } | Error::Malformed { .. })
    }

    #[cfg(any(feature = "bert", feature = "int8"))]
    pub(crate) fn compute(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error::Compute { source: source.into() }
    }
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    paths.join(" and ")
}

/// The damage to the bytes of a static or int8 model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The bytes do not begin like such a model.
    #[error("it does not begin with the magic bytes of such a model")]
    Magic,
    /// The format is newer or older than this crate.
    #[error("it has format version {found}, this program reads version {known}")]
    Version {
        /// The version that the bytes name.
        found: u32,
        /// The version that this crate reads.
        known: u32,
    },
    /// The header asks for another number of bytes than there are.
    #[error("it has {found} bytes, its header asks for {expected}")]
    Length {
        /// What the header asks for.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("its checksum does not match its content")]
    Checksum,
    /// Dimension or number of rows is zero or beyond the limit.
    #[error(
        "its shape of {rows} rows of {dimension} is outside 1..={rows_max} of 1..={dimension_max}"
    )]
    Shape {
        /// Rows in the header.
        rows: usize,
        /// Dimension in the header.
        dimension: usize,
        /// Most rows a model may have.
        rows_max: usize,
        /// Largest dimension a model may have.
        dimension_max: usize,
    },
    /// A scale is negative, infinite or not a number; or a value to be written is not finite.
    #[error("row {row} has a scale that is not a finite, non-negative number")]
    Scale {
        /// The row, from 0.
        row: usize,
    },
    /// Sizes or settings are not those of a network that can be computed, or a number is not
    /// finite.
    #[error("its sizes, settings or numbers are not those of a network that can be computed")]
    Network,
    /// The name is not UTF-8.
    #[error("its name is not UTF-8")]
    Name,
    /// The vocabulary is not one distinct, non-empty word piece per row.
    #[error("its vocabulary is not one distinct word piece per row, see row {row}")]
    Vocabulary {
        /// The first row at fault, from 0.
        row: usize,
    },
}
