//! Errors of verbs, each in one line, and their exit codes.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Reason why a verb failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// The first argument is not a verb.
    UnknownVerb { name: String },
    /// The arguments of a verb are invalid.
    Usage { usage: &'static str },
    /// A verb's table has no entry with this name.
    UnknownName { name: String, known: String },
    /// The tests of a proof are missing from their target.
    NoSuchTest { proof: &'static str, tests: &'static str },
    /// A program failed to start.
    Spawn { command: String, source: io::Error },
    /// A program failed after reporting an error. The code is `None` if a signal ended it.
    Child { command: String, code: Option<i32> },
    /// A program printed an unexpected answer.
    Answer { command: String, expected: &'static str },
    /// A path contains no labelled data set.
    NoSets { path: PathBuf },
    /// A file could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// `tidy` found violations, which were already printed.
    Untidy { findings: usize },
}

impl Error {
    /// Returns the exit code: the child's own code; 2 for a usage error; otherwise 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownVerb { .. } | Self::Usage { .. } | Self::UnknownName { .. } => 2,
            Self::Child { code: Some(code), .. } => u8::try_from(*code).unwrap_or(1).max(1),
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVerb { name } => {
                write!(f, "unknown verb `{name}`; `cargo xtask help` lists all verbs")
            }
            Self::Usage { usage } => write!(f, "usage: cargo xtask {usage}"),
            Self::UnknownName { name, known } => {
                write!(f, "unknown name `{name}`; expected one of {known}")
            }
            Self::NoSuchTest { proof, tests } => {
                write!(f, "no test matches `{tests}`; correct the entry `{proof}` of PROOFS")
            }
            Self::Spawn { command, source } => write!(f, "failed to start `{command}`: {source}"),
            Self::Child { command, code: Some(code) } => {
                write!(f, "`{command}` failed with exit code {code}")
            }
            Self::Child { command, code: None } => write!(f, "`{command}` was killed by a signal"),
            Self::Answer { command, expected } => {
                write!(f, "`{command}` did not print {expected}; build both from the same commit")
            }
            Self::NoSets { path } => write!(
                f,
                "{}: no labelled data found; pass files of conversations or notes, directories of \
                 document collections, or a directory that contains them",
                path.display()
            ),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Untidy { findings } => {
                write!(f, "tidy: {findings} findings; CONTRIBUTING.md gives the reasons")
            }
        }
    }
}
