#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - A [`Ledger`] is the handle: cheap to clone, safe to share between tasks and threads.
//! - **One writer thread** owns the write connection. It drains up to [`Options::batch_max`] queued
//!   commands, runs each in a savepoint inside one `BEGIN IMMEDIATE` transaction, runs their
//!   [deferred work](Deferred), commits and replies. Concurrent callers share the cost of a durable
//!   commit.
//! - **A few reader threads** own read-only connections. Each call is one snapshot and never waits
//!   for the writer.
//! - Any number of processes may open the same file.
//!
//! # Invariants
//! - A reply `Ok` to a write means that it is committed with the guarantee of [`Durability`].
//! - The failure or panic of a command undoes that command alone. If the commit itself fails, every
//!   caller of that batch gets the error and no part of the batch is in the file.
//! - A queued command runs even if its caller has dropped the future.
//! - A file that is newer, foreign or owned by another user of the system is refused before
//!   anything in it is changed. The file and the files that SQLite creates beside it have mode
//!   0600.
//! - After the file was moved, replaced or removed, no write is acknowledged.
//!
//! # rusqlite in signatures
//! `rusqlite` appears in the signatures because a command *is* a function over a connection. The
//! crates that use this one do not expose it.

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
    error::{Error, is_disk_full, is_write_refusal},
    health::{damage, missing},
    options::{Access, Durability, Migrated, Migration, Options},
};
use crate::{
    read_only::Source,
    reader::Read,
    threads::Threads,
    writer::{Alone, Write},
};

/// Handle to one SQLite file. Clones share the writer and the readers.
///
/// Dropping the last clone writes the queued commands and joins the threads, which blocks until
/// they are done. [`close`](Ledger::close) does the same without blocking.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

/// Fields drop in this order: without senders the threads end, and are then joined.
struct Inner {
    path: PathBuf,
    /// `None` if the file was opened read-only.
    writes: Option<mpsc::Sender<Write>>,
    reads: mpsc::Sender<Read>,
    /// Closed once no connection is open; the writer's closes last.
    alive: Mutex<mpsc::Receiver<Infallible>>,
    _threads: Threads,
    /// Source of a file that was opened read-only.
    source: Option<Source>,
}

/// Held by each thread as long as its connection is open.
type Alive = mpsc::Sender<Infallible>;

impl Ledger {
    /// Opens the file at `path`, creates it (mode 0600) if it is missing, and migrates it to the
    /// newest schema. Blocks.
    ///
    /// Before the first migration of an existing file, a copy is saved to `backup/` beside it.
    ///
    /// With [`Access::ReadOnly`] nothing is created or changed. A file without a usable index of
    /// its log (`-shm`) is read without locks if its log is empty; a read fails with
    /// [`Error::Changed`] if the file changes during the read. A file with an unfinished log or an
    /// older schema is read from a copy in a temporary directory. A missing file is read as an
    /// empty one.
    ///
    /// # Errors
    /// - [`Error::Newer`] and [`Error::Foreign`] if the file is not for this program; it is left
    ///   unchanged.
    /// - [`Error::Place`] if it, or a file that SQLite creates beside it, belongs to another user
    ///   of the system or is not a regular file.
    /// - [`Error::Migration`] if a migration fails; the file keeps the previous version.
    /// - [`Error::Unwritable`] if the file or its directory cannot be written.
    /// - [`Error::Io`] if the directory is missing or not writable.
    /// - [`Error::NoCopy`] if a file must be read from a copy and the copy cannot be made.
    /// - [`Error::Busy`] if another process holds the lock for longer than
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
        // Dropped after the senders, also on an early return: see `Inner`.
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

    /// Returns the queue of the writer, or [`Error::ReadOnly`].
    fn writes(&self) -> Result<&mpsc::Sender<Write>, Error> {
        let read_only = || Error::ReadOnly { path: self.inner.path.clone() };
        self.inner.writes.as_ref().ok_or_else(read_only)
    }

    /// Unwraps a reader's reply. If the file is read without locks, first checks that it has not
    /// changed.
    fn answer<T, E: From<Error>>(&self, reply: Option<Result<T, E>>) -> Result<T, E> {
        let value = reply.unwrap_or_else(|| Err(Error::Closed.into()));
        if let Some(source) = &self.inner.source {
            source.check(&self.inner.path)?;
        }
        value
    }

