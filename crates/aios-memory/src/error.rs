//! What can go wrong in a memory, by what the caller can do about it.

use std::{io, path::PathBuf, sync::Arc};

use aios_longterm::LIMIT_MAX;

/// Why an operation on the memory failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory cannot be used.
    #[error("failed to use the data directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The data directory belongs to another user of the system, and is only read.
    #[error(
        "{} belongs to the user {owner} and this process acts for the user {user}, so nothing is \
         written there; run it as that user, or read it with --read-only", path.display()
    )]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
        /// The number of its user.
        owner: u32,
        /// The number of the user that this process acts for.
        user: u32,
    },
    /// A file or directory is not to be used: it belongs to another user of the system, another
    /// process is writing it, or it is not in its place any more.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// Something was to be written into a memory that can only be read.
    #[error("nothing was written: the memory was opened only to be read, or its files may not be")]
    ReadOnly,
    /// The settings name no data directory.
    #[error("the settings name no data directory; use `Config::at`, or set memory.data_dir")]
    NoDirectory,
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// An input file cannot be used.
    #[error("{}: {problem}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file cannot be written.
    #[error("failed to write {}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record that was given is none.
    #[error("the {kind} cannot be stored: {problem}")]
    Record {
        /// What it was to be.
        kind: aios_record::Kind,
        /// What is wrong with it.
        problem: String,
    },
    /// A limit shows nothing, or too much at once.
    #[error("a limit of {limit} is not from 1 to {limit_max}")]
    Limit {
        /// The limit that was given.
        limit: usize,
        /// The highest one.
        limit_max: usize,
    },
    /// A list cannot go on from there.
    #[error("`{text}` is no cursor; give the `next` of the list before")]
    Cursor {
        /// What was given.
        text: String,
    },
    /// Records of this kind are never changed.
    #[error("a {kind} stays as it was stored; store another one")]
    Fixed {
        /// The kind in question.
        kind: aios_record::Kind,
    },
    /// Records of this kind are not deleted.
    #[error("{kind} records are kept for ever; give it other content with `update`")]
    Kept {
        /// The kind in question.
        kind: aios_record::Kind,
    },
    /// Records of this kind belong to no user, and a user's view does not write them.
    #[error("a {kind} belongs to no user; write it without naming one")]
    MachineWide {
        /// The kind in question.
        kind: aios_record::Kind,
    },
    /// All records are meant, and nothing says whose.
    #[error("all records are meant and nothing says whose; name a user, project, agent or session")]
    Unbounded,
    /// A query proposes records that somebody must look at before they are forgotten.
    #[error(
        "the query proposes records that say more than its text, or other parts of records; look \
         at what it proposes and name the records that are meant"
    )]
    Uncertain {
        /// The records that it proposes.
        keys: Vec<aios_record::Key>,
    },
    /// Several documents may be meant.
    #[error(
        "several documents end in `{}`: {}; name one of them",
        path.display(),
        names.join(", ")
    )]
    Documents {
        /// The path that was given.
        path: PathBuf,
        /// The paths of the documents.
        names: Vec<String>,
    },
    /// Too many critical events wait for the disk.
    #[error("too many events wait for the disk; push it again a little later")]
    EventsBusy,
    /// An event could not be written to the disk.
    #[error("the event could not be written to the disk: {reason}")]
    EventUnwritten {
        /// Why.
        reason: String,
    },
    /// Events that were to be kept could not be written before the end.
    #[error("{count} events could not be written to the disk and are lost; the log says why")]
    EventsUnwritten {
        /// How many.
        count: u64,
    },
    /// A database is older than what lies beside it.
    #[error(
        "{} is older than what lies beside it, or another store's: a copy was put in its place; \
         restore all files of one backup, or go on with what is there by `aios-memory repair`",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The note of what the databases have reached cannot be read.
    #[error(
        "{} cannot be read, so nobody can tell if a database is older than the other; restore all \
         files of one backup, or go on with what is there by `aios-memory repair`",
        path.display()
    )]
    Note {
        /// The file.
        path: PathBuf,
    },
    /// Working memory is not the one that long-term memory has heard of.
    #[error(
        "working.db has told {head} changes and long-term memory has heard {watermark}: it was \
         replaced by an older one; restore all files of one backup, or go on with what is there by \
         `aios-memory repair`"
    )]
    FeedBehind {
        /// How many changes working memory has told.
        head: u64,
        /// How many long-term memory has heard.
        watermark: u64,
    },
    /// What takes in many records ended early.
    #[error(
        "it ended after {added} records were added, which stay; when that is mended the same again \
         adds the rest"
    )]
    Unfinished {
        /// How many records were added.
        added: u64,
        /// Why it ended.
        source: Box<Error>,
    },
    /// A background task ended before its time.
    #[error("a background task ended unexpectedly; open the memory again")]
    Interrupted,
    /// The embedding model cannot be used.
    #[error(transparent)]
    Embedding(#[from] aios_embedding::Error),
    /// The embedding model cannot be fetched.
    #[cfg(feature = "pull")]
    #[error(transparent)]
    Pull(#[from] crate::PullError),
    /// Tier 0 refused.
    #[error(transparent)]
    Operational(#[from] aios_operational::Error),
    /// Tier 1 refused.
    #[error(transparent)]
    Working(aios_working::Error),
    /// Tier 2 refused.
    #[error(transparent)]
    Longterm(aios_longterm::Error),
    /// The request for a context cannot be met.
    #[error(transparent)]
    Context(#[from] aios_context::Error),
    /// The guard refused a text.
    #[error(transparent)]
    Guard(#[from] aios_guard::Error),
    /// Another program's file cannot be read.
    #[error(transparent)]
    Foreign(#[from] aios_working::ForeignError),
    /// An id, a kind or a tier is none.
    #[error(transparent)]
    Vocabulary(#[from] aios_record::Error),
}

impl Error {
    /// Returns `true` if a file could not be written, for lack of the right or of room: it may be
    /// possible to read the memory with [`Access::ReadOnly`](crate::Access::ReadOnly).
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

    /// Returns `true` if the disk is full or the quota used up. Says nothing about damage.
    #[must_use]
    pub fn is_no_room(&self) -> bool {
        aios_longterm::is_no_room(self)
    }

    /// Whether what was asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::Working(error) => error.is_not_found(),
            Error::Longterm(error) => error.is_not_found(),
            Error::Operational(error) => error.is_not_found(),
            Error::Unfinished { source, .. } => source.is_not_found(),
            _ => false,
        }
    }

    /// Returns `true` if the record is shared, and the view of a user does not change those.
    #[must_use]
    pub fn is_not_yours(&self) -> bool {
        match self {
            Error::Working(error) => matches!(error, aios_working::Error::NotYours { .. }),
            Error::Longterm(error) => matches!(error, aios_longterm::Error::NotYours { .. }),
            _ => false,
        }
    }

    /// Returns `true` if several records or documents may be meant: several owners have the id,
    /// and the administrator's view does not say whose it is, or several paths end as given.
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
            Error::Unfinished { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    /// A word for programs to tell errors apart by.
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
            Error::Config(_) => "config",
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
            #[cfg(feature = "pull")]
            Error::Pull(_) => "model",
            Error::Operational(_) => "operational",
            Error::Working(_) => "working",
            Error::Longterm(_) => "longterm",
            Error::Context(_) => "context",
            Error::EventUnwritten { .. } | Error::EventsUnwritten { .. } => "working",
            Error::FeedBehind { .. } | Error::Older { .. } | Error::Note { .. } => "damaged",
            Error::Unfinished { source, .. } => source.code(),
            Error::EventsBusy | Error::Interrupted => "internal",
        }
    }

    /// What to do next, where the message does not say it already.
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
            Error::Unfinished { source, .. } => source.hint(),
            Error::Documents { .. } => Some("such as file/PATH"),
            Error::ReadOnly => Some(
                "leave out --read-only, and run it as the owner of the data directory, where \
                 files may be written",
            ),
            _ if self.is_ambiguous() => Some("name the owner with --user"),
            // Of a model of the hub it says so itself.
            Error::Embedding(aios_embedding::Error::Missing { .. }) => {
                Some("set embedding.model to a model's directory, or to `auto`")
            }
            _ => None,
        }
    }

    /// Checks the most records that are wanted at once.
    pub(crate) fn check_limit(limit: usize) -> Result<(), Error> {
        match (1..=LIMIT_MAX).contains(&limit) {
            true => Ok(()),
            false => Err(Error::Limit { limit, limit_max: LIMIT_MAX }),
        }
    }

    /// This error where `added` records were added before it.
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
