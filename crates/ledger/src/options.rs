//! Options of a ledger.

use std::{path::PathBuf, time::Duration};

use rusqlite::Connection;

/// Options of a ledger. Counts below 1 are raised to 1.
#[derive(Debug, Clone)]
pub struct Options {
    /// Access mode. Default: [`Access::ReadWrite`].
    pub access: Access,
    /// Durability of an acknowledged write. Default: [`Durability::Full`].
    pub durability: Durability,
    /// Maximum wait for a write lock that another process holds. Default: 10 s.
    pub busy_timeout: Duration,
    /// Capacity of the queue of commands, and of the queue of queries. Default: 1,024.
    pub queue: usize,
    /// Maximum number of commands per commit. Default: 256.
    pub batch_max: usize,
    /// Number of reader threads. Default: 2.
    pub readers: usize,
    /// Idle time without a write before the write-ahead log is emptied. Default: 1 s.
    pub checkpoint_after: Duration,
    /// Maximum size of the file, without its log. A write of this ledger beyond it fails, see
    /// [`Error::is_disk_full`](crate::Error::is_disk_full). Default: no limit.
    pub file_bytes_max: Option<u64>,
    /// Files or directories that the written data depends on. A write fails if one of them was
    /// moved, replaced or removed, as it does for the file itself. Default: none.
    pub beside: Vec<PathBuf>,
    /// `PRAGMA application_id`, which marks the file as ours; not 0.
    pub application_id: i32,
    /// Migrations, oldest first. A file's version is the number of migrations that it has.
    pub migrations: &'static [Migration],
    /// Code that runs in each migration's transaction, after its statements; called with the
    /// migration's number. Default: no code.
    pub migrated: Migrated,
}

/// Migration code that SQL cannot express.
pub type Migrated = fn(&Connection, u32) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

impl Options {
    /// Returns the defaults for a file of this application and schema.
    #[must_use]
    pub fn new(application_id: i32, migrations: &'static [Migration]) -> Options {
        Options {
            access: Access::ReadWrite,
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(10),
            queue: 1024,
            batch_max: 256,
            readers: 2,
            checkpoint_after: Duration::from_secs(1),
            file_bytes_max: None,
            beside: Vec::new(),
            application_id,
            migrations,
            migrated: |_, _| Ok(()),
        }
    }
}

/// Access mode of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reading and writing. The default.
    #[default]
    ReadWrite,
    /// Reading only: nothing is written into the file or beside it, and writes are refused.
    ReadOnly,
}

/// Durability of an acknowledged write. Neither level can corrupt the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// Survives a crash of the process and of the machine: the log is synced before each reply
    /// (`synchronous=FULL`). The default.
    #[default]
    Full,
    /// Survives a crash of the process. A crash of the machine may lose the newest commits: the log
    /// is synced only at checkpoints (`synchronous=NORMAL`).
    Normal,
}

/// One step of the schema. Its number is its position in [`Options::migrations`], from 1. A
/// released migration is never changed.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Name for error messages.
    pub name: &'static str,
    /// Statements, run in one transaction; foreign keys are checked only at its end.
    pub sql: &'static str,
}
