//! Errors of long-term memory, by what the caller can do about them.

mod problem;
mod remedy;

use std::{io, path::PathBuf, sync::Arc};

use aios_record::{Id, Identity, Kind, Owner};

pub use self::problem::{RecordProblem, VectorProblem};

/// Failure of an operation on long-term memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The same owner has a record of this kind and id in another project, agent or session.
    #[error("`{key}` is stored in another scope")]
    Conflict {
        /// The record in question.
        key: String,
    },
    /// Several owners have a record of this kind and id.
    #[error(
        "several owners have a {kind} `{id}`: {}",
        owners.iter().map(Owner::to_string).collect::<Vec<_>>().join(", ")
    )]
    Ambiguous {
        /// The kind asked for.
        kind: Kind,
        /// The id asked for.
        id: Id,
        /// Owners that have such a record.
        owners: Vec<Owner>,
    },
    /// A handle that acts for a user tried to change or remove a shared record.
    #[error("{kind} `{id}` is shared, and this handle acts for a user")]
    NotYours {
        /// The kind of the record.
        kind: Kind,
        /// Its id.
        id: Id,
    },
    /// A record would refer to a record of another owner.
    #[error("`{key}` refers to {reference}, which is neither of the same owner nor shared")]
    ForeignReference {
        /// The record in question.
        key: String,
        /// The reference.
        reference: Identity,
    },
    /// A piece of a long text would replace another record, or another record a piece.
    #[error(
        "`{key}` is the id of a record that it would replace: `ID#2` and the like are the pieces \
         of a long text"
    )]
    PieceTaken {
        /// The record in question.
        key: String,
    },
    /// A handle that acts for a user tried to write a record of a kind that has no owner.
    #[error("a {kind} belongs to the whole machine, and this handle acts for a user")]
    MachineWide {
        /// The kind of the record.
        kind: Kind,
    },
    /// A scope, or the name of a user in it, does not fit the handle.
    #[error(transparent)]
    Scope(#[from] aios_record::Error),
    /// The record does not exist.
    #[error("there is no `{key}`")]
    NotFound {
        /// The key in question.
        key: String,
    },
    /// Others kept changing the record while this call tried to change it.
    #[error("others keep changing `{key}`, and nothing was done")]
    Contended {
        /// The key in question.
        key: String,
    },
    /// The given fields do not describe a record.
    #[error("the {kind} cannot be stored: {problem}")]
    Invalid {
        /// The kind that it was meant to have.
        kind: Kind,
        /// The problem.
        problem: RecordProblem,
    },
    /// The machine's clock is before 1970. Versions of the library cannot have such a time.
    #[error("the clock of this machine stands before 1970")]
    Clock,
    /// The store was created with another embedding model.
    #[error("the store was embedded with `{stored}`, the model given is `{given}`")]
    ModelMismatch {
        /// Fingerprint of the model of the stored vectors.
        stored: String,
        /// Fingerprint of the model given.
        given: String,
    },
    /// The store was re-embedded with another model since it was opened.
    #[error("the store has been re-embedded with `{stored}` since it was opened with `{given}`")]
    Reembedded {
        /// Fingerprint of the present model of the stored vectors.
        stored: String,
        /// Fingerprint of the model that it was opened with.
        given: String,
    },
    /// Another process is rebuilding the library.
    #[error("another process is rebuilding the library")]
    Rebuilding,
    /// The store takes the caller's own vectors, and none was given.
    #[error("`{of}` comes without a vector, and the store makes none")]
    VectorMissing {
        /// The key of a record, or `the query`.
        of: String,
    },
    /// The given vector does not fit the store.
    #[error("the vector of `{of}` does not fit: {problem}")]
    VectorUnfit {
        /// The key of a record, or `the query`.
        of: String,
        /// The problem with the vector.
        problem: VectorProblem,
    },
    /// A text is longer than [`Config::text_bytes_max`](crate::Config::text_bytes_max), or a query
    /// than [`QUERY_BYTES_MAX`](crate::QUERY_BYTES_MAX).
    #[error("{what} has {bytes} bytes, the limit is {bytes_max}")]
    TooLong {
        /// `the query`, or the text of a record with its key.
        what: String,
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// More rows wait for the library than
    /// [`Config::journal_rows_max`](crate::Config::journal_rows_max).
    #[error("{rows} records wait in the journal, the limit is {rows_max}")]
    JournalFull {
        /// Number of waiting rows.
        rows: u64,
        /// The limit.
        rows_max: u64,
    },
    /// The journal and the library would take more than
    /// [`Config::disk_bytes_max`](crate::Config::disk_bytes_max).
    #[error("long-term memory would take {bytes} bytes on disk, the limit is {bytes_max}")]
    LimitReached {
        /// Bytes that they would take.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// A request names more values than one call accepts.
    #[error("{count} {what} were asked for, the limit is {count_max}")]
    TooMany {
        /// The counted values.
        what: &'static str,
        /// Their number.
        count: usize,
        /// The limit.
        count_max: usize,
    },
    /// A file or directory could not be used.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// The attempted action.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The disk is full.
    #[error("the disk is full, and nothing that was stored is lost")]
    DiskFull(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The journal (SQLite) failed.
    #[error("failed to use the journal")]
    Journal(#[source] aios_ledger::Error),
    /// The library (LanceDB) failed.
    #[error("failed to {action} in the library")]
    Library {
        /// The attempted action.
        action: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The embedding model failed.
    #[error("failed to embed")]
    Embedding(#[from] aios_embedding::Error),
    /// A stored record cannot be read back.
    #[error("the stored record `{key}` is damaged: {reason}; the others are not affected")]
    Damaged {
        /// The key in question.
        key: String,
        /// The problem.
        reason: String,
    },
    /// The directory has a library that its journal does not know.
    #[error(
        "{} is a library that journal.db knows nothing of",
        path.display()
    )]
    UnknownLibrary {
        /// Path of the library.
        path: PathBuf,
    },
    /// A file of the data directory that every operation needs is missing or damaged.
    #[error("`{}` is damaged: {reason}", path.display())]
    DamagedFile {
        /// Path of the file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A library file that contains records is damaged. The library cannot be read; writes wait in
    /// the journal.
    #[error(
        "`{}`, which holds records, is damaged; nothing is read from the library until it is \
         repaired",
        path.display()
    )]
    DamagedRows {
        /// Path of the file.
        path: PathBuf,
    },
    /// A data file is damaged, and decoding it might end the process.
    #[error(
        "`{}` is damaged, and decoding it might end this process",
        path.display()
    )]
    Undecoded {
        /// Path of the file.
        path: PathBuf,
    },
    /// A record could be written but not read back.
    #[error("`{key}` cannot be stored, because it could not be read back: {reason}")]
    Unstorable {
        /// The key in question.
        key: String,
        /// The problem.
        reason: String,
    },
    /// Another process has taken over the ownership of the library.
    #[error("another process writes to the library now; nothing is lost")]
    Ousted,
    /// The journal is older than the generation that it must have reached, or belongs to another
    /// store.
    #[error(
        "{} is older than it has been, or another store's",
        path.display()
    )]
    Older {
        /// Path of the file.
        path: PathBuf,
    },
    /// A file or directory must not be used: it belongs to another user of the system, or was
    /// moved, replaced or removed. The call acknowledges nothing.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// Long-term memory was opened read-only.
    #[error("long-term memory was opened only to be read")]
    ReadOnly,
    /// The library was written by a former version. It must be converted before it is read, which
    /// needs write access.
    #[error(
        "{} was written by a former version and must be migrated before it is read",
        path.display()
    )]
    FormerLibrary {
        /// Path of the library.
        path: PathBuf,
    },
    /// The handle was closed.
    #[error("long-term memory is closed")]
    Closed,
}

