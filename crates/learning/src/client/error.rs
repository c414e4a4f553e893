//! Errors of preparing a client.

use std::{io, path::PathBuf};

use aios_record::Remedy;

/// Reason for which a client or its key cannot be had. None of them shows a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address of the endpoint is unusable.
    #[error("the address of the endpoint is not usable: {problem}")]
    Address {
        /// The expectation.
        problem: &'static str,
    },
    /// The certificates of the system cannot be read, or the client cannot be built.
    #[error("failed to prepare the client: {reason}")]
    Prepare {
        /// Words of the library.
        reason: String,
    },
    /// The value is unusable as a key.
    #[error("the key from {origin} is not usable: {problem}")]
    Key {
        /// Origin of the key.
        origin: String,
        /// The expectation.
        problem: &'static str,
    },
    /// The environment does not have the variable.
    #[error("the environment variable `{name}` is not set")]
    Variable {
        /// Name of the variable.
        name: String,
    },
    /// The file of the key cannot be read.
    #[error("failed to read the key from `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The file of the key can be read by others, is another user's, or is no regular file.
    #[error("`{}` is not a safe place for a key: {problem}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The expectation.
        problem: String,
    },
}

impl ClientError {
    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            ClientError::Address { .. } | ClientError::Key { .. } => Some(Remedy::Correct),
            ClientError::Variable { .. } => Some(Remedy::Correct),
            ClientError::Read { .. } | ClientError::Open { .. } => Some(Remedy::CheckPath),
            ClientError::Prepare { .. } => None,
        }
    }
}
