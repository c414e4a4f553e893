//! The errors of a memory, grouped by what the caller can do about them.

mod input;
mod problem;
mod remedy;

use std::{io, path::PathBuf, sync::Arc};

use aios_longterm::LIMIT_MAX;
use aios_record::{Kind, Mutability};

pub use self::{input::InputProblem, problem::RecordProblem};
use crate::graph::GraphProblem;

/// The reason for which an operation on the memory failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory cannot be used.
    #[error("failed to use the data directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The data directory belongs to another user of the system, so it can only be read.
    #[error(
        "{} belongs to the user {owner}, and this process acts for the user {user}, so nothing is \
         written there", path.display()
    )]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
        /// The id of the directory's user.
        owner: u32,
        /// The effective user id of this process.
        user: u32,
    },
    /// A file or directory cannot be used: it belongs to another user of the system, another
    /// process is writing it, it was moved or replaced, or it and another directory contain each
    /// other.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// A write was attempted on a memory that can only be read.
    #[error("nothing was written: the memory was opened only to be read, or its files may not be")]
    ReadOnly,
    /// The settings name no data directory.
    #[error("the settings name no data directory")]
    NoDirectory,
    /// The data directory does not exist, or is empty.
    #[error("nothing is stored in {}", path.display())]
    NoMemory {
        /// The directory.
        path: PathBuf,
    },
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// An input file cannot be used.
    #[error("{}: {problem}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        problem: InputProblem,
    },
    /// A file cannot be written.
    #[error("failed to write {}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The given record is invalid.
    #[error("the {kind} cannot be stored: {problem}")]
    Record {
        /// The kind it was given as.
        kind: Kind,
        /// The problem with it.
        problem: RecordProblem,
    },
    /// A task cannot be begun, resumed or finished.
    #[error("the task {task} cannot be worked on: {problem}")]
    Work {
        /// The id of the task.
        task: aios_record::Id,
        /// The problem with it.
        problem: crate::work::WorkProblem,
    },
    /// A part of the graph of entities cannot be stored or deleted.
    #[error("`{at}`: {problem}")]
    Graph {
        /// The location of the part in the given values, such as `entities[0].name`.
        at: String,
        /// The problem with it.
        problem: GraphProblem,
    },
    /// A limit is 0 or too high.
    #[error("a limit of {limit} is not from 1 to {limit_max}")]
    Limit {
        /// The given limit.
        limit: usize,
        /// The highest valid limit.
        limit_max: usize,
    },
    /// The given cursor is invalid.
    #[error("`{text}` is not a cursor of this list")]
    Cursor {
        /// The given text.
        text: String,
    },
    /// Records that belong to the selected ones are outside of the selection.
    #[error(
        "records of another project, agent or session belong to the selected ones: {}",
        keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
    )]
    Beside {
        /// The keys of the first 10.
        keys: Vec<aios_record::Key>,
    },
    /// Records of this kind are immutable, or all of their fields but the one that the message
    /// names.
    #[error("{}", immutable(*kind))]
    Fixed {
        /// The kind.
        kind: Kind,
    },
    /// Records of this kind cannot be deleted.
    #[error("{kind} records are kept until they are forgotten")]
    Kept {
        /// The kind.
        kind: Kind,
    },
    /// Records of this kind belong to no user, so a user's view cannot write them.
    #[error("a {kind} belongs to the whole machine, and this handle acts for a user")]
    MachineWide {
        /// The kind.
        kind: Kind,
    },
    /// The operation would affect all records without naming a scope.
    #[error("all records are meant, and no scope says whose")]
    Unbounded,
    /// A query proposes records that need review before they are forgotten.
    #[error("the query proposes records that say more than its text, or other parts of records")]
    Uncertain {
        /// The proposed records.
        keys: Vec<aios_record::Key>,
    },
    /// Several documents match the path.
    #[error(
        "several documents end in `{}`: {}",
        path.display(),
        names.join(", ")
    )]
    Documents {
        /// The given path.
        path: PathBuf,
        /// The paths of the matching documents.
        names: Vec<String>,
    },
    /// Too many critical events are waiting to be written.
    #[error("too many events wait for the disk")]
    EventsBusy,
    /// An event could not be written to the disk.
    #[error("the event could not be written to the disk: {reason}")]
    EventUnwritten {
        /// The cause.
        reason: String,
    },
    /// Events could not be written before shutdown.
    #[error("{count} events could not be written to the disk and are lost, see the log")]
    EventsUnwritten {
        /// The number of lost events.
        count: u64,
    },
    /// A database is older than the other files of the data directory.
    #[error(
        "{} is older than what lies beside it, or another store's: a copy was put in its place",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The file with the databases' generations cannot be read.
    #[error(
        "{} cannot be read, and without it an older database is not recognised",
        path.display()
    )]
    Note {
        /// The file.
        path: PathBuf,
    },
    /// Working memory has fewer changes than long-term memory has received from it.
    #[error(
        "working.db has fed {head} changes and long-term memory has received {watermark}: it was \
         replaced by an older one"
    )]
    FeedBehind {
        /// The number of changes in working memory's feed.
        head: u64,
        /// The number of changes that long-term memory has received.
        watermark: u64,
    },
    /// The setting `learning.enabled` is off.
    #[error("learning is switched off by the setting `learning.enabled`")]
    LearningOff,
    /// The chat model that the settings name cannot be used.
    #[error("the extractor of facts cannot be used: {problem}")]
    Extractor {
        /// The cause.
        problem: String,
    },
    /// The chat model gave no answer. Stored messages are kept, and learned from later.
    #[error(transparent)]
    Chat(aios_learning::ChatError),
    /// Too many messages to learn from at once.
    #[error("{count} messages were given to learn from, the limit is {count_max}")]
    TooManyMessages {
        /// The number of given messages.
        count: usize,
        /// The limit.
        count_max: usize,
    },
    /// A background task ended unexpectedly.
    #[error("a background task ended unexpectedly")]
    Interrupted,
    /// The embedding model cannot be used.
    #[error(transparent)]
    Embedding(#[from] aios_embedding::Error),
    /// The configured model is bundled, but a feature of this build leaves it out.
    #[error("this build does not bundle the model `{model}`")]
    NotBundled {
        /// The name of the model.
        model: &'static str,
    },
    /// An error of tier 0.
    #[error(transparent)]
    Operational(#[from] aios_operational::Error),
    /// An error of tier 1.
    #[error(transparent)]
    Working(aios_working::Error),
    /// An error of tier 2.
    #[error(transparent)]
    Longterm(aios_longterm::Error),
    /// The requested context cannot be assembled.
    #[error(transparent)]
    Context(#[from] aios_context::Error),
    /// The guard refused a text.
    #[error(transparent)]
    Guard(#[from] aios_guard::Error),
    /// A command on files, or a file to be stored, is refused.
    #[error("{text}")]
    File {
        /// The reason, for a language model.
        text: String,
    },
    /// Another program's file cannot be read.
    #[error(transparent)]
    Foreign(#[from] aios_working::ForeignError),
    /// An id, a kind, a tier or a scope is invalid.
    #[error(transparent)]
    Vocabulary(#[from] aios_record::Error),
}

impl Error {
    /// Returns `true` if a file could not be written, because of missing permission or lack of
    /// space. Reading the memory with [`Access::ReadOnly`](crate::Access::ReadOnly) may still be
    /// possible.
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        match self {
            Error::ForeignDirectory { .. } | Error::ReadOnly => true,
            Error::Directory { source, .. } => aios_longterm::is_write_refusal(source),
            Error::Working(error) => error.is_unwritable(),
            Error::Longterm(error) => error.is_unwritable(),
            _ => self.is_disk_full(),
        }
    }

    /// Returns `true` if the disk is full or the quota exhausted. This does not indicate damage.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        aios_longterm::is_disk_full(self)
    }

    /// Returns `true` if the requested object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::NoMemory { .. } => true,
            Error::Graph { problem, .. } => matches!(problem, GraphProblem::Unknown { .. }),
            Error::Working(error) => error.is_not_found(),
            Error::Longterm(error) => error.is_not_found(),
            Error::Operational(error) => error.is_not_found(),
            _ => false,
        }
    }

    /// Returns `true` if the record is shared and a user's view tried to change it.
    #[must_use]
    pub fn is_not_yours(&self) -> bool {
        match self {
            Error::Graph { problem, .. } => matches!(problem, GraphProblem::Shared { .. }),
            Error::Working(error) => matches!(error, aios_working::Error::NotYours { .. }),
            Error::Longterm(error) => matches!(error, aios_longterm::Error::NotYours { .. }),
            _ => false,
        }
    }

    /// Returns `true` if several records or documents match: several owners have the id and the
    /// administrator's view names none of them, or several paths end with the given one.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Error::Working(error) => matches!(error, aios_working::Error::Ambiguous { .. }),
            Error::Longterm(error) => matches!(error, aios_longterm::Error::Ambiguous { .. }),
            Error::Documents { .. } => true,
            _ => false,
        }
    }

    /// Returns `true` if the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::EventsBusy => true,
            Error::Chat(error) => error.is_retryable(),
            Error::Place(error) => matches!(**error, aios_files::Error::Locked { .. }),
            Error::Longterm(error) => error.is_retryable(),
            Error::Working(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Returns a stable word by which programs distinguish errors.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            _ if self.is_not_found() => "not_found",
            _ if self.is_retryable() => "busy",
            _ if self.is_not_yours() => "not_yours",
            _ if self.is_ambiguous() => "ambiguous",
            Error::MachineWide { .. } | Error::Working(aios_working::Error::MachineWide { .. }) => {
                "machine_wide"
            }
            Error::Beside { .. }
            | Error::Vocabulary(aios_record::Error::OutOfScope { .. })
            | Error::Working(aios_working::Error::BeyondScope { .. }) => "scope",
            Error::Place(error) if matches!(**error, aios_files::Error::Moved { .. }) => "moved",
            Error::Place(error) if matches!(**error, aios_files::Error::Overlap { .. }) => "input",
            Error::Directory { .. }
            | Error::ForeignDirectory { .. }
            | Error::NoDirectory
            | Error::NoMemory { .. }
            | Error::Place(_) => "data_dir",
            Error::ReadOnly => "read_only",
            Error::LearningOff => "learning_off",
            Error::Extractor { .. } | Error::Chat(_) => "extractor",
            Error::Config(_) | Error::NotBundled { .. } => "config",
            Error::Input { .. } | Error::Foreign(_) => "input",
            Error::Output { .. } => "output",
            Error::Graph { problem: GraphProblem::Guard(_), .. } => "refused",
            Error::Record { .. }
            | Error::Work { .. }
            | Error::Graph { .. }
            | Error::Limit { .. }
            | Error::Cursor { .. }
            | Error::Fixed { .. }
            | Error::Kept { .. }
            | Error::TooManyMessages { .. }
            | Error::Unbounded
            | Error::Uncertain { .. }
            | Error::Documents { .. }
            | Error::File { .. }
            | Error::Vocabulary(_) => "invalid",
            Error::Guard(_) => "refused",
            Error::Embedding(_) => "model",
            Error::Operational(_) => "operational",
            Error::Working(_) => "working",
            Error::Longterm(_) => "longterm",
            Error::Context(_) => "context",
            Error::EventUnwritten { .. } | Error::EventsUnwritten { .. } => "working",
            Error::FeedBehind { .. } | Error::Older { .. } | Error::Note { .. } => "damaged",
            Error::EventsBusy | Error::Interrupted => "internal",
        }
    }

    /// Returns [`Error::Limit`] if `limit` is not from 1 to 1000.
    pub(crate) fn check_limit(limit: usize) -> Result<(), Error> {
        match (1..=LIMIT_MAX).contains(&limit) {
            true => Ok(()),
            false => Err(Error::Limit { limit, limit_max: LIMIT_MAX }),
        }
    }

    pub(crate) fn input(path: impl Into<PathBuf>, problem: InputProblem) -> Error {
        Error::Input { path: path.into(), problem }
    }

    pub(crate) fn output(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Output { path, source }
    }

    pub(crate) fn directory(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Directory { path, source }
    }
}

fn immutable(kind: Kind) -> String {
    match kind.mutability() {
        Mutability::Only(fields) => {
            format!("of a {kind}, only `{}` can be changed", fields.join("`, `"))
        }
        _ => format!("a {kind} stays as it was stored"),
    }
}

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        match error {
            aios_files::Error::Io { path, source } => Error::Output { path, source },
            error => Error::Place(Arc::new(error)),
        }
    }
}

impl From<aios_working::Error> for Error {
    fn from(error: aios_working::Error) -> Error {
        if let Some(place) = error.place() {
            return Error::Place(Arc::clone(place));
        }
        match error {
            error if error.is_read_only() => Error::ReadOnly,
            aios_working::Error::Older { path } => Error::Older { path },
            aios_working::Error::File(problem) => Error::File { text: problem.to_string() },
            error => Error::Working(error),
        }
    }
}

impl From<aios_longterm::Error> for Error {
    fn from(error: aios_longterm::Error) -> Error {
        match error {
            aios_longterm::Error::ReadOnly => Error::ReadOnly,
            aios_longterm::Error::Place(error) => Error::Place(error),
            aios_longterm::Error::Older { path } => Error::Older { path },
            error => Error::Longterm(error),
        }
    }
}