impl Error {
    /// Returns `true` if the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::JournalFull { .. }
            | Error::Contended { .. }
            | Error::Ousted
            | Error::Rebuilding => true,
            Error::Journal(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Returns `true` if a file could not be written for lack of permission or space. Long-term
    /// memory may still open with [`Access::ReadOnly`](crate::Access::ReadOnly).
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        use aios_ledger::Error as Ledger;
        let source: &(dyn std::error::Error + 'static) = match self {
            Error::ReadOnly | Error::DiskFull(_) => return true,
            Error::Io { source, .. } => source,
            Error::Journal(error) => error,
            Error::Library { source, .. } => &**source,
            _ => return false,
        };
        std::iter::successors(Some(source), |cause| cause.source()).any(|cause| {
            cause.downcast_ref::<Ledger>().is_some_and(Ledger::is_unwritable)
                || cause.downcast_ref::<io::Error>().is_some_and(aios_ledger::is_write_refusal)
        })
    }

    /// Returns `true` if SQLite finds `journal.db` damaged.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Error::Journal(error) if error.is_corrupt())
    }

    /// Returns `true` if the disk is full or the quota is used up. This is not a sign of damage.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        aios_ledger::is_disk_full(self)
    }

    /// Returns `true` if the requested record does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::NotFound { .. })
    }

    /// Returns `true` if the owner has the record in another scope.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict { .. })
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| match aios_ledger::is_disk_full(&source) {
            true => Error::DiskFull(Box::new(source)),
            false => Error::Io { action, path, source },
        }
    }

    pub(crate) fn library<E>(action: &'static str) -> impl FnOnce(E) -> Error
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |source| match aios_ledger::is_disk_full(&source) {
            true => Error::DiskFull(Box::new(source)),
            false => Error::Library { action, source: Box::new(source) },
        }
    }
}

/// Formats an encoded identity for a message.
pub(crate) fn shown(key: &str) -> String {
    Identity::decode(key).map_or_else(|_| key.escape_debug().to_string(), |it| it.to_string())
}

impl From<aios_ledger::Error> for Error {
    fn from(error: aios_ledger::Error) -> Error {
        match error {
            aios_ledger::Error::Closed => Error::Closed,
            aios_ledger::Error::ReadOnly { .. } => Error::ReadOnly,
            aios_ledger::Error::Place(error) => Error::Place(error),
            full if full.is_disk_full() => Error::DiskFull(Box::new(full)),
            other => Error::Journal(other),
        }
    }
}

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        match error {
            aios_files::Error::Io { path, source } => Error::Io { action: "use", path, source },
            error => Error::Place(Arc::new(error)),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        Error::from(aios_ledger::Error::from(error))
    }
}
