//! Errors of an evaluation.

use std::path::PathBuf;

use aios_record::Remedy;

/// Error of an evaluation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file with labelled data cannot be used.
    #[error("{}: {problem}", path.display())]
    Input {
        /// The file or directory.
        path: PathBuf,
        /// The problem with it.
        problem: String,
    },
    /// A temporary memory returned an error.
    #[error(transparent)]
    Memory(#[from] aios_memory::Error),
    /// The texts could not be stored in a temporary memory.
    #[error(transparent)]
    Exchange(#[from] aios_exchange::Error),
}

impl Error {
    /// Returns a stable identifier of the condition, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Input { .. } => "input",
            Error::Memory(error) => error.code(),
            Error::Exchange(error) => error.code(),
        }
    }

    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Error::Input { .. } => None,
            Error::Memory(error) => error.remedy(),
            Error::Exchange(error) => error.remedy(),
        }
    }
}

impl From<aios_embedding::Error> for Error {
    fn from(error: aios_embedding::Error) -> Error {
        Error::Memory(error.into())
    }
}

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        Error::Memory(error.into())
    }
}

impl From<aios_longterm::Error> for Error {
    fn from(error: aios_longterm::Error) -> Error {
        Error::Memory(error.into())
    }
}