    /// Runs `command` in the next batch and returns when that batch is committed. Waits while the
    /// queue is full. A future that is dropped before the command is queued cancels it; afterwards
    /// the command runs in any case.
    ///
    /// `command` must not commit or roll back the surrounding transaction.
    ///
    /// # Errors
    /// The error of `command`, or an [`Error`] converted to `E`: [`Error::Place`] if the file was
    /// moved, replaced or removed.
    pub async fn write<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_deferring(|connection, _| command(connection)).await
    }

    /// Like [`write`](Ledger::write), for a command that defers work to the end of its batch.
    /// Returns when that work is committed too.
    ///
    /// # Errors
    /// As [`write`](Ledger::write). Deferred work that fails is an error for the whole batch.
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

    /// Like [`write`](Ledger::write), in a transaction of its own: for long commands, and for
    /// commands that must see the deferred work of all earlier batches.
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

    /// Like [`write`](Ledger::write), but does not wait if the queue is full.
    ///
    /// # Errors
    /// [`Error::QueueFull`] if the queue is full; the command does not run.
    pub async fn try_write<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.try_write_deferring(|connection, _| command(connection)).await
    }

    /// Like [`write_deferring`](Ledger::write_deferring), but does not wait if the queue is full.
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

    /// Like [`write`](Ledger::write), for threads outside any async runtime.
    ///
    /// # Errors
    /// As [`write`](Ledger::write).
    ///
    /// # Panics
    /// If called on a thread that drives an async runtime.
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

    /// Runs `query` on a reader, in one snapshot. The snapshot contains every write that was
    /// acknowledged before the call.
    ///
    /// # Errors
    /// The error of `query`, or an [`Error`] converted to `E`.
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

    /// Like [`read`](Ledger::read), but does not wait if the queue is full.
    ///
    /// # Errors
    /// [`Error::QueueFull`] if the queue is full; the query does not run.
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

    /// Like [`read`](Ledger::read), for threads outside any async runtime.
    ///
    /// # Errors
    /// As [`read`](Ledger::read).
    ///
    /// # Panics
    /// If called on a thread that drives an async runtime.
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

    /// Moves the write-ahead log into the file and empties it, as far as readers allow. Also
    /// happens when the writer is idle and on close.
    ///
    /// # Errors
    /// [`Error::Sqlite`] if the file cannot be written.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        self.upkeep(upkeep::checkpoint).await
    }

    /// Makes all committed writes durable, including those of other processes and those made with
    /// [`Durability::Normal`].
    ///
    /// # Errors
    /// [`Error::Sqlite`] or [`Error::Io`] if the disk fails.
    pub async fn sync(&self) -> Result<(), Error> {
        self.upkeep(upkeep::sync_log).await
    }

    /// Rewrites the file without its free pages. Takes as long as copying the file; writers wait.
    ///
    /// # Errors
    /// [`Error::Sqlite`], for example if the disk has no room for the copy; [`Error::Busy`] if
    /// other processes keep the file locked.
    pub async fn vacuum(&self) -> Result<(), Error> {
        self.upkeep(upkeep::vacuum).await
    }

    /// Rewrites the file without its free pages and truncates its log, so that neither contains
    /// data deleted before the call. Takes as long as copying the file; writers wait.
    ///
    /// # Errors
    /// As [`vacuum`](Ledger::vacuum); also [`Error::Busy`] if a reader, in any process, still needs
    /// the log.
    pub async fn scrub(&self) -> Result<(), Error> {
        self.upkeep(upkeep::scrub).await
    }

    /// Copies the current state of the file to `target` with mode 0600 and syncs it. Other readers
    /// and the writer continue during the copy.
    ///
    /// # Errors
    /// [`Error::Io`] if `target` cannot be created or already exists.
    pub async fn backup(&self, target: &Path) -> Result<(), Error> {
        let target = target.to_owned();
        self.read(move |connection| upkeep::backup(connection, &target)).await
    }

    /// Returns the number of commands in the writer's queue, at most [`Options::queue`].
    #[must_use]
    pub fn waiting(&self) -> usize {
        let writes = self.inner.writes.as_ref();
        writes.map_or(0, |writes| writes.max_capacity() - writes.capacity())
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Writes the queued commands, empties the write-ahead log, closes the connections and waits
    /// for the threads. Later calls return [`Error::Closed`]; closing twice is allowed.
    pub async fn close(&self) {
        // An error means that the thread has already ended.
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

/// Converts a failed `try_send` to an error.
fn refusal<T>(refused: &mpsc::error::TrySendError<T>, queue: &mpsc::Sender<T>) -> Error {
    match refused {
        mpsc::error::TrySendError::Full(_) => Error::QueueFull { queue: queue.max_capacity() },
        mpsc::error::TrySendError::Closed(_) => Error::Closed,
    }
}
