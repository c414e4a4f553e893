//! Errors of opening a local model.

use std::{io, path::PathBuf};

use aios_record::Remedy;

/// Reason for which a local model cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// A file of the model does not exist.
    #[error("`{}` is missing, expected {holds}", path.display())]
    Missing {
        /// The missing path.
        path: PathBuf,
        /// Description of the files of a model.
        holds: &'static str,
    },
    /// A file of the model exists but cannot be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A file of the model does not have the expected content.
    #[error("`{}` is not usable: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The deviation.
        reason: String,
    },
    /// The model is sound, but of a kind that is not supported.
    #[error("`{}` has {feature}, which is not supported", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The unsupported feature.
        feature: String,
        /// Models that can be used instead.
        instead: &'static str,
    },
    /// The thread that computes cannot be started.
    #[error("failed to start the thread of the model")]
    Thread {
        /// Error of the system.
        source: io::Error,
    },
}

/// Models that can be used instead of one that is refused.
pub(super) const INSTEAD: &str = "a chat model in GGUF of the architecture llama, qwen2 or qwen3 \
                                  with the template ChatML or Llama 3";

impl LocalError {
    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            LocalError::Missing { .. } => Some(Remedy::ChooseModel),
            LocalError::Read { .. } => Some(Remedy::CheckPath),
            LocalError::Malformed { .. } => Some(Remedy::FetchModel),
            LocalError::Unsupported { instead, .. } => Some(Remedy::UseInstead { instead }),
            LocalError::Thread { .. } => Some(Remedy::Retry),
        }
    }
}
