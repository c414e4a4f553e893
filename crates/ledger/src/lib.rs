//! One SQLite file done right: a single writer with group commit, a few readers, migrations.
//!
//! ```
//! use aios_ledger::{Error, Ledger, Migration, Options};
//!
//! const MIGRATIONS: &[Migration] = &[Migration {
//!     name: "notes",
//!     sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;",
//! }];
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! # let folder = tempfile::tempdir().expect("a temporary directory");
//! let options = Options::new(0x6e6f_7465, MIGRATIONS);
//! let ledger = Ledger::open(&folder.path().join("notes.db"), options)?;
//!
//! let id = ledger
//!     .write(|connection| -> Result<i64, Error> {
//!         connection.execute("INSERT INTO notes (text) VALUES (?1)", ["durable on return"])?;
//!         Ok(connection.last_insert_rowid())
//!     })
//!     .await?;
//! let text: String = ledger
//!     .read(move |connection| -> Result<String, Error> {
//!         Ok(connection.query_row("SELECT text FROM notes WHERE id = ?1", [id], |r| r.get(0))?)
//!     })
//!     .await?;
//! assert_eq!(text, "durable on return");
//! # ledger.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! - A [`Ledger`] is the handle: cheap to clone, safe to share between tasks and threads.
//! - **One writer thread** owns the write connection. It takes the commands that are queued, up to
//!   [`Options::batch_max`]; runs each in a savepoint inside one
//!   `BEGIN IMMEDIATE` transaction; does what they [left for the end](Deferred); commits; replies.
//!   The cost of making a commit durable is shared by all who ask at the same time.
//! - **A few reader threads** own read-only connections. Each call is one snapshot, and never waits
//!   for the writer.
//! - Any number of processes may open the same file.
//!
//! # Invariants
//! - A reply `Ok` to a write means that it is committed with the promise of [`Durability`].
//! - One command's failure or panic undoes that command alone. If the commit itself fails, every
//!   caller of that batch gets the error and nothing of the batch is in the file.
//! - A command that was queued runs, even if its caller has gone away.
//! - A file that is newer, not ours, or another user's of the system is refused before anything in
//!   it is changed. The file and what SQLite puts beside it have mode 0600.
//! - A file that was moved, replaced or removed acknowledges nothing more.
//!
//! # What this crate does not do
//! It knows no table. `rusqlite` stands in its signatures, because a command *is* a function over a
//! connection; the crates that use it keep that to themselves.

mod busy;
mod deferred;
mod error;
mod health;
mod mark;
mod open;
mod options;
mod read_only;
mod reader;
mod threads;
mod upkeep;
mod writer;

