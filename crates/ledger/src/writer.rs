//! The writer thread: drains the queue, runs a batch in one transaction, commits, replies.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use aios_files::Anchor;
use rusqlite::{Connection, config::DbConfig};
use tokio::sync::{mpsc, oneshot};

use crate::{Alive, Deferred, Error, Options, busy, error::panicked, upkeep};

/// Maximum wait for more commands from callers that were just served. A commit takes at least as
/// long.
const GATHER_MAX: Duration = Duration::from_micros(100);

/// Message to the writer.
pub(crate) enum Write {
    /// Command to run in a batch.
    Run(Box<dyn Command>),
    /// Work to run after everything queued before it and before everything queued after it.
    Alone(Alone),
    /// Request to finish the queue and end.
    Close,
}

/// Work that shares its transaction with no other.
pub(crate) enum Alone {
    /// Command in a transaction of its own.
    Command(Box<dyn Command>),
    /// Work outside any transaction.
    Upkeep(Upkeep, oneshot::Sender<Result<(), Error>>),
}

/// An operation on the whole file, with the connection and the busy timeout.
pub(crate) type Upkeep = fn(&Connection, Duration) -> Result<(), Error>;

/// One caller's command: runs in a batch, then replies when the batch is committed or failed.
pub(crate) trait Command: Send {
    /// Runs the command. Returns true if its writes and its deferred work must be kept.
    fn run(&mut self, connection: &Connection, deferred: &mut Deferred) -> bool;
    /// Replies to the caller. The command's own error takes precedence over the batch's.
    fn reply(self: Box<Self>, settled: Result<(), Error>);
}

type Reply<T, E> = oneshot::Receiver<Result<T, E>>;

/// Wraps a caller's function and creates the channel of its reply.
pub(crate) fn command<T, E, F>(work: F) -> (Box<dyn Command>, Reply<T, E>)
where
    F: FnOnce(&Connection, &mut Deferred) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    (Box::new(Call { work: Some(work), outcome: None, reply }), receiver)
}

pub(crate) fn upkeep(work: Upkeep) -> (Write, oneshot::Receiver<Result<(), Error>>) {
    let (reply, receiver) = oneshot::channel();
    (Write::Alone(Alone::Upkeep(work, reply)), receiver)
}

struct Call<F, T, E> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Command for Call<F, T, E>
where
    F: FnOnce(&Connection, &mut Deferred) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, connection: &Connection, deferred: &mut Deferred) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection, deferred)))
            .unwrap_or_else(|payload| Err(panicked(&*payload).into()));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn reply(self: Box<Self>, settled: Result<(), Error>) {
        let reply = match (self.outcome, settled) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(Error::RolledBack.into()),
        };
        // The caller may have dropped the future.
        let _ = self.reply.send(reply);
    }
}

/// Runs the writer thread until the queue is closed.
pub(crate) fn run(
    connection: Connection,
    anchor: &Anchor,
    options: &Options,
    mut queue: mpsc::Receiver<Write>,
    mut readers_gone: mpsc::Receiver<Infallible>,
    alive: Alive,
) {
    let mut batch = Vec::new();
    let mut unsettled_log = false;
    loop {
        let mut next = match receive(&mut queue, unsettled_log.then_some(options.checkpoint_after))
        {
            Received::Next(next) => Some(next),
            Received::Idle => {
                unsettled_log = false;
                report(upkeep::checkpoint(&connection, options.busy_timeout));
                continue;
            }
            Received::Closed => break,
        };
        let mut alone = None;
        while let Some(write) = next.take() {
            match write {
                Write::Run(command) => batch.push(command),
                Write::Alone(one) => alone = Some(one),
                Write::Close => queue.close(),
            }
            if alone.is_none() && batch.len() < options.batch_max.max(1) {
                next = queue.try_recv().ok();
            }
        }
        let served = batch.len();
        unsettled_log |= !batch.is_empty() || matches!(alone, Some(Alone::Command(_)));
        settle(&connection, anchor, options.busy_timeout, &mut batch);
        match alone {
            Some(Alone::Command(command)) => {
                batch.push(command);
                settle(&connection, anchor, options.busy_timeout, &mut batch);
            }
            Some(Alone::Upkeep(work, reply)) => {
                let done = in_place(anchor, || work(&connection, options.busy_timeout));
                let _ = reply.send(done);
            }
            None => {}
        }
        if 1 < served {
            gather(&queue, served);
        }
    }
    match anchor.check() {
        Ok(()) => report(upkeep::finish(&connection, options.busy_timeout)),
        // Closing removes the log by its name, which may now be another file's log.
        Err(error) => {
            tracing::warn!(%error, "the write-ahead log is left in place");
            report(keep_log(&connection));
        }
    }
    // The last connection to close removes the log, but not if two close at the same time.
    let None = readers_gone.blocking_recv();
    drop(connection);
    drop(alive);
}

