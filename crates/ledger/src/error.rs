//! Errors of a ledger.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aios_record::Remedy;
use rusqlite::{ErrorCode, ffi};

/// Error of a ledger. Cheap to clone, since a whole batch may share one.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory cannot be accessed.
    #[error("failed to use {}", path.display())]
    Io {
        /// Path of the file or directory.
        path: PathBuf,
        /// Cause.
        source: Arc<io::Error>,
    },
    /// The file, or one beside it, must not be used: it belongs to another user of the system, is
    /// not a regular file, or was moved, replaced or removed while in use.
    #[error(transparent)]
    Place(Arc<aios_files::Error>),
    /// The file was written by a newer version of the program.
    #[error(
        "{} has schema version {found}, this program knows up to {known}", path.display()
    )]
    Newer {
        /// Path of the file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file belongs to another program or is not a SQLite database.
    #[error("{} is not a file of this program ({reason})", path.display())]
    Foreign {
        /// Path of the file.
        path: PathBuf,
        /// Evidence.
        reason: String,
    },
    /// The write-ahead log beside the file belongs to another file.
    #[error("the log beside {}, which ends in -wal, belongs to another file", path.display())]
    ForeignLog {
        /// Path of the file.
        path: PathBuf,
    },
    /// A migration failed; the file is unchanged by it.
    #[error(
        "migration `{name}` of {} failed and was undone; the previous program can still use the \
         file", path.display()
    )]
    Migration {
        /// Path of the file.
        path: PathBuf,
        /// Name of the migration.
        name: &'static str,
        /// Cause.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// Another process kept the file locked.
    #[error("another process has kept the database locked for {} ms", waited.as_millis())]
    Busy {
        /// Time waited.
        waited: Duration,
    },
    /// The commit of a batch failed, and with it every command of the batch.
    #[error("the transaction could not be committed, nothing of it was written")]
    Commit(#[source] Arc<rusqlite::Error>),
    /// The transaction of a batch was rolled back under a command, because another command ended it
    /// or the disk failed.
    #[error("the shared transaction was rolled back, nothing of it was written")]
    RolledBack,
    /// SQLite refused a statement.
    #[error(transparent)]
    Sqlite(Arc<rusqlite::Error>),
    /// The queue is full.
    #[error("{queue} commands are waiting already")]
    QueueFull {
        /// Capacity of the queue.
        queue: usize,
    },
    /// A command or query panicked and was undone.
    #[error("a command panicked and was undone: {message}")]
    Panicked {
        /// Message of the panic.
        message: String,
    },
    /// The file, or one that SQLite creates beside it, cannot be written.
    #[error("failed to write into {} or beside it", path.display())]
    Unwritable {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: Arc<rusqlite::Error>,
    },
    /// The file was opened read-only.
    #[error("{} was opened only to be read", path.display())]
    ReadOnly {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file changed while it was read without locks.
    #[error("{} was changed while it was read", path.display())]
    Changed {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file can be read only from a copy, and the copy cannot be made.
    #[error(
        "{} has an unfinished log or an older schema and cannot be written, so it is read from a \
         copy, which failed in {}",
        path.display(), dir.display()
    )]
    NoCopy {
        /// Path of the file.
        path: PathBuf,
        /// Directory of the copy.
        dir: PathBuf,
        /// Cause.
        source: Box<Error>,
    },
    /// The ledger is closed.
    #[error("the database is closed")]
    Closed,
}

impl Error {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        if self.is_disk_full() {
            return Some(Remedy::FreeDisk);
        }
        if self.is_retryable() {
            return Some(Remedy::Retry);
        }
        if self.is_corrupt() {
            return Some(Remedy::RestoreOrRepair);
        }
        match self {
            Error::Place(error) => error.remedy(),
            Error::Newer { .. } => Some(Remedy::UseNewerProgram),
            Error::Foreign { path, .. } => Some(Remedy::ImportOrRepair { path: path.clone() }),
            Error::ForeignLog { .. } => Some(Remedy::MoveAway),
            Error::Io { .. } => Some(Remedy::CheckPath),
            Error::Unwritable { .. } => Some(Remedy::MakeWritable),
            Error::ReadOnly { .. } => Some(Remedy::OpenForWriting),
            Error::Commit(_) | Error::Sqlite(_) if self.is_read_only() => {
                Some(Remedy::OpenForWriting)
            }
            Error::NoCopy { dir, .. } => Some(Remedy::FreeTemporary { dir: dir.clone() }),
            Error::Closed => Some(Remedy::Reopen),
            _ => None,
        }
    }

    /// Returns true if the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Busy { .. }
            | Error::QueueFull { .. }
            | Error::RolledBack
            | Error::Changed { .. } => true,
            Error::Commit(source) | Error::Sqlite(source) => is_busy(source),
            _ => false,
        }
    }

    /// Returns true if this program cannot use the file at all: it is newer or foreign, or the log
    /// beside it is.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Error::Newer { .. } | Error::Foreign { .. } | Error::ForeignLog { .. })
    }

    /// Returns true if the disk is full or the file has reached its size limit.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Error::Commit(source) | Error::Sqlite(source) => is_full(source),
            Error::Unwritable { source, .. } => is_full(source),
            Error::Io { source, .. } => is_disk_full(&**source),
            _ => false,
        }
    }

    /// Returns true if the file is read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        match self {
            Error::ReadOnly { .. } => true,
            Error::Commit(source) | Error::Sqlite(source) => {
                source.sqlite_error_code() == Some(ErrorCode::ReadOnly)
            }
            _ => false,
        }
    }

    /// Returns true if the file, or one beside it, could not be written for lack of permission or
    /// space. Reading it with [`Access::ReadOnly`](crate::Access::ReadOnly) may still be possible.
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        match self {
            Error::Unwritable { .. } => true,
            Error::Io { source, .. } => is_write_refusal(source),
            Error::Commit(source) | Error::Sqlite(source) => {
                let extended = source.sqlite_error().map(|error| error.extended_code);
                self.is_read_only()
                    || self.is_disk_full()
                    || matches!(
                        source.sqlite_error_code(),
                        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied)
                    )
                    || extended.is_some_and(|code| WRITE_FAILURES.contains(&code))
            }
            _ => false,
        }
    }

    /// Returns true if the file is damaged.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Error::Commit(source) | Error::Sqlite(source)
            if matches!(source.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)))
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Error {
        Error::Io { path: path.to_owned(), source: Arc::new(source) }
    }
}

