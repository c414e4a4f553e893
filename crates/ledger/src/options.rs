//! How a ledger is opened.

use std::{path::PathBuf, time::Duration};

use rusqlite::Connection;

/// How a ledger is opened; every number has a limit below which it is raised to one.
#[derive(Debug, Clone)]
pub struct Options {
    /// The use that is made of the file. Default: [`Access::ReadWrite`].
    pub access: Access,
    /// What an acknowledged write survives. Default [`Durability::Full`].
    pub durability: Durability,
    /// How long to wait for another process that holds the write lock. Default 10 s.
    pub busy_timeout: Duration,
    /// How many commands, and how many queries, may wait. Default 1,024.
    pub queue: usize,
    /// How many commands share one commit at most. Default 256.
    pub batch_max: usize,
    /// How many threads read. Default 2.
    pub readers: usize,
    /// After this long without a write the write-ahead log is emptied. Default 1 s.
    pub checkpoint_after: Duration,
    /// How large the file may grow, its log not counted; what is full is full for writers of this
    /// ledger, see [`Error::is_disk_full`](crate::Error::is_disk_full). Default: as large as the
    /// disk allows.
    pub file_bytes_max: Option<u64>,
    /// Other files or directories that what is written depends on: it fails when one of them is not
    /// in its place any more, as when the file itself is not. Default: none.
    pub beside: Vec<PathBuf>,
    /// Marks the file as ours (`PRAGMA application_id`); not 0.
    pub application_id: i32,
    /// The schema, oldest first. A file's version is the number of those that it has.
    pub migrations: &'static [Migration],
    /// What a migration does that SQL cannot, called with its number in its transaction, after its
    /// statements. Default: nothing.
    pub migrated: Migrated,
}

/// The part of a migration that is code.
pub type Migrated = fn(&Connection, u32) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

impl Options {
    /// The defaults, for a file of this application and schema.
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

/// The use that is made of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reading and writing. The default.
    #[default]
    ReadWrite,
    /// Reading: nothing is written into the file or beside it, and a write is refused.
    ReadOnly,
}

/// What an acknowledged write survives. Neither can corrupt the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// A crash of the process and of the machine: the log is synced before each reply
    /// (`synchronous=FULL`). The default.
    #[default]
    Full,
    /// A crash of the process. After a crash of the machine the last few commits may be missing,
    /// always the newest ones: the log is synced at checkpoints only (`synchronous=NORMAL`).
    Normal,
}

/// One step of the schema. Its number is its place in [`Options::migrations`], from 1; a released
/// one is never changed.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// What it brings, for error messages.
    pub name: &'static str,
    /// Statements, run in one transaction with foreign keys unenforced and checked at its end.
    pub sql: &'static str,
}
