//! The errors of the hub, by what the caller can do about them.

use std::{error::Error as StdError, io, path::PathBuf};

use aios_record::Remedy;

/// Error of listing or downloading models.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The hub has no public model of this name.
    #[error("the hub has no public model `{model}`")]
    Unknown {
        /// The model.
        model: String,
    },
    /// The model lacks a required file.
    #[error("`{model}` has no `{file}` on the hub, expected a sentence-transformers model")]
    NoFile {
        /// The model.
        model: String,
        /// The missing file.
        file: String,
    },
    /// The hub did not answer, or answered with an error.
    #[error("failed to fetch {url}")]
    Network {
        /// The requested address.
        url: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The received data differ from the hub's listing and were discarded.
    #[error("{url} is damaged: {reason}")]
    Damaged {
        /// The requested address.
        url: String,
        /// The difference.
        reason: &'static str,
    },
    /// The cache cannot be written.
    #[error("failed to write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The cache or a model in it cannot be used.
    #[error(transparent)]
    Embedding(#[from] aios_embedding::Error),
    /// A background task ended unexpectedly.
    #[error("a background task ended unexpectedly")]
    Interrupted,
}

impl Error {
    /// Returns a stable identifier of the condition, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Interrupted => "internal",
            _ => "model",
        }
    }

    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Error::Unknown { .. } => Some(Remedy::CheckModelName),
            Error::NoFile { .. } => Some(Remedy::ChooseModel),
            Error::Network { .. } | Error::Damaged { .. } => Some(Remedy::ResumeDownload),
            Error::Write { source, .. } => Some(match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Remedy::FreeDisk,
                _ => Remedy::MakeWritable,
            }),
            Error::Embedding(error) => error.remedy(),
            Error::Interrupted => Some(Remedy::Retry),
        }
    }
}