fn keep_log(connection: &Connection) -> Result<(), Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// Runs `work` if the files are in place, and fails if they no longer are after it. The second
/// check detects a change during the work, which may then have been done in a file without a path.
fn in_place<T>(anchor: &Anchor, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    anchor.check()?;
    let done = work()?;
    anchor.check()?;
    Ok(done)
}

fn report(upkeep: Result<(), Error>) {
    if let Err(error) = upkeep {
        tracing::warn!(%error, "failed to truncate the write-ahead log; it stays in use");
    }
}

/// Runs a batch in one transaction and replies to every caller.
fn settle(
    connection: &Connection,
    anchor: &Anchor,
    busy_timeout: Duration,
    batch: &mut Vec<Box<dyn Command>>,
) {
    if batch.is_empty() {
        return;
    }
    let settled = transact(connection, anchor, busy_timeout, batch);
    if !connection.is_autocommit() {
        // If even this fails, SQLite has already rolled back.
        let _ = execute(connection, "ROLLBACK");
    }
    for command in batch.drain(..) {
        command.reply(settled.clone());
    }
}

/// Runs and commits a batch. Leaves the transaction open if it must be rolled back.
fn transact(
    connection: &Connection,
    anchor: &Anchor,
    busy_timeout: Duration,
    batch: &mut [Box<dyn Command>],
) -> Result<(), Error> {
    busy::retry(busy_timeout, || execute(connection, "BEGIN IMMEDIATE"))?;
    let mut deferred = Deferred::default();
    if let [command] = batch {
        // A single command needs no savepoint: the transaction serves as one.
        let keep = command.run(connection, &mut deferred);
        if !keep {
            return if connection.is_autocommit() { Err(Error::RolledBack) } else { Ok(()) };
        }
    } else {
        for command in batch {
            run_in_savepoint(connection, &mut **command, &mut deferred)?;
        }
    }
    if connection.is_autocommit() {
        return Err(Error::RolledBack);
    }
    deferred.run(connection)?;
    in_place(anchor, || {
        execute(connection, "COMMIT").map_err(|source| Error::Commit(Arc::new(source)))
    })
}

fn run_in_savepoint(
    connection: &Connection,
    command: &mut dyn Command,
    deferred: &mut Deferred,
) -> Result<(), Error> {
    execute(connection, "SAVEPOINT command")?;
    let before = deferred.len();
    let keep = command.run(connection, deferred);
    if connection.is_autocommit() {
        return Err(Error::RolledBack);
    }
    if !keep {
        deferred.truncate(before);
        execute(connection, "ROLLBACK TO command")?;
    }
    Ok(execute(connection, "RELEASE command")?)
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// Waits briefly for the next commands of several callers that were just served, so that they share
/// a commit instead of waiting for one that was begun for the first of them. A single caller does
/// not wait.
fn gather(queue: &mpsc::Receiver<Write>, served: usize) {
    let began = Instant::now();
    while queue.len() < served && began.elapsed() < GATHER_MAX {
        thread::yield_now();
    }
}

enum Received {
    Next(Write),
    Idle,
    Closed,
}

/// Returns the next message, or `Idle` after `patience` without one. The channel's own blocking
/// receive has no timeout.
fn receive(queue: &mut mpsc::Receiver<Write>, patience: Option<Duration>) -> Received {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let deadline = patience.map(|patience| Instant::now() + patience);
    loop {
        match queue.poll_recv(&mut context) {
            Poll::Ready(Some(write)) => return Received::Next(write),
            Poll::Ready(None) => return Received::Closed,
            Poll::Pending => {}
        }
        let Some(deadline) = deadline else {
            thread::park();
            continue;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Received::Idle;
        }
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
