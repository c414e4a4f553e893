//! Errors of opening a model and embedding a text.

use std::{error::Error as StdError, io, path::PathBuf};

use aios_record::Remedy;

/// Error of opening a model or embedding a text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory or file of a model does not exist.
    #[error(
        "`{}` is missing, expected a directory that holds {holds}",
        path.display()
    )]
    Missing {
        /// The missing path.
        path: PathBuf,
        /// Description of the files in such a directory.
        holds: &'static str,
    },
    /// A model is not in the cache of the Hugging Face hub.
    #[error("`{model}` is not in the Hugging Face cache (looked at {})", shown(looked_at))]
    NotCached {
        /// Name of the model.
        model: String,
        /// Paths that were checked.
        looked_at: Vec<PathBuf>,
    },
    /// A model in the cache of the Hugging Face hub is incomplete.
    #[error("`{model}` is not whole in the Hugging Face cache, `{}` is missing", path.display())]
    Incomplete {
        /// Name of the model.
        model: String,
        /// The missing file.
        path: PathBuf,
    },
    /// A model in the cache of the Hugging Face hub is of an unsupported kind, or was downloaded by
    /// a program that needed other files of it.
    #[error("`{model}` is in the Hugging Face cache, but {reason}")]
    OtherMake {
        /// Name of the model.
        model: String,
        /// Difference from a supported model.
        reason: &'static str,
    },
    /// The location of the cache of the Hugging Face hub is unknown.
    #[error("no directory for models is known: neither HOME nor HF_HOME is set")]
    NoCache,
    /// A file of a model exists but could not be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A file of a model does not have the expected content.
    #[error("`{}` is not usable: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Reason it is malformed.
        reason: String,
    },
    /// The model is intact but requires an unsupported feature.
    #[error("`{}` asks for {feature}, which is not supported", path.display())]
    Unsupported {
        /// The file that needs the feature.
        path: PathBuf,
        /// The unsupported feature.
        feature: String,
        /// Models that can be used instead.
        instead: &'static str,
    },
    /// The bytes of a static or int8 model are damaged.
    #[error("the model in {origin} is damaged")]
    Damaged {
        /// Origin of the bytes.
        origin: String,
        /// Kind of damage.
        source: Damage,
    },
    /// The tokenizer or the tensor library refused a text.
    #[error("failed to compute vectors")]
    Compute {
        /// Error of the library.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Error::Missing { .. } => Remedy::ChooseModel,
            Error::NotCached { model, .. } | Error::Incomplete { model, .. } => {
                Remedy::PullModel { model: model.clone() }
            }
            Error::OtherMake { model, .. } => Remedy::ReplaceModel { model: model.clone() },
            Error::NoCache => Remedy::NameModelCache,
            Error::Read { .. } => Remedy::CheckPath,
            Error::Malformed { .. } | Error::Damaged { .. } => Remedy::FetchModel,
            Error::Unsupported { instead, .. } => Remedy::UseInstead { instead },
            Error::Compute { .. } => Remedy::SmallerBatch,
        })
    }

    /// Returns true if a model, or a file of it, does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Missing { .. } | Error::NotCached { .. } | Error::Incomplete { .. })
    }

    /// Returns true if a model exists but its content is invalid.
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
    /// The bytes do not begin with the magic bytes of such a model.
    #[error("it does not begin with the magic bytes of such a model")]
    Magic,
    /// The format is newer or older than this crate.
    #[error("it has format version {found}, this program reads version {known}")]
    Version {
        /// Version in the header.
        found: u32,
        /// The version that this crate reads.
        known: u32,
    },
    /// The number of bytes differs from the header's.
    #[error("it has {found} bytes, its header asks for {expected}")]
    Length {
        /// Number of bytes that the header requires.
        expected: u64,
        /// Actual number of bytes.
        found: u64,
    },
    /// The checksum does not match the content.
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
        /// Maximum number of rows.
        rows_max: usize,
        /// Maximum dimension.
        dimension_max: usize,
    },
    /// A scale is negative or not finite, or a value to be written is not finite.
    #[error("row {row} has a scale that is not a finite, non-negative number")]
    Scale {
        /// The row, from 0.
        row: usize,
    },
    /// Sizes or settings are not supported by the network, or a number is not finite.
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
