//! Errors of an exchange: those of the memory, those of the files, and its early end.

mod input;

use std::{io, path::PathBuf};

use aios_record::Remedy;

pub use self::input::InputProblem;

/// Error of reading files into the memory or writing them from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The memory returned an error, or a file cannot be written.
    #[error(transparent)]
    Memory(#[from] aios_memory::Error),
    /// A given file or directory cannot be read.
    #[error("{}: {problem}", path.display())]
    Input {
        /// The file or directory.
        path: PathBuf,
        /// The problem with it.
        problem: InputProblem,
    },
    /// The exchange ended early. The added records stay; repeating the exchange adds the rest.
    #[error("it ended after {added} records were added, which stay")]
    Unfinished {
        /// The number of records that were added.
        added: u64,
        /// The cause.
        source: Box<Error>,
    },
}

impl Error {
    /// Returns the memory's error that this error is or was caused by. `None` if the cause is a
    /// file that cannot be read.
    #[must_use]
    pub fn of_memory(&self) -> Option<&aios_memory::Error> {
        match self {
            Error::Memory(error) => Some(error),
            Error::Input { .. } => None,
            Error::Unfinished { source, .. } => source.of_memory(),
        }
    }

    /// Returns `true` if the requested object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.of_memory().is_some_and(aios_memory::Error::is_not_found)
    }

    /// Returns `true` if the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.of_memory().is_some_and(aios_memory::Error::is_retryable)
    }

    /// Returns a stable identifier of the condition, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.of_memory().map_or("input", aios_memory::Error::code)
    }

    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Error::Memory(error) => error.remedy(),
            Error::Input { path, problem } => problem.remedy(path),
            Error::Unfinished { source, .. } => source.remedy(),
        }
    }

    /// Wraps this error in [`Error::Unfinished`] if `added` is not 0.
    pub(crate) fn after(self, added: u64) -> Error {
        match (added, self) {
            (0, error) => error,
            (_, unfinished @ Error::Unfinished { .. }) => unfinished,
            (_, error) => Error::Unfinished { added, source: Box::new(error) },
        }
    }

    /// Returns the error of a background task that ended unexpectedly.
    pub(crate) fn interrupted<E>(_: E) -> Error {
        Error::Memory(aios_memory::Error::Interrupted)
    }

    pub(crate) fn input(path: impl Into<PathBuf>, problem: InputProblem) -> Error {
        Error::Input { path: path.into(), problem }
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
