//! Errors of long-term memory, by what the caller can do about them.

use std::{io, path::PathBuf, sync::Arc};

use aios_record::{Id, Identity, Kind, Owner};

/// Failure of an operation on long-term memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The same owner has a record of this kind and id in another project, agent or session.
    #[error("`{key}` is stored in another scope; choose another id or write in the scope it has")]
    Conflict {
        /// The record in question.
        key: String,
    },
    /// Several owners have a record of this kind and id.
    #[error(
        "several owners have a {kind} `{id}` ({}); say whose is meant",
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
    #[error("{kind} `{id}` is shared; change it with a handle that acts for no user")]
    NotYours {
        /// The kind of the record.
        kind: Kind,
        /// Its id.
        id: Id,
    },
    /// A record would refer to a record of another owner.
    #[error(
        "`{key}` cannot refer to {reference}, which is not of the same owner and not shared; leave \
         the reference out"
    )]
    ForeignReference {
        /// The record in question.
        key: String,
        /// The reference.
        reference: Identity,
    },
    /// A piece of a long text would replace another record, or another record a piece.
    #[error(
        "`{key}` is the id of a record that it would replace: `ID#2` and the like are the pieces \
         of a long text; choose another id"
    )]
    PieceTaken {
        /// The record in question.
        key: String,
    },
    /// A handle that acts for a user tried to write a record of a kind that has no owner.
    #[error("a {kind} belongs to the machine, not to a user; write it with a handle of no user")]
    MachineWide {
        /// The kind of the record.
        kind: Kind,
    },
    /// A scope, or the name of a user in it, does not fit the handle.
    #[error(transparent)]
    Scope(#[from] aios_record::Error),
    /// The record does not exist.
    #[error("there is no `{key}`; search its collection, or store it first")]
    NotFound {
        /// The key in question.
        key: String,
    },
    /// Others kept changing the record while this call tried to change it.
    #[error("`{key}` is being changed by others again and again; nothing was done, retry")]
    Contended {
        /// The key in question.
        key: String,
    },
    /// The given fields do not describe a record.
    #[error("the {kind} cannot be stored: {problem}")]
    Invalid {
        /// The kind that it was meant to have.
        kind: Kind,
        /// The problem, and the expected form.
        problem: String,
    },
    /// The machine's clock is before 1970. Versions of the library cannot have such a time.
    #[error("the clock of this machine stands before 1970; set it")]
    Clock,
    /// The store was created with another embedding model.
    #[error(
        "the store was embedded with `{stored}`, the model given is `{given}`; \
         open it with the former, or run `aios-memory reindex` with the latter"
    )]
    ModelMismatch {
        /// Fingerprint of the model that the stored vectors came from.
        stored: String,
        /// Fingerprint of the model given.
        given: String,
    },
    /// The store was re-embedded with another model since it was opened.
    #[error(
        "the store has been re-embedded with `{stored}` since it was opened with `{given}`; \
         open it again with the former"
    )]
    Reembedded {
        /// Fingerprint of the model that the stored vectors come from now.
        stored: String,
        /// Fingerprint of the model that it was opened with.
        given: String,
    },
    /// Another process is rebuilding the library.
    #[error("another process rebuilds the library; wait until it is done")]
    Rebuilding,
    /// The store takes the caller's own vectors, and none was given.
    #[error(
        "`{of}` comes without a vector, and the store makes none; \
         give one in the space that the store was opened with"
    )]
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
        problem: String,
    },
    /// A text is longer than [`Config::text_bytes_max`](crate::Config::text_bytes_max).
    #[error("the text of `{key}` has {bytes} bytes, at most {bytes_max} are stored; split it")]
    TextTooLong {
        /// The key in question.
        key: String,
        /// Length of the text, in bytes.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// More rows wait for the library than
    /// [`Config::journal_rows_max`](crate::Config::journal_rows_max).
    #[error(
        "{rows} records wait in the journal, at most {rows_max} may; retry when it has drained"
    )]
    JournalFull {
        /// Number of waiting rows.
        rows: u64,
        /// The limit.
        rows_max: u64,
    },
    /// The journal and the library would take more than
    /// [`Config::disk_bytes_max`](crate::Config::disk_bytes_max).
    #[error(
        "long-term memory would take {bytes} bytes on disk, at most {bytes_max} are allowed; \
         purge records (`aios-memory forget --purge`), or raise the limit"
    )]
    DiskFull {
        /// Bytes that they would take.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// A query is longer than [`QUERY_BYTES_MAX`](crate::QUERY_BYTES_MAX).
    #[error("the query has {bytes} bytes, at most {bytes_max} are searched for; shorten it")]
    QueryTooLong {
        /// Length of the query, in bytes.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A request names more values than one call accepts.
    #[error("{count} {what} were asked for, at most {count_max} are taken; split the request")]
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
    #[error("the disk is full; free some of it and try again, nothing that was stored is lost")]
    NoRoom(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The journal (SQLite) failed.
    #[error("failed to use the journal")]
    Journal(#[source] Box<dyn std::error::Error + Send + Sync>),
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
        "{} is a library that journal.db knows nothing of; restore journal.db from a backup, or \
         go on with what the library holds by `aios-memory repair`",
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
        /// The problem, and what to do.
        reason: String,
    },
    /// A library file that holds records is damaged. Nothing is read from the library; writes wait
    /// in the journal.
    #[error(
        "`{}`, which holds records, is damaged; `aios-memory repair` saves what is left of it and \
         names the rest, until then nothing is read from the library",
        path.display()
    )]
    DamagedRows {
        /// Path of the file.
        path: PathBuf,
    },
    /// A data file is damaged, and decoding it might end the process.
    #[error(
        "`{}` is damaged, and decoding it might end this process: run `aios-memory repair`, or set \
         `Config::decoder`",
        path.display()
    )]
    Undecoded {
        /// Path of the file.
        path: PathBuf,
    },
    /// A record could be written but not read back.
    #[error("`{key}` cannot be stored: {reason}; nest its payload less deeply")]
    Unstorable {
        /// The key in question.
        key: String,
        /// The problem.
        reason: String,
    },
    /// Another process has taken over the ownership of the library.
    #[error("another process writes to the library now; nothing is lost, retry")]
    Ousted,
    /// The journal is older than the generation that it must have reached, or belongs to another
    /// store.
    #[error(
        "{} is older than it has been, or another store's; restore all files of one backup",
        path.display()
    )]
    Older {
        /// Path of the file.
        path: PathBuf,
    },
    /// A file or directory must not be used: it belongs to another user of the system, or is no
    /// longer in its place. Nothing of the call is acknowledged.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// Long-term memory was opened read-only.
    #[error("long-term memory was opened only to be read; open it for writing")]
    ReadOnly,
    /// The library is of a former version. It must be converted before it is read, which needs
    /// write access.
    #[error(
        "{} was written by a former version and is brought over before it is read: run \
         `aios-memory migrate` where the data directory, or a copy of it, can be written",
        path.display()
    )]
    FormerLibrary {
        /// Path of the library.
        path: PathBuf,
    },
    /// The handle was closed.
    #[error("long-term memory is closed; open it again")]
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
            Error::Journal(source) => source
                .downcast_ref::<aios_ledger::Error>()
                .is_some_and(aios_ledger::Error::is_retryable),
            _ => false,
        }
    }

    /// Returns `true` if a file could not be written for lack of permission or space. Long-term
    /// memory may still open with [`Access::ReadOnly`](crate::Access::ReadOnly).
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        use aios_ledger::Error as Ledger;
        let source: &(dyn std::error::Error + 'static) = match self {
            Error::ReadOnly | Error::NoRoom(_) => return true,
            Error::Io { source, .. } => source,
            Error::Journal(source) | Error::Library { source, .. } => &**source,
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
        match self {
            Error::Journal(source) => source
                .downcast_ref::<aios_ledger::Error>()
                .is_some_and(aios_ledger::Error::is_corrupt),
            _ => false,
        }
    }

    /// Returns `true` if the disk is full or the quota is used up. This is not a sign of damage.
    #[must_use]
    pub fn is_no_room(&self) -> bool {
        aios_ledger::is_no_room(self)
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
        move |source| match aios_ledger::is_no_room(&source) {
            true => Error::NoRoom(Box::new(source)),
            false => Error::Io { action, path, source },
        }
    }

    pub(crate) fn library<E>(action: &'static str) -> impl FnOnce(E) -> Error
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |source| match aios_ledger::is_no_room(&source) {
            true => Error::NoRoom(Box::new(source)),
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
            full if full.is_disk_full() => Error::NoRoom(Box::new(full)),
            other => Error::Journal(Box::new(other)),
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
