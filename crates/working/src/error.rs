//! The errors of a working memory.

use std::{path::PathBuf, sync::Arc};

use aios_record::{Id, Kind, Owner};

use crate::JSON_DEPTH_MAX;

/// An error of a working memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such record, or it is not visible in this scope.
    #[error("there is no {kind} `{id}`; check the id, or store it first")]
    NotFound {
        /// The kind that was looked for.
        kind: Kind,
        /// Which one.
        id: String,
    },
    /// A record refers to one that does not exist.
    #[error("{field} refers to {kind} `{id}`, which does not exist; store that one first")]
    MissingParent {
        /// The field that refers.
        field: &'static str,
        /// The kind of the other record.
        kind: Kind,
        /// Which one.
        id: Id,
    },
    /// The owner has a record of this id in another project, agent or session already.
    #[error("{kind} `{id}` exists already in another scope; choose another id")]
    Conflict {
        /// The kind of the record.
        kind: Kind,
        /// Its id.
        id: Id,
    },
    /// Several owners have a record of this id.
    #[error(
        "several owners have a {kind} `{id}`: {}; choose one of them",
        owners.iter().map(Owner::to_string).collect::<Vec<_>>().join(", ")
    )]
    Ambiguous {
        /// The kind of the records.
        kind: Kind,
        /// Their id.
        id: String,
        /// Their owners.
        owners: Vec<Owner>,
    },
    /// The record is shared, and the view is a user's, which changes only the user's own records.
    #[error(
        "{kind} `{id}` is shared; only a handle that acts for no user, or an administrator, \
         changes it"
    )]
    NotYours {
        /// The kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Records of this kind belong to the machine, and the view is a user's.
    #[error(
        "a {kind} belongs to the whole machine; only a handle that acts for no user, or an \
         administrator, changes it"
    )]
    MachineWide {
        /// The kind.
        kind: Kind,
    },
    /// A record or filter goes beyond the scope that this handle is bound to.
    #[error("this handle is bound to another {part}; use one that is bound to it or to none")]
    OutOfScope {
        /// `user`, `project`, `agent` or `session`.
        part: &'static str,
    },
    /// Records of this kind are never changed; of a session only the summary is.
    #[error("a {kind} stays as it is; store another one")]
    Fixed {
        /// The kind.
        kind: Kind,
    },
    /// A change does not fit the fields of a record.
    #[error("the {kind} cannot be changed like this: {problem}")]
    Fields {
        /// The kind of the record.
        kind: Kind,
        /// The change that does not fit, and why.
        problem: String,
    },
    /// A field is too long.
    #[error("{field} has {bytes} bytes, the limit is {limit}; split it, or raise the limit")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A JSON value is nested too deep.
    #[error("{field} is nested {depth} deep, the limit is {JSON_DEPTH_MAX}; flatten it")]
    TooDeep {
        /// Which field.
        field: &'static str,
        /// Its depth.
        depth: usize,
    },
    /// A time lies before 1970 or at the very end of 9999.
    #[error("{field} is {time}, which lies outside 1970 to 9999; give another or leave it out")]
    Time {
        /// Which field.
        field: &'static str,
        /// The given time.
        time: aios_record::Timestamp,
    },
    /// A value is not one of this vocabulary, such as an id of 129 bytes.
    #[error(transparent)]
    Record(aios_record::Error),
    /// A number is not a [`RecordPage::next`](crate::RecordPage::next) of this file.
    #[error("{cursor} is not a cursor of this list; begin it again")]
    Cursor {
        /// The number.
        cursor: u64,
    },
    /// A number is not one.
    #[error("{field} is not a finite number; give a finite one")]
    NotFinite {
        /// Which field.
        field: &'static str,
    },
    /// One of several records cannot be stored; none of them was.
    #[error("record {index} of the batch cannot be stored, none of it was")]
    InBatch {
        /// Its place in the batch, from 0.
        index: usize,
        /// Why.
        source: Box<Error>,
    },
    /// A stored record cannot be read.
    #[error("{kind} `{id}` cannot be read; run `verify` and restore a backup")]
    Damaged {
        /// The kind of the record.
        kind: Kind,
        /// Which one.
        id: String,
        /// The damage.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of entries cannot be read as such; it is left as it is.
    #[error(
        "{} cannot be read as a list of entries; mend it or move it away, it was not changed",
        path.display()
    )]
    DamagedFile {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No back end of the entries has this name.
    #[error("unknown back end `{name}`; known are sqlite, json")]
    UnknownBackend {
        /// The name as given.
        name: String,
    },
    /// The file was written by a newer version of this program.
    #[error(
        "{} has schema version {found}, this program knows up to {known}; use the newer program, \
         or a copy from the backup folder beside the file", path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The file is older than it has been, or another store's.
    #[error(
        "{} is older than it has been, or another store's; restore all files of one backup",
        path.display()
    )]
    Older {
        /// Which file.
        path: PathBuf,
    },
    /// The file belongs to another program.
    #[error(
        "{} is not a working memory ({reason}); import it with `aios-memory import --from FILE`, \
         or choose another path", path.display()
    )]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// The sign of it.
        reason: String,
    },
    /// The file, or one beside it, is not to be used: it belongs to another user of the system, or
    /// is not in its place any more. Nothing of the call is acknowledged.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// The disk is full, or the file has reached its limit. Nothing of the call was written.
    #[error(
        "there is no room: the disk is full, or the file has grown to `file_bytes_max`; free some, \
         let records age, or raise the limit"
    )]
    Full {
        /// The error of SQLite; `None` if the limit is the file's own.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file may only be read. Nothing of the call was written.
    #[error(
        "the file may only be read; open it for writing, and give its owner leave to (chmod 600)"
    )]
    ReadOnly {
        /// The error of SQLite.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// So many calls wait already.
    #[error("{queue} calls are waiting already; try again when some are done")]
    QueueFull {
        /// The number of calls that may wait.
        queue: usize,
    },
    /// The memory is closed.
    #[error("the working memory is closed; open it again")]
    Closed,
    /// The file cannot be read or written.
    #[error("the working memory failed to {doing}")]
    Storage {
        /// The attempted action.
        doing: &'static str,
        /// Why it failed.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// The same call may succeed later.
        retryable: bool,
    },
}

