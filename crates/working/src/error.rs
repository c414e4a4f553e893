//! Errors of a working memory.

use std::{io, path::PathBuf, sync::Arc};

use aios_record::{Id, Kind, Owner, Remedy};

use crate::{FileProblem, limits::JSON_DEPTH_MAX};

/// Error of a working memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The record does not exist, or is not visible in this scope.
    #[error("there is no {kind} `{id}`")]
    NotFound {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A record refers to one that does not exist.
    #[error("{field} refers to {kind} `{id}`, which does not exist")]
    MissingParent {
        /// Referring field.
        field: &'static str,
        /// Kind of the missing record.
        kind: Kind,
        /// Its id.
        id: Id,
    },
    /// The owner already has a record of this id in another project, agent or session.
    #[error("{kind} `{id}` is stored in another scope")]
    Conflict {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: Id,
    },
    /// Several owners have a record of this id.
    #[error(
        "several owners have a {kind} `{id}`: {}",
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
    #[error("{kind} `{id}` is shared, and this handle acts for a user")]
    NotYours {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Records of this kind belong to the machine, and the view belongs to a user.
    #[error("a {kind} belongs to the whole machine, and this handle acts for a user")]
    MachineWide {
        /// Kind of the records.
        kind: Kind,
    },
    /// A record or filter goes beyond the scope that this handle is bound to.
    #[error("this handle is bound to another {part}")]
    OutOfScope {
        /// `user`, `project`, `agent` or `session`.
        part: &'static str,
    },
    /// Records that belong to the record are outside the project, agent or session that this handle
    /// is bound to.
    #[error("`{kind}/{id}` has records of another project, agent or session")]
    BeyondScope {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Records of this kind cannot be updated; of a session, only the summary can.
    #[error("a {kind} stays as it is")]
    Fixed {
        /// Kind of the record.
        kind: Kind,
    },
    /// A change does not fit the fields of a record.
    #[error("the {kind} cannot be changed like this: {problem}")]
    Fields {
        /// Kind of the record.
        kind: Kind,
        /// The invalid change.
        problem: FieldProblem,
    },
    /// A field is too long.
    #[error("{field} has {bytes} bytes, the limit is {bytes_max}")]
    TooLong {
        /// Name of the field.
        field: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A JSON value is nested too deeply.
    #[error("{field} is nested {depth} deep, the limit is {JSON_DEPTH_MAX}")]
    TooDeep {
        /// Name of the field.
        field: &'static str,
        /// Its depth.
        depth: usize,
    },
    /// A time is before 1970 or at the very end of 9999.
    #[error("{field} is {time}, which lies outside 1970 to 9999")]
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
    #[error("{cursor} is not a cursor of this list")]
    Cursor {
        /// The number.
        cursor: u64,
    },
    /// A number is NaN or infinite.
    #[error("{field} is not a finite number")]
    NotFinite {
        /// Name of the field.
        field: &'static str,
    },
    /// A record of a batch cannot be stored; no record of the batch was stored.
    #[error("record {index} of the batch cannot be stored, none of it was")]
    InBatch {
        /// Index of the record in the batch, from 0.
        index: usize,
        /// Cause.
        source: Box<Error>,
    },
    /// A stored record cannot be read.
    #[error("{kind} `{id}` cannot be read")]
    Damaged {
        /// Kind of the record.
        kind: Kind,
        /// Its id.
        id: String,
        /// The damage.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A JSON file of entries cannot be parsed; it was not changed.
    #[error("{} cannot be read as a list of entries, and was not changed", path.display())]
    DamagedFile {
        /// Path of the file.
        path: PathBuf,
        /// Position and cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file command, or a file to be stored, is refused.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// The value of the fact was rejected before.
    #[error("the value of fact `{id}` was rejected by its owner and stays out")]
    Rejected {
        /// Id of the fact.
        id: Id,
    },
    /// No entry back end has this name.
    #[error("unknown back end `{name}`; known are sqlite, json")]
    UnknownBackend {
        /// The given name.
        name: String,
    },
    /// The file is older than the recorded generation, or belongs to another store.
    #[error("{} is older than it has been, or another store's", path.display())]
    Older {
        /// Path of the file.
        path: PathBuf,
    },
    /// The disk is full, or a single write would take the file beyond twice
    /// [`Config::file_bytes_max`](crate::Config::file_bytes_max). The call wrote nothing.
    #[error("the disk is full, or the file would grow to twice its limit")]
    DiskFull(#[source] aios_ledger::Error),
    /// The file would exceed [`Config::file_bytes_max`](crate::Config::file_bytes_max). The call
    /// wrote nothing.
    #[error("working memory would take {bytes} bytes on disk, the limit is {bytes_max}")]
    LimitReached {
        /// Size that the file would have.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// A JSON file of entries cannot be read or written.
    #[error("failed to {action} the entries in {}", path.display())]
    Io {
        /// The attempted action.
        action: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The file cannot be used: it is locked, closed, read-only or damaged, was moved or replaced,
    /// or belongs to a newer version, another program or another user; or too many calls are
    /// waiting.
    #[error("failed to use working memory")]
    Storage(#[source] aios_ledger::Error),
}

/// A change that does not fit the fields of a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldProblem {
    /// The id would change.
    #[error("its id cannot be changed")]
    Id,
    /// The field never changes.
    #[error("its `{field}` cannot be changed, only its `{changes}`")]
    Kept {
        /// Name of the field.
        field: String,
        /// The field that changes.
        changes: &'static str,
    },
    /// There is no such field.
    #[error("it has no field `{field}`")]
    Unknown {
        /// Name of the field.
        field: String,
    },
    /// The new text lacks the value of a field that the change keeps.
    #[error("its new text lacks its {field} `{value}`; change both or neither")]
    Disagrees {
        /// Name of the kept field.
        field: &'static str,
        /// The value in the former text.
        value: String,
    },
    /// A value does not have the form of its field.
    #[error("{reason}")]
    Form {
        /// The form that the parser expects, and the one that it found.
        reason: String,
    },
}

impl Error {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Error::NotFound { .. } => Some(Remedy::CheckId),
            Error::MissingParent { .. } => Some(Remedy::StoreFirst),
            Error::Conflict { .. } => Some(Remedy::ChooseId),
            Error::Ambiguous { .. } => Some(Remedy::NameOwner),
            Error::NotYours { .. } | Error::MachineWide { .. } => Some(Remedy::ActForNoUser),
            Error::OutOfScope { .. } | Error::BeyondScope { .. } => Some(Remedy::WidenScope),
            Error::Fixed { .. } => Some(Remedy::StoreAnother),
            Error::TooLong { .. } => Some(Remedy::Split),
            Error::TooDeep { .. } => Some(Remedy::Flatten),
            Error::Time { .. } | Error::NotFinite { .. } => Some(Remedy::Correct),
            Error::Record(error) => error.remedy(),
            Error::Cursor { .. } => Some(Remedy::RestartList),
            Error::InBatch { source, .. } => source.remedy(),
            Error::Damaged { .. } => Some(Remedy::RestoreOrRepair),
            Error::DamagedFile { .. } => Some(Remedy::MendFile),
            Error::Older { .. } => Some(Remedy::RestoreTogether),
            Error::LimitReached { .. } => Some(Remedy::Purge { setting: "file_bytes_max" }),
            Error::Io { source, .. } if aios_ledger::is_disk_full(source) => Some(Remedy::FreeDisk),
            Error::Io { .. } => Some(Remedy::CheckPath),
            Error::DiskFull(error) | Error::Storage(error) => error.remedy(),
            Error::Fields { .. }
            | Error::File(_)
            | Error::Rejected { .. }
            | Error::UnknownBackend { .. } => None,
        }
    }

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
            Error::Storage(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Returns true if the file, or one beside it, could not be written for lack of permission or
    /// space. Reading it with [`Access::ReadOnly`](crate::Access::ReadOnly) may still be possible.
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        match self {
            Error::DiskFull(_) | Error::LimitReached { .. } => true,
            Error::Storage(error) => error.is_read_only() || error.is_unwritable(),
            _ => false,
        }
    }

    /// Returns true if the file is read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self, Error::Storage(error) if error.is_read_only())
    }

    /// Returns true if the disk is full. Nothing is damaged.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Error::DiskFull(_))
    }

    /// Returns true if the memory was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Error::Storage(aios_ledger::Error::Closed))
    }

    /// Returns the reason for which the file, or one beside it, must not be used: it belongs to
    /// another user of the system, or was moved, replaced or removed.
    #[must_use]
    pub fn place(&self) -> Option<&Arc<aios_files::Error>> {
        match self {
            Error::Storage(aios_ledger::Error::Place(error)) => Some(error),
            _ => None,
        }
    }

    /// Returns true if SQLite finds the file damaged.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Error::Storage(error) if error.is_corrupt())
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
            | Error::BeyondScope { .. }
            | Error::Fixed { .. }
            | Error::Fields { .. }
            | Error::TooLong { .. }
            | Error::TooDeep { .. }
            | Error::Time { .. }
            | Error::NotFinite { .. }
            | Error::Cursor { .. }
            | Error::File(_)
            | Error::Rejected { .. }
            | Error::Record(_) => true,
            Error::InBatch { source, .. } => source.is_invalid(),
            _ => false,
        }
    }
}

impl From<aios_ledger::Error> for Error {
    fn from(error: aios_ledger::Error) -> Error {
        match error.is_disk_full() {
            true => Error::DiskFull(error),
            false => Error::Storage(error),
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
