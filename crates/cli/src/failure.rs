//! The failure of a command: its exit code, and the line that reports it.

use std::{error::Error as StdError, io, process::ExitCode};

use aios_memory::Remedy;

use crate::{
    output::{Level, Notice, number_of, tell},
    remedy::words,
};

/// Reason for which a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The memory returned an error.
    #[error(transparent)]
    Memory(aios_memory::Error),
    /// A file could not be read into the memory or written from it.
    #[error(transparent)]
    Exchange(aios_exchange::Error),
    /// Labelled data could not be measured.
    #[error(transparent)]
    Eval(aios_eval::Error),
    /// A model could not be listed or downloaded.
    #[error(transparent)]
    Hub(#[from] aios_hub::Error),
    /// The service cannot start or continue.
    #[error(transparent)]
    Server(aios_memory_server::Error),
    /// The settings are invalid.
    #[error(transparent)]
    Config(#[from] aios_memory::config::Error),
    /// The command line is invalid.
    #[error("{message}")]
    Usage {
        /// The problem.
        message: String,
        /// The remedy.
        hint: &'static str,
    },
    /// The requested item does not exist.
    #[error("{message}")]
    NotFound {
        /// The problem, with the requested item.
        message: String,
        /// Hint on finding the right name.
        hint: &'static str,
    },
    /// Part of the input was rejected. Each problem has already been reported.
    #[error("{} rejected", number_of(*failed, "input item"))]
    Partial {
        /// Number of records, lines or files.
        failed: u64,
    },
    /// Rows of a followed session file were rejected and will not be read again. The first of them
    /// have already been reported.
    #[error("{} rejected and passed over", number_of(*failed, "row"))]
    PassedOver {
        /// Number of rows.
        failed: u64,
    },
    /// A check found a problem, which has already been reported.
    #[error("{what}")]
    Unsound {
        /// Summary of the problem.
        what: String,
    },
    /// The configuration of another program cannot be edited.
    #[error("{message}")]
    Uneditable {
        /// The file, the line and the problem.
        message: String,
        /// The next step.
        hint: &'static str,
    },
    /// A file or the output failed.
    #[error("failed to {action}")]
    Io {
        /// The operation, as a verb phrase.
        action: String,
        /// The cause.
        source: io::Error,
    },
    /// The reader of the output has closed it.
    #[error("the output was closed")]
    OutputClosed,
    /// A panic, which is a bug of this program.
    #[error("internal error: {what}")]
    Panic {
        /// The panic message and its location in the source.
        what: String,
    },
}

impl Failure {
    /// Returns the exit code: 0 if the output was closed, 1 failed, 2 usage, 3 not found.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code_of_exit())
    }

    /// Returns the exit code as a number.
    pub(crate) fn code_of_exit(&self) -> u8 {
        match self {
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
            Failure::Exchange(error) if error.is_not_found() => 3,
            Failure::Server(
                aios_memory_server::Error::Setting { .. }
                | aios_memory_server::Error::Provider { .. }
                | aios_memory_server::Error::Keys { .. },
            ) => 2,
            Failure::Memory(_)
            | Failure::Exchange(_)
            | Failure::Eval(_)
            | Failure::Hub(_)
            | Failure::Server(_) => 1,
            Failure::Partial { .. }
            | Failure::PassedOver { .. }
            | Failure::Unsound { .. }
            | Failure::Io { .. }
            | Failure::Uneditable { .. }
            | Failure::Panic { .. } => 1,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Failure::Memory(error) => error.code(),
            Failure::Exchange(error) => error.code(),
            Failure::Eval(error) => error.code(),
            Failure::Hub(error) => error.code(),
            Failure::Server(error) => error.code(),
            Failure::Config(_) => "config",
            Failure::Usage { .. } => "usage",
            Failure::NotFound { .. } => "not_found",
            Failure::Partial { .. } | Failure::PassedOver { .. } => "partial",
            Failure::Unsound { .. } => "unsound",
            Failure::Io { .. } | Failure::OutputClosed => "io",
            Failure::Uneditable { .. } => "uneditable",
            Failure::Panic { .. } => "defect",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Failure::Memory(error) => error.remedy(),
            Failure::Exchange(error) => error.remedy(),
            Failure::Eval(error) => error.remedy(),
            Failure::Hub(error) => error.remedy(),
            Failure::Config(error) => Some(error.remedy()),
            _ => None,
        }
    }

    /// Returns the next step, as text for the command line.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Failure::Exchange(error @ aios_exchange::Error::Unfinished { .. }) => {
                let step = error.remedy().and_then(|remedy| words(&remedy));
                let again = "then run the command again to add the rest";
                return Some(step.map_or_else(|| again.to_owned(), |it| format!("{it}; {again}")));
            }
            Failure::Usage { hint, .. }
            | Failure::NotFound { hint, .. }
            | Failure::Uneditable { hint, .. } => hint,
            Failure::Partial { .. } => "fix the problems reported above and run the command again",
            Failure::PassedOver { .. } => {
                "to store them, correct the file and run `aios-memory ingest FILE`, which reads all \
                 of it; known rows are not added again"
            }
            Failure::Unsound { .. } => "see the details above",
            Failure::Server(error) => return error.advice().map(str::to_owned),
            Failure::Panic { .. } => "acknowledged writes are safe; please report this bug",
            _ => return self.remedy().and_then(|remedy| words(&remedy)),
        };
        Some(hint.to_owned())
    }

    /// Prints the error to stderr: one line of text, or a line of JSON. A closed output is not
    /// reported.
    pub(crate) fn tell(&self, as_json: bool) {
        if matches!(self, Failure::OutputClosed) {
            return;
        }
        let message = chain(self);
        let (code, hint, remedy) = (self.code(), self.hint(), self.remedy());
        let (hint, remedy) = (hint.as_deref(), remedy.as_ref());
        tell(Notice { level: Level::Error, code, message: &message, hint, remedy }, as_json);
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

impl From<aios_memory_server::Error> for Failure {
    fn from(error: aios_memory_server::Error) -> Failure {
        match error {
            aios_memory_server::Error::Memory(error) => error.into(),
            error => Failure::Server(error),
        }
    }
}

impl From<aios_exchange::Error> for Failure {
    fn from(error: aios_exchange::Error) -> Failure {
        match error {
            aios_exchange::Error::Memory(error) => error.into(),
            error => Failure::Exchange(error),
        }
    }
}

impl From<aios_eval::Error> for Failure {
    fn from(error: aios_eval::Error) -> Failure {
        match error {
            aios_eval::Error::Memory(error) => error.into(),
            aios_eval::Error::Exchange(error) => error.into(),
            error => Failure::Eval(error),
        }
    }
}

impl From<io::Error> for Failure {
    /// Commands handle all other I/O errors themselves, so this one is from writing the output.
    fn from(source: io::Error) -> Failure {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Io { action: "write the output".to_owned(), source },
        }
    }
}

/// Formats an error with its causes in one line.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
