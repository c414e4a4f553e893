//! How a ledger is opened.

use std::time::Duration;

/// How a ledger is opened; every number has a limit below which it is raised to one.
#[derive(Debug, Clone)]
pub struct Options {
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
    /// Marks the file as ours (`PRAGMA application_id`); not 0.
    pub application_id: i32,
    /// The schema, oldest first. A file's version is the number of those that it has.
    pub migrations: &'static [Migration],
}

impl Options {
    /// The defaults, for a file of this application and schema.
    #[must_use]
    pub fn new(application_id: i32, migrations: &'static [Migration]) -> Options {
        Options {
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(10),
            queue: 1024,
            batch_max: 256,
            readers: 2,
            checkpoint_after: Duration::from_secs(1),
            application_id,
            migrations,
        }
    }
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
