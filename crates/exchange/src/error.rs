//! The errors of an exchange, grouped by what the caller can do about them.

use std::{io, path::PathBuf};

/// The reason for which files could not be read into the memory, or written from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The memory returned an error.
    #[error(transparent)]
    Memory(#[from] aios_memory::Error),
    /// An input file cannot be used.
    #[error("{}: {problem}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        problem: String,
    },
    /// A file cannot be written.
    #[error("failed to write {}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another program's file cannot be read.
    #[error(transparent)]
    Foreign(#[from] aios_working::ForeignError),
    /// It ended early.
    #[error(
        "it ended after {added} records were added, which stay; when that is mended the same again \
         adds the rest"
    )]
    Unfinished {
        /// The number of records that were added.
        added: u64,
        /// The cause.
        source: Box<Error>,
    },
    /// A background task ended unexpectedly.
    #[error("a background task ended unexpectedly; open the memory again")]
    Interrupted,
}

impl Error {
    /// Returns `true` if the requested object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::Memory(error) => error.is_not_found(),
            Error::Unfinished { source, .. } => source.is_not_found(),
            _ => false,
        }
    }

    /// Returns `true` if the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Memory(error) => error.is_retryable(),
            Error::Unfinished { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    /// Returns a stable word by which programs distinguish errors.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Memory(error) => error.code(),
            Error::Input { .. } | Error::Foreign(_) => "input",
            Error::Output { .. } => "output",
            Error::Unfinished { source, .. } => source.code(),
            Error::Interrupted => "internal",
        }
    }

    /// Returns a suggestion for the next step, if the message does not contain one already.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Memory(error) => error.hint(),
            Error::Unfinished { source, .. } => source.hint(),
            Error::Output { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                Some("name a file that is not there yet")
            }
            Error::Output { source, .. } if source.kind() == io::ErrorKind::DirectoryNotEmpty => {
                Some("name a directory that is empty, or not there yet")
            }
            _ => None,
        }
    }

    /// Wraps this error in [`Error::Unfinished`] if `added` is not 0.
    pub(crate) fn after(self, added: u64) -> Error {
        match added {
            0 => self,
            _ => Error::Unfinished { added, source: Box::new(self) },
        }
    }

    pub(crate) fn output(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Output { path, source }
    }
}

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        match error {
            aios_files::Error::Io { path, source } => Error::Output { path, source },
            error => Error::Memory(error.into()),
        }
    }
}

impl From<aios_working::Error> for Error {
    fn from(error: aios_working::Error) -> Error {
        Error::Memory(error.into())
    }
}

impl From<aios_longterm::Error> for Error {
    fn from(error: aios_longterm::Error) -> Error {
        Error::Memory(error.into())
    }
}
