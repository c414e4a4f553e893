//! Errors of a working memory.

use std::{path::PathBuf, sync::Arc};

use aios_record::{Id, Kind, Owner};

use crate::limits::JSON_DEPTH_MAX;

/// Error of a working memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The record does not exist, or is not visible in this scope.
    #[error("there is no {kind} `{id}`; check the id, or store it first")]
    NotFound {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A record refers to one that does not exist.
    #[error("{field} refers to {kind} `{id}`, which does not exist; store that one first")]
    MissingParent {
        /// Referring field.
        field: &'static str,
        /// Kind of the missing record.
        kind: Kind,
        /// Its id.
        id: Id,
    },
    /// The owner already has a record of this id in another project, agent or session.
    #[error("{kind} `{id}` exists already in another scope; choose another id")]
    Conflict {
        /// Kind of the record.
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
        /// Kind of the records.
        kind: Kind,
        /// Their id.
        id: String,
        /// Their owners.
        owners: Vec<Owner>,
    },
    /// The record is shared, and the view belongs to a user, who may change only their own records.
    #[error(
        "{kind} `{id}` is shared; only a handle that acts for no user, or an administrator, \
         changes it"
    )]
    NotYours {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Records of this kind belong to the machine, and the view belongs to a user.
    #[error(
        "a {kind} belongs to the whole machine; only a handle that acts for no user, or an \
         administrator, changes it"
    )]
    MachineWide {
        /// Kind of the records.
        kind: Kind,
    },
    /// A record or filter goes beyond the scope that this handle is bound to.
    #[error("this handle is bound to another {part}; use one that is bound to it or to none")]
    OutOfScope {
        /// `user`, `project`, `agent` or `session`.
        part: &'static str,
    },
    /// Records of this kind cannot be updated; of a session, only the summary can.
    #[error("a {kind} stays as it is; store another one")]
    Fixed {
        /// Kind of the record.
        kind: Kind,
    },
    /// A change does not fit the fields of a record.
    #[error("the {kind} cannot be changed like this: {problem}")]
    Fields {
        /// Kind of the record.
        kind: Kind,
        /// The invalid change, and why.
        problem: String,
    },
    /// A field is too long.
    #[error("{field} has {bytes} bytes, the limit is {limit}; split it, or raise the limit")]
    TooLong {
        /// Name of the field.
        field: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A JSON value is nested too deeply.
    #[error("{field} is nested {depth} deep, the limit is {JSON_DEPTH_MAX}; flatten it")]
    TooDeep {
        /// Name of the field.
        field: &'static str,
        /// Its depth.
        depth: usize,
    },
    /// A time is before 1970 or at the very end of 9999.
    #[error("{field} is {time}, which lies outside 1970 to 9999; give another or leave it out")]
    Time {
        /// Name of the field.
        field: &'static str,
        /// The given time.
        time: aios_record::Timestamp,
    },
    /// A value is invalid in the record model, such as an id of 129 bytes.
    #[error(transparent)]
    Record(aios_record::Error),
    /// A number is not a [`RecordPage::next`](crate::RecordPage::next) of this file.
    #[error("{cursor} is not a cursor of this list; begin it again")]
    Cursor {
        /// The number.
        cursor: u64,
    },
    /// A number is NaN or infinite.
    #[error("{field} is not a finite number; give a finite one")]
    NotFinite {
        /// Name of the field.
        field: &'static str,
    },
    /// A record of a batch cannot be stored; nothing of the batch was stored.
    #[error("record {index} of the batch cannot be stored, none of it was")]
    InBatch {
        /// Index of the record in the batch, from 0.
        index: usize,
        /// Cause.
        source: Box<Error>,
    },
    /// A stored record cannot be read.
    #[error("{kind} `{id}` cannot be read; run `verify` and restore a backup")]
    Damaged {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
        /// The damage.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A JSON file of entries cannot be parsed; it was not changed.
    #[error(
        "{} cannot be read as a list of entries; mend it or move it away, it was not changed",
        path.display()
    )]
    DamagedFile {
        /// Path of the file.
        path: PathBuf,
        /// Position and cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No entry back end has this name.
    #[error("unknown back end `{name}`; known are sqlite, json")]
    UnknownBackend {
        /// The given name.
        name: String,
    },
    /// The file was written by a newer version of this program.
    #[error(
        "{} has schema version {found}, this program knows up to {known}; use the newer program, \
         or a copy from the backup folder beside the file", path.display()
    )]
    Newer {
        /// Path of the file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file is older than the recorded generation, or belongs to another store.
    #[error(
        "{} is older than it has been, or another store's; restore all files of one backup",
        path.display()
    )]
    Older {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file belongs to another program.
    #[error(
        "{} is not a working memory ({reason}); import it with `aios-memory import --from FILE`, \
         or choose another path", path.display()
    )]
    Foreign {
        /// Path of the file.
        path: PathBuf,
        /// Evidence.
        reason: String,
    },
    /// The file, or one beside it, must not be used: it belongs to another user of the system, or
    /// was moved, replaced or removed. Nothing of the call is acknowledged.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// The disk is full, or the file has reached its limit. Nothing of the call was written.
    #[error(
        "there is no room: the disk is full, or the file has grown to `file_bytes_max`; free some, \
         let records age, or raise the limit"
    )]
    Full {
        /// SQLite's error; `None` if the file's own limit was reached.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file is read-only. Nothing of the call was written.
    #[error(
        "the file may only be read; open it for writing, and give its owner leave to (chmod 600)"
    )]
    ReadOnly {
        /// SQLite's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The queue is full.
    #[error("{queue} calls are waiting already; try again when some are done")]
    QueueFull {
        /// Capacity of the queue.
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
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// True if the same call may succeed later.
        retryable: bool,
    },
}

impl Error {
    /// Returns true if a record does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::NotFound { .. } | Error::MissingParent { .. } => true,
            Error::InBatch { source, .. } => source.is_not_found(),
            _ => false,
        }
    }

    /// Returns true if the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::QueueFull { .. } => true,
            Error::Storage { retryable, .. } => *retryable,
            _ => false,
        }
    }

    /// Returns true if the file, or one beside it, could not be written for lack of permission or
    /// room. Reading it with [`Access::ReadOnly`](crate::Access::ReadOnly) may still be possible.
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

    /// Returns true if SQLite finds the file damaged.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        match self {
            Error::Storage { source, .. } => source
                .downcast_ref::<aios_ledger::Error>()
                .is_some_and(aios_ledger::Error::is_corrupt),
            _ => false,
        }
    }

    /// Returns true if the given value cannot be stored.
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
