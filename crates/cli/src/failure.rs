//! How a command ends: the exit code, and the one line that says what went wrong.

use std::{error::Error as StdError, io, process::ExitCode};

use crate::output::{Level, Notice, tell};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The memory refused.
    #[error(transparent)]
    Memory(aios_memory::Error),
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] aios_memory::ConfigError),
    /// The command cannot be carried out as given.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to do instead.
        hint: &'static str,
    },
    /// What was asked for is not there.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// Where to look.
        hint: &'static str,
    },
    /// Some of the input could not be taken; it has been told already.
    #[error("{failed} of the input could not be taken")]
    Partial {
        /// How many lines or files.
        failed: u64,
    },
    /// An examination found something wrong; it has been told already.
    #[error("{what}")]
    Unsound {
        /// What is wrong, in short.
        what: String,
    },
    /// A file, or the output, failed.
    #[error("failed to {action}")]
    Io {
        /// What was tried.
        action: String,
        /// Why it failed.
        source: io::Error,
    },
    /// Nobody reads the output any more.
    #[error("the output was closed")]
    OutputClosed,
    /// A defect of this program.
    #[error("a defect of this program: {what}")]
    Panic {
        /// The message, with its place in the sources.
        what: String,
    },
}

impl Failure {
    /// The exit code: 1 failed, 2 usage, 3 not found.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::OutputClosed => 0,
            Failure::Usage { .. } | Failure::Config(_) => 2,
            Failure::NotFound { .. } => 3,
            Failure::Memory(
                aios_memory::Error::Cursor { .. }
                | aios_memory::Error::Limit { .. }
                | aios_memory::Error::Unbounded,
            ) => 2,
            Failure::Memory(error) if error.is_ambiguous() => 2,
            Failure::Memory(error) if error.is_not_found() => 3,
            Failure::Memory(_) | Failure::Partial { .. } => 1,
            Failure::Unsound { .. } | Failure::Io { .. } | Failure::Panic { .. } => 1,
        })
    }

    fn code(&self) -> &'static str {
        match self {
            Failure::Memory(error) => error.code(),
            Failure::Config(_) => "config",
            Failure::Usage { .. } => "usage",
            Failure::NotFound { .. } => "not_found",
            Failure::Partial { .. } => "partial",
            Failure::Unsound { .. } => "unsound",
            Failure::Io { .. } | Failure::OutputClosed => "io",
            Failure::Panic { .. } => "defect",
        }
    }

    fn hint(&self) -> Option<&str> {
        match self {
            Failure::Memory(error) => error.hint(),
            Failure::Usage { hint, .. } | Failure::NotFound { hint, .. } => Some(hint),
            Failure::Partial { .. } => Some("mend what is named and run it again; the rest is in"),
            Failure::Unsound { .. } => Some("do what is advised above"),
            Failure::Panic { .. } => {
                Some("nothing that was acknowledged is lost; please report it")
            }
            _ => None,
        }
    }

    /// Tells it on stderr: in one line for a person, or as a line of JSON. A closed output is
    /// nothing to tell of.
    pub(crate) fn tell(&self, as_json: bool) {
        if matches!(self, Failure::OutputClosed) {
            return;
        }
        let message = chain(self);
        let (code, hint) = (self.code(), self.hint());
        tell(Notice { level: Level::Error, code, message: &message, hint }, as_json);
    }
}

impl From<aios_memory::Error> for Failure {
    fn from(error: aios_memory::Error) -> Failure {
        match error {
            aios_memory::Error::Output { source, .. }
                if source.kind() == io::ErrorKind::BrokenPipe =>
            {
                Failure::OutputClosed
            }
            error => Failure::Memory(error),
        }
    }
}

impl From<io::Error> for Failure {
    /// Output is the only I/O of which commands do not say themselves what it is.
    fn from(source: io::Error) -> Failure {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Io { action: "write the output".to_owned(), source },
        }
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
