//! What can go wrong in a verb, in one line, and the exit code that it gives.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a verb stopped.
#[derive(Debug)]
pub(crate) enum Error {
    /// The first argument names no verb.
    UnknownVerb { name: String },
    /// A verb was called in a way that it does not know.
    Usage { usage: &'static str },
    /// A verb has a table of things to run, and none has this name.
    UnknownName { name: String, known: String },
    /// A proof's tests are not in the target that should hold them.
    NoSuchTest { proof: &'static str, tests: &'static str },
    /// A program did not start.
    Spawn { command: String, source: io::Error },
    /// A program ran and failed; it has said why. No code means that a signal ended it.
    Child { command: String, code: Option<i32> },
    /// A program ran, and what it printed is not what was agreed.
    Answer { command: String, expected: &'static str },
    /// A path holds no set of labelled data.
    NoSets { path: PathBuf },
    /// A file could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// `tidy` found something; it has been printed.
    Untidy { findings: usize },
}

impl Error {
    /// A child's own code is passed on; 2 is a wrong call; 1 is everything else.
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
                write!(f, "no verb `{name}`; `cargo xtask help` lists them")
            }
            Self::Usage { usage } => write!(f, "usage: cargo xtask {usage}"),
            Self::UnknownName { name, known } => write!(f, "no `{name}`; known are {known}"),
            Self::NoSuchTest { proof, tests } => {
                write!(f, "no test `{tests}`, so `{proof}` proves nothing; mend its line in PROOFS")
            }
            Self::Spawn { command, source } => write!(f, "`{command}` did not start: {source}"),
            Self::Child { command, code: Some(code) } => {
                write!(f, "`{command}` failed with exit code {code}")
            }
            Self::Child { command, code: None } => write!(f, "`{command}` was ended by a signal"),
            Self::Answer { command, expected } => {
                write!(f, "`{command}` did not print {expected}; build both from the same commit")
            }
            Self::NoSets { path } => write!(
                f,
                "{}: no labelled data; give files of conversations or notes, directories of \
                 document collections, or the directory that holds them",
                path.display()
            ),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Untidy { findings } => {
                write!(f, "tidy found {findings} thing(s); CONTRIBUTING.md says why they matter")
            }
        }
    }
}