/// SQLite's I/O errors that come from writing.
const WRITE_FAILURES: &[i32] = &[
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_TRUNCATE,
    ffi::SQLITE_IOERR_SHMOPEN,
    ffi::SQLITE_IOERR_SHMLOCK,
    ffi::SQLITE_IOERR_SHMMAP,
];

/// Returns true if an error is caused by a missing write permission or by lack of space.
#[must_use]
pub fn is_write_refusal(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::PermissionDenied
            | Kind::ReadOnlyFilesystem
            | Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::FileTooLarge
    )
}

impl From<aios_files::Error> for Error {
    fn from(error: aios_files::Error) -> Error {
        match error {
            aios_files::Error::Io { path, source } => Error::io(&path, source),
            error => Error::Place(Arc::new(error)),
        }
    }
}

/// Returns true if an error or one of its sources indicates that the disk is full or the quota is
/// used up. Checks the error kind and, for libraries that convert errors to text, the system's
/// messages.
#[must_use]
pub fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    use io::ErrorKind as Kind;
    let says_so = |cause: &(dyn std::error::Error + 'static)| {
        if let Some(error) = cause.downcast_ref::<io::Error>()
            && matches!(error.kind(), Kind::StorageFull | Kind::QuotaExceeded)
        {
            return true;
        }
        if let Some(error) = cause.downcast_ref::<rusqlite::Error>() {
            return is_full(error);
        }
        if cause.downcast_ref::<Error>().is_some_and(Error::is_disk_full) {
            return true;
        }
        let text = cause.to_string();
        NO_ROOM.iter().any(|words| text.contains(words))
    };
    std::iter::successors(Some(error), |cause| cause.source()).any(says_so)
}

/// The system's messages, and its error numbers as Rust formats them.
const NO_ROOM: &[&str] = &[
    "No space left on device",
    "Disk quota exceeded",
    "(os error 28)",
    #[cfg(target_os = "linux")]
    "(os error 122)",
    #[cfg(target_os = "macos")]
    "(os error 69)",
];

/// Returns true if SQLite ran out of room.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error.sqlite_error().map(|error| error.extended_code) == Some(ffi::SQLITE_IOERR_SHMSIZE)
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Error {
        Error::Sqlite(Arc::new(source))
    }
}

pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Converts the payload of a panic to an error.
pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Error {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    Error::Panicked { message: text.unwrap_or("no message").to_owned() }
}
