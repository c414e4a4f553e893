//! The origin of a value, and the reasons for which settings cannot be used.

use std::{fmt, io, path::PathBuf};

use aios_record::Remedy;

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The default.
    Default,
    /// The settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A command-line flag.
    Flag(&'static str),
    /// The program that opens the memory, through the fields of [`Config`](super::Config).
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(variable) => write!(f, "environment {variable}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Program => f.write_str("the program"),
        }
    }
}

/// The reason for which settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No setting has this name.
    #[error("unknown setting `{key}` in {origin}; did you mean `{nearest}`?")]
    UnknownKey {
        /// The given name.
        key: String,
        /// Its origin.
        origin: Origin,
        /// The most similar known name.
        nearest: String,
    },
    /// A value is invalid for its key.
    #[error("`{key}` in {origin} is `{value}`; expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// Its origin.
        origin: Origin,
        /// The given value.
        value: String,
        /// The expected value.
        expected: String,
    },
    /// The settings file is not valid TOML.
    #[error("{}, line {line}: {problem}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem there.
        problem: String,
    },
    /// The settings file cannot be read.
    #[error("failed to read the settings file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// There is no directory for the data.
    #[error("no data directory: neither HOME nor XDG_DATA_HOME is an absolute path")]
    NoDataDir,
}

impl Error {
    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Error::NoDataDir => Remedy::NameDataDirectory,
            _ => Remedy::CorrectSettings,
        }
    }
}