use std::{
    convert::Infallible,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;
use tokio::sync::{Mutex, mpsc};

pub use crate::{
    deferred::Deferred,
    error::{Error, is_no_room, is_write_refusal},
    health::{damage, missing},
    options::{Access, Durability, Migrated, Migration, Options},
};
use crate::{
    read_only::Source,
    reader::Read,
    threads::Threads,
    writer::{Alone, Write},
};

/// The handle to one SQLite file. Clones share the writer and the readers.
///
/// When the last clone goes, what is queued is still written and the threads are joined; that
/// blocks for as long as it takes. [`close`](Ledger::close) does the same without blocking.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

/// Fields drop in this order: without senders the threads end, then they are joined.
struct Inner {
    path: PathBuf,
    /// `None` if the file was opened only to be read.
    writes: Option<mpsc::Sender<Write>>,
    reads: mpsc::Sender<Read>,
    /// Closed as soon as no connection is open any more: the writer's is the last.
    alive: Mutex<mpsc::Receiver<Infallible>>,
    _threads: Threads,
    /// The source of a file that was opened only to be read.
    source: Option<Source>,
}

/// Held by each thread for as long as its connection is open.
type Alive = mpsc::Sender<Infallible>;

impl Ledger {
    /// Opens the file at `path`, creates it (mode 0600) if it is missing, and brings it to the
    /// newest schema. Blocks.
    ///
    /// Before the first migration of an existing file a copy goes to `backup/` beside it.
    ///
    /// With [`Access::ReadOnly`] nothing is created or changed. Where no lock can be taken, a file
    /// whose log is empty is read as it is, and a read fails with [`Error::Changed`] if somebody
    /// writes meanwhile; one with an unfinished log or an older schema is read from a copy in a
    /// temporary directory. A file that is missing is read as an empty one.
    ///
    /// # Errors
    /// - [`Error::Newer`] and [`Error::Foreign`] when the file is not for this program; it is left
    ///   as it was.
    /// - [`Error::Place`] when it, or a file that SQLite puts beside it, belongs to another user of
    ///   the system or is no regular file.
    /// - [`Error::Migration`] when a migration fails; the file stays at the version before it.
    /// - [`Error::Unwritable`] when nothing can be written into the file or beside it.
    /// - [`Error::Io`] when the folder is missing or not writable.
    /// - [`Error::NoCopy`] when a file is to be read from a copy and that cannot be made.
    /// - [`Error::Busy`] when another process holds the lock for longer than
    ///   [`Options::busy_timeout`].
    pub fn open(path: &Path, options: Options) -> Result<Ledger, Error> {
        match options.access {
            Access::ReadWrite => Ledger::open_to_write(path, options),
            Access::ReadOnly => Ledger::open_to_read(path, &options),
        }
    }

    fn open_to_write(path: &Path, options: Options) -> Result<Ledger, Error> {
        let connection = open::writer(path, &options).map_err(|error| match error {
            Error::Sqlite(source) if Error::Sqlite(Arc::clone(&source)).is_unwritable() => {
                Error::Unwritable { path: path.to_owned(), source }
            }
            error => error,
        })?;
        let anchor = open::anchor(path, &options)?;
        let readers: Vec<Connection> = (0..options.readers.max(1))
            .map(|_| open::reader(path, &options))
            .collect::<Result<_, _>>()?;
        // Dropped after the senders, also where an error leaves early: see `Inner`.
        let mut threads = Threads::with_capacity(1 + readers.len());
        let (reading, readers_gone) = mpsc::channel(1);
        let (alive, all_gone) = mpsc::channel(1);
        let (writes, queue) = mpsc::channel(options.queue.max(1));
        let (reads, pool) = reader::channel(options.queue.max(1));
        for reader in readers {
            let (pool, reading) = (Arc::clone(&pool), reading.clone());
            threads.spawn("ledger-read", path, move || reader::run(reader, &pool, reading))?;
        }
        drop(reading);
        threads.spawn("ledger-write", path, move || {
            writer::run(connection, &anchor, &options, queue, readers_gone, alive);
        })?;
        let (alive, path) = (Mutex::new(all_gone), path.to_owned());
        let (writes, source) = (Some(writes), None);
        let inner = Inner { path, writes, reads, alive, _threads: threads, source };
        Ok(Ledger { inner: Arc::new(inner) })
    }

    fn open_to_read(path: &Path, options: &Options) -> Result<Ledger, Error> {
        let (source, readers) = read_only::open(path, options)?;
        let mut threads = Threads::with_capacity(readers.len());
        let (reading, all_gone) = mpsc::channel(1);
        let (reads, pool) = reader::channel(options.queue.max(1));
        for reader in readers {
            let (pool, reading) = (Arc::clone(&pool), reading.clone());
            threads.spawn("ledger-read", path, move || reader::run(reader, &pool, reading))?;
        }
        let (alive, path) = (Mutex::new(all_gone), path.to_owned());
        let (writes, source) = (None, Some(source));
        let inner = Inner { path, writes, reads, alive, _threads: threads, source };
        Ok(Ledger { inner: Arc::new(inner) })
    }

    /// The way to the writer.
    fn writes(&self) -> Result<&mpsc::Sender<Write>, Error> {
        let read_only = || Error::ReadOnly { path: self.inner.path.clone() };
        self.inner.writes.as_ref().ok_or_else(read_only)
    }

    /// The answer of a reader, once it is certain that a file that is read without locks stood
    /// still meanwhile.
    fn answer<T, E: From<Error>>(&self, reply: Option<Result<T, E>>) -> Result<T, E> {
        let value = reply.unwrap_or_else(|| Err(Error::Closed.into()));
        if let Some(source) = &self.inner.source {
            source.check(&self.inner.path)?;
        }
        value
    }

    /// Runs `command` in the next batch and returns when that batch is committed. Waits while the
    /// queue is full. Dropping the future before the command is queued leaves it undone; after
    /// that it runs whatever happens.
    ///
    /// `command` must neither commit nor roll back the transaction that it runs in.
    ///
    /// # Errors
    /// What `command` returns, or an [`Error`] turned into `E`: [`Error::Place`] if the file is not
    /// in its place any more.
    pub async fn write<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_deferring(|connection, _| command(connection)).await
    }

    /// As [`write`](Ledger::write), for a command that leaves something to be done at the end of
    /// its batch. The reply comes when that is done and committed too.
    ///
    /// # Errors
    /// As [`write`](Ledger::write); what was left and fails is an error for the whole batch.
    pub async fn write_deferring<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection, &mut Deferred) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (command, reply) = writer::command(command);
        self.writes()?.send(Write::Run(command)).await.map_err(|_| Error::Closed)?;
        reply.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// As [`write`](Ledger::write), in a transaction that no other command shares: for what takes
    /// long, and what must see all that others have left for the end of their batches.
    ///
    /// # Errors
    /// As [`write`](Ledger::write).
    pub async fn write_alone<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (command, reply) = writer::command(|connection, _| command(connection));
        let alone = Write::Alone(Alone::Command(command));
        self.writes()?.send(alone).await.map_err(|_| Error::Closed)?;
        reply.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// As [`write`](Ledger::write), but does not wait for room in the queue.
    ///
    /// # Errors
    /// [`Error::QueueFull`] when there is none; the command has not run and will not.
    pub async fn try_write<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.try_write_deferring(|connection, _| command(connection)).await
    }

    /// As [`write_deferring`](Ledger::write_deferring), but does not wait for room in the queue.
    ///
    /// # Errors
    /// As [`try_write`](Ledger::try_write).
    pub async fn try_write_deferring<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection, &mut Deferred) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (command, reply) = writer::command(command);
        let writes = self.writes()?;
        writes.try_send(Write::Run(command)).map_err(|refused| refusal(&refused, writes))?;
        reply.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// As [`write`](Ledger::write), for threads outside any async runtime.
    ///
    /// # Errors
    /// As [`write`](Ledger::write).
    ///
    /// # Panics
    /// When called on a thread that drives an async runtime.
    pub fn write_blocking<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (command, reply) = writer::command(|connection, _| command(connection));
        self.writes()?.blocking_send(Write::Run(command)).map_err(|_| Error::Closed)?;
        reply.blocking_recv().unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Runs `query` on a reader, in one snapshot. What it sees contains every write that was
    /// acknowledged before the call.
    ///
    /// # Errors
    /// What `query` returns, or an [`Error`] turned into `E`.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (query, reply) = reader::query(query);
        self.inner.reads.send(query).await.map_err(|_| Error::Closed)?;
        self.answer(reply.await.ok())
    }

    /// As [`read`](Ledger::read), but does not wait for room in the queue.
    ///
    /// # Errors
    /// [`Error::QueueFull`] when there is none; the query has not run and will not.
    pub async fn try_read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (query, reply) = reader::query(query);
        self.inner.reads.try_send(query).map_err(|refused| refusal(&refused, &self.inner.reads))?;
        self.answer(reply.await.ok())
    }

    /// As [`read`](Ledger::read), for threads outside any async runtime.
    ///
    /// # Errors
    /// As [`read`](Ledger::read).
    ///
    /// # Panics
    /// When called on a thread that drives an async runtime.
    pub fn read_blocking<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (query, reply) = reader::query(query);
        self.inner.reads.blocking_send(query).map_err(|_| Error::Closed)?;
        self.answer(reply.blocking_recv().ok())
    }

    /// Moves what the write-ahead log holds into the file and empties the log, as far as readers
    /// allow. Happens by itself when the writer is idle and on close.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the file cannot be written.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        self.upkeep(upkeep::checkpoint).await
    }

    /// Makes all that is committed durable, by whichever process and with whichever
    /// [`Durability`].
    ///
    /// # Errors
    /// [`Error::Sqlite`] or [`Error::Io`] when the disk refuses.
    pub async fn sync(&self) -> Result<(), Error> {
        self.upkeep(upkeep::sync_log).await
    }

    /// Rewrites the file without its free pages. Takes as long as copying it; writers wait.
    ///
    /// # Errors
    /// [`Error::Sqlite`], for instance when the disk has no room for the copy; [`Error::Busy`] when
    /// other processes leave no moment for it.
    pub async fn vacuum(&self) -> Result<(), Error> {
        self.upkeep(upkeep::vacuum).await
    }

    /// Rewrites the file without its free pages and empties its log to the last byte, so that
    /// nothing of what was deleted before the call is left in either. Takes as long as copying the
    /// file; writers wait.
    ///
    /// # Errors
    /// As [`vacuum`](Ledger::vacuum); [`Error::Busy`] also when a reader, in whichever process,
    /// still needs the log.
    pub async fn scrub(&self) -> Result<(), Error> {
        self.upkeep(upkeep::scrub).await
    }

    /// Copies the file as it is now to `target`, mode 0600, on disk when this returns. Readers and
    /// the writer go on meanwhile.
    ///
    /// # Errors
    /// [`Error::Io`] when `target` cannot be created or exists already.
    pub async fn backup(&self, target: &Path) -> Result<(), Error> {
        let target = target.to_owned();
        self.read(move |connection| upkeep::backup(connection, &target)).await
    }

    /// How many commands wait for the writer now, of the [`Options::queue`] that may.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let writes = self.inner.writes.as_ref();
        writes.map_or(0, |writes| writes.max_capacity() - writes.capacity())
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Writes what is queued, empties the write-ahead log, closes the connections and waits for
    /// the threads. Calls after this give [`Error::Closed`]; closing twice is fine.
    pub async fn close(&self) {
        // An error means that the thread has gone already, which is what is wanted.
        let _ = self.inner.reads.send(Read::Close).await;
        if let Some(writes) = &self.inner.writes {
            let _ = writes.send(Write::Close).await;
        }
        let mut alive = self.inner.alive.lock().await;
        while alive.recv().await.is_some() {}
    }

    async fn upkeep(&self, work: writer::Upkeep) -> Result<(), Error> {
        let (upkeep, reply) = writer::upkeep(work);
        self.writes()?.send(upkeep).await.map_err(|_| Error::Closed)?;
        reply.await.unwrap_or(Err(Error::Closed))
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// Why a queue took nothing.
fn refusal<T>(refused: &mpsc::error::TrySendError<T>, queue: &mpsc::Sender<T>) -> Error {
    match refused {
        mpsc::error::TrySendError::Full(_) => Error::QueueFull { queue: queue.max_capacity() },
        mpsc::error::TrySendError::Closed(_) => Error::Closed,
    }
}