impl Error {
    /// Returns `true` if something does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::NotFound { .. } | Error::MissingParent { .. } => true,
            Error::InBatch { source, .. } => source.is_not_found(),
            _ => false,
        }
    }

    /// Returns `true` if the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::QueueFull { .. } => true,
            Error::Storage { retryable, .. } => *retryable,
            _ => false,
        }
    }

    /// Returns `true` if the file, or one beside it, could not be written, for lack of the right or
    /// of room: it may be possible to read it with [`Access::ReadOnly`](crate::Access::ReadOnly).
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        match self {
            Error::ReadOnly { .. } | Error::Full { .. } => true,
            Error::Storage { source, .. } => source
                .downcast_ref::<aios_ledger::Error>()
                .is_some_and(aios_ledger::Error::is_unwritable),
            _ => false,
        }
    }

    /// Returns `true` if SQLite finds the file damaged.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        match self {
            Error::Storage { source, .. } => source
                .downcast_ref::<aios_ledger::Error>()
                .is_some_and(aios_ledger::Error::is_corrupt),
            _ => false,
        }
    }

    /// Returns `true` if the given value cannot be stored as it is.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        match self {
            Error::MissingParent { .. }
            | Error::Conflict { .. }
            | Error::Ambiguous { .. }
            | Error::NotYours { .. }
            | Error::MachineWide { .. }
            | Error::OutOfScope { .. }
            | Error::Fixed { .. }
            | Error::Fields { .. }
            | Error::TooLong { .. }
            | Error::TooDeep { .. }
            | Error::Time { .. }
            | Error::NotFinite { .. }
            | Error::Cursor { .. }
            | Error::Record(_) => true,
            Error::InBatch { source, .. } => source.is_invalid(),
            _ => false,
        }
    }
}

impl From<aios_ledger::Error> for Error {
    fn from(error: aios_ledger::Error) -> Error {
        use aios_ledger::Error as Ledger;
        match error {
            Ledger::Newer { path, found, known } => Error::Newer { path, found, known },
            Ledger::Foreign { path, reason } => Error::Foreign { path, reason },
            Ledger::QueueFull { queue } => Error::QueueFull { queue },
            Ledger::Closed => Error::Closed,
            Ledger::Place(error) => Error::Place(error),
            full if full.is_disk_full() => Error::Full { source: Some(Box::new(full)) },
            read_only if read_only.is_read_only() => {
                Error::ReadOnly { source: Box::new(read_only) }
            }
            other => Error::Storage {
                doing: "read or write its file",
                retryable: other.is_retryable(),
                source: Box::new(other),
            },
        }
    }
}

impl From<aios_record::Error> for Error {
    fn from(error: aios_record::Error) -> Error {
        match error {
            aios_record::Error::OutOfScope { part } => Error::OutOfScope { part },
            other => Error::Record(other),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        Error::from(aios_ledger::Error::from(error))
    }
}
