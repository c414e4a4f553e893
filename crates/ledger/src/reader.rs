//! The reader threads: each runs one query at a time, in one snapshot.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::{Alive, Error, error::panicked};

/// Message to the readers.
pub(crate) enum Read {
    /// Query to run on a free reader.
    Run(Query),
    /// Request to finish the queue and end.
    Close,
}

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// One queue for all readers: the reader that holds the lock waits for the next query.
pub(crate) type Pool = Mutex<mpsc::Receiver<Read>>;

pub(crate) fn channel(queue: usize) -> (mpsc::Sender<Read>, Arc<Pool>) {
    let (sender, receiver) = mpsc::channel(queue);
    (sender, Arc::new(Mutex::new(receiver)))
}

/// Wraps a caller's function and creates the channel of its reply.
pub(crate) fn query<T, E, F>(work: F) -> (Read, oneshot::Receiver<Result<T, E>>)
where
    F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    let run = move |connection: &Connection| {
        if reply.is_closed() {
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(connection, work)))
            .unwrap_or_else(|payload| Err(panicked(&*payload).into()));
        if !connection.is_autocommit() {
            // A query that panicked or failed to end its snapshot must not keep it open.
            let _ = connection.execute_batch("ROLLBACK");
        }
        let _ = reply.send(outcome);
    };
    (Read::Run(Box::new(run)), receiver)
}

fn snapshot<T, E, F>(connection: &Connection, work: F) -> Result<T, E>
where
    F: FnOnce(&Connection) -> Result<T, E>,
    E: From<Error>,
{
    execute(connection, "BEGIN DEFERRED")?;
    let value = work(connection)?;
    // The read has succeeded. In a damaged file even COMMIT can fail; `query` then rolls back.
    let _ = execute(connection, "COMMIT");
    Ok(value)
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Runs a reader thread until the queue is closed.
pub(crate) fn run(connection: Connection, pool: &Pool, alive: Alive) {
    while let Some(query) = next(pool) {
        query(&connection);
    }
    drop(connection);
    drop(alive);
}

/// Returns the next query, or `None` if the queue is closed and empty.
fn next(pool: &Pool) -> Option<Query> {
    // Nothing panics while the lock is held, so a poisoned lock is still consistent.
    let mut queue = pool.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match queue.blocking_recv()? {
            Read::Run(query) => return Some(query),
            // Closed under the same lock: another reader that acquired it would wait forever.
            Read::Close => queue.close(),
        }
    }
}
