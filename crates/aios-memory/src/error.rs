//! The errors of a memory, grouped by what the caller can do about them.

use std::{io, path::PathBuf, sync::Arc};

use aios_longterm::LIMIT_MAX;

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
        "{} belongs to the user {owner} and this process acts for the user {user}, so nothing is \
         written there; run it as that user, or read it with --read-only", path.display()
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
    /// process is writing it, or it was moved or replaced.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// A write was attempted on a memory that can only be read.
    #[error("nothing was written: the memory was opened only to be read, or its files may not be")]
    ReadOnly,
    /// The settings name no data directory.
    #[error("the settings name no data directory; use `Config::at`, or set memory.data_dir")]
    NoDirectory,
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
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
    /// The given record is invalid.
    #[error("the {kind} cannot be stored: {problem}")]
    Record {
        /// The kind it was given as.
        kind: aios_record::Kind,
        /// The problem with it.
        problem: String,
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
    #[error("`{text}` is no cursor; give the `next` of the list before")]
    Cursor {
        /// The given text.
        text: String,
    },
    /// Records of this kind are immutable.
    #[error("a {kind} stays as it was stored; store another one")]
    Fixed {
        /// The kind.
        kind: aios_record::Kind,
    },
    /// Records of this kind cannot be deleted.
    #[error("{kind} records are kept for ever; give it other content with `update`")]
    Kept {
        /// The kind.
        kind: aios_record::Kind,
    },
    /// Records of this kind belong to no user, so a user's view cannot write them.
    #[error("a {kind} belongs to no user; write it without naming one")]
    MachineWide {
        /// The kind.
        kind: aios_record::Kind,
    },
    /// The operation would affect all records without naming a scope.
    #[error("all records are meant and nothing says whose; name a user, project, agent or session")]
    Unbounded,
    /// A query proposes records that need review before they are forgotten.
    #[error(
        "the query proposes records that say more than its text, or other parts of records; look \
         at what it proposes and name the records that are meant"
    )]
    Uncertain {
        /// The proposed records.
        keys: Vec<aios_record::Key>,
    },
    /// Several documents match a path.
    #[error(
        "several documents end in `{}`: {}; name one of them",
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
    #[error("too many events wait for the disk; push it again a little later")]
    EventsBusy,
    /// An event could not be written to the disk.
    #[error("the event could not be written to the disk: {reason}")]
    EventUnwritten {
        /// The cause.
        reason: String,
    },
    /// Events could not be written before shutdown.
    #[error("{count} events could not be written to the disk and are lost; the log says why")]
    EventsUnwritten {
        /// The number of lost events.
        count: u64,
    },
    /// A database is older than the other files of the data directory.
    #[error(
        "{} is older than what lies beside it, or another store's: a copy was put in its place; \
         restore all files of one backup, or go on with what is there by `aios-memory repair`",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The note of the databases' generations cannot be read.
    #[error(
        "{} cannot be read, so nobody can tell if a database is older than the other; restore all \
         files of one backup, or go on with what is there by `aios-memory repair`",
        path.display()
    )]
    Note {
        /// The file.
        path: PathBuf,
    },
    /// Working memory has fewer changes than long-term memory has received from it.
    #[error(
        "working.db has told {head} changes and long-term memory has heard {watermark}: it was \
         replaced by an older one; restore all files of one backup, or go on with what is there by \
         `aios-memory repair`"
    )]
    FeedBehind {
        /// The number of changes in working memory's feed.
        head: u64,
        /// The number of changes that long-term memory has received.
        watermark: u64,
    },
    /// A background task ended unexpectedly.
    #[error("a background task ended unexpectedly; open the memory again")]
    Interrupted,
    /// The embedding model cannot be used.
    #[error(transparent)]
    Embedding(#[from] aios_embedding::Error),
    /// The configured model is bundled, but a feature of this build leaves it out.
    #[error("this build does not bundle the model `{model}`; set embedding.model to `static`")]
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
            _ => self.is_no_room(),
        }
    }

    /// Returns `true` if the disk is full or the quota exhausted. This does not indicate damage.
    #[must_use]
    pub fn is_no_room(&self) -> bool {
        aios_longterm::is_no_room(self)
    }

    /// Returns `true` if the requested object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
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
            Error::Vocabulary(aios_record::Error::OutOfScope { .. }) => "scope",
            Error::Place(error) if matches!(**error, aios_files::Error::Moved { .. }) => "moved",
            Error::Directory { .. }
            | Error::ForeignDirectory { .. }
            | Error::NoDirectory
            | Error::Place(_) => "data_dir",
            Error::ReadOnly => "read_only",
            Error::Config(_) | Error::NotBundled { .. } => "config",
            Error::Input { .. } | Error::Foreign(_) => "input",
            Error::Output { .. } => "output",
            Error::Record { .. }
            | Error::Limit { .. }
            | Error::Cursor { .. }
            | Error::Fixed { .. }
            | Error::Kept { .. }
            | Error::Unbounded
            | Error::Uncertain { .. }
            | Error::Documents { .. }
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

    /// Returns a suggestion for the next step, if the message does not contain one already.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Directory { source, .. } => Some(match source.kind() {
                io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                    "it is a file; name a directory with --data-dir"
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "make it writable, or name another one with --data-dir"
                }
                io::ErrorKind::NotFound => {
                    "nothing is stored there; name another one with --data-dir, or leave out \
                     --read-only to begin one"
                }
                _ => "name another one with --data-dir",
            }),
            Error::Output { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                Some("name a file that is not there yet")
            }
            Error::Output { source, .. } if source.kind() == io::ErrorKind::DirectoryNotEmpty => {
                Some("name a directory that is empty, or not there yet")
            }
            Error::Longterm(aios_longterm::Error::Library { .. }) => Some(
                "`aios-memory verify` says what is damaged, `aios-memory repair` saves what can \
                 be read",
            ),
            Error::Longterm(error) if error.is_corrupt() => Some(
                "journal.db is damaged: restore a backup, or go on with what the library holds by \
                 `aios-memory repair`",
            ),
            Error::Working(error) if error.is_corrupt() => Some(
                "working.db is damaged: restore a backup, or go on with what can be read by \
                     `aios-memory repair`",
            ),
            Error::Working(aios_working::Error::Foreign { .. }) => Some(
                "move it away if it is another program's; if it is damaged, restore a backup, or \
                 go on with what can be read by `aios-memory repair`",
            ),
            Error::Documents { .. } => Some("such as file/PATH"),
            Error::ReadOnly => Some(
                "leave out --read-only, and run it as the owner of the data directory, where \
                 files may be written",
            ),
            _ if self.is_ambiguous() => Some("name the owner with --user"),
            // For a model of the hub, the message itself contains the suggestion.
            Error::Embedding(aios_embedding::Error::Missing { .. }) => {
                Some("set embedding.model to a model's directory, or to `auto`")
            }
            _ => None,
        }
    }

    /// Returns [`Error::Limit`] if `limit` is not from 1 to 1000.
    pub(crate) fn check_limit(limit: usize) -> Result<(), Error> {
        match (1..=LIMIT_MAX).contains(&limit) {
            true => Ok(()),
            false => Err(Error::Limit { limit, limit_max: LIMIT_MAX }),
        }
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

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        match error {
            aios_files::Error::Io { path, source } => Error::Output { path, source },
            aios_files::Error::Overlap { target, source_dir } => {
                let problem = format!(
                    "it and {} are the same, or one lies in the other; name a directory outside",
                    source_dir.display()
                );
                Error::Input { path: target, problem }
            }
            error => Error::Place(Arc::new(error)),
        }
    }
}

impl From<aios_working::Error> for Error {
    fn from(error: aios_working::Error) -> Error {
        match error {
            aios_working::Error::Place(error) => Error::Place(error),
            aios_working::Error::ReadOnly { .. } => Error::ReadOnly,
            aios_working::Error::Older { path } => Error::Older { path },
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
