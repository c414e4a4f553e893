//! The errors of an exchange: those of the memory, and its early end.

use std::{io, path::PathBuf};

use aios_record::Remedy;

/// The reason for which files could not be read into the memory, or written from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The memory returned an error, or a file cannot be read or written.
    #[error(transparent)]
    Memory(#[from] aios_memory::Error),
    /// It ended early. The added records stay, and the same exchange again adds the rest.
    #[error("it ended after {added} records were added, which stay")]
    Unfinished {
        /// The number of records that were added.
        added: u64,
        /// The cause.
        source: aios_memory::Error,
    },
}

impl Error {
    /// Returns the error of the memory, which is the cause of an early end.
    #[must_use]
    pub fn cause(&self) -> &aios_memory::Error {
        match self {
            Error::Memory(error) | Error::Unfinished { source: error, .. } => error,
        }
    }

    /// Returns `true` if the requested object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.cause().is_not_found()
    }

    /// Returns `true` if the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.cause().is_retryable()
    }

    /// Returns a stable word by which programs distinguish errors.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.cause().code()
    }

    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        self.cause().remedy()
    }

    /// Wraps this error in [`Error::Unfinished`] if `added` is not 0.
    pub(crate) fn after(self, added: u64) -> Error {
        match (added, self) {
            (0, error) => error,
            (_, Error::Memory(source)) => Error::Unfinished { added, source },
            (_, unfinished) => unfinished,
        }
    }

    /// Returns the error of a background task that ended unexpectedly.
    pub(crate) fn interrupted<E>(_: E) -> Error {
        Error::Memory(aios_memory::Error::Interrupted)
    }

    /// Returns an error for an input file. If the problem shows the next step, there is no remedy.
    pub(crate) fn input(
        path: impl Into<PathBuf>,
        problem: impl Into<String>,
        remedy: Option<Remedy>,
    ) -> Error {
        let (path, problem) = (path.into(), problem.into());
        Error::Memory(aios_memory::Error::Input { path, problem, remedy })
    }

    pub(crate) fn output(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Memory(aios_memory::Error::Output { path, source })
    }
}

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        Error::Memory(error.into())
    }
}

impl From<aios_working::Error> for Error {
    fn from(error: aios_working::Error) -> Error {
        Error::Memory(error.into())
    }
}

impl From<aios_working::ForeignError> for Error {
    fn from(error: aios_working::ForeignError) -> Error {
        Error::Memory(error.into())
    }
}

impl From<aios_longterm::Error> for Error {
    fn from(error: aios_longterm::Error) -> Error {
        Error::Memory(error.into())
    }
}
