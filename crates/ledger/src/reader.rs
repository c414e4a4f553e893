//! The reader threads: each takes the next query and runs it in one snapshot.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::{Alive, Error, error::panicked};

/// What is sent to the readers.
pub(crate) enum Read {
    /// To run on whichever reader is free.
    Run(Query),
    /// To finish what is queued and end.
    Close,
}

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// One queue for all readers: the one that holds the lock waits for the next query.
pub(crate) type Pool = Mutex<mpsc::Receiver<Read>>;

pub(crate) fn channel(queue: usize) -> (mpsc::Sender<Read>, Arc<Pool>) {
    let (sender, receiver) = mpsc::channel(queue);
    (sender, Arc::new(Mutex::new(receiver)))
}

/// Wraps a caller's function, with the place where its reply arrives.
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
            // A query that panicked or failed to end its snapshot must not keep it.
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
    // What was read was read. In a damaged file even this can be refused; the caller sees to it.
    let _ = execute(connection, "COMMIT");
    Ok(value)
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The life of one reader thread.
pub(crate) fn run(connection: Connection, pool: &Pool, alive: Alive) {
    while let Some(query) = next(pool) {
        query(&connection);
    }
    drop(connection);
    drop(alive);
}

/// The next query; none when the queue is closed and empty.
fn next(pool: &Pool) -> Option<Query> {
    // Nothing can panic while the lock is held, so a poisoned one is as good as any.
    let mut queue = pool.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match queue.blocking_recv()? {
            Read::Run(query) => return Some(query),
            // Under the same lock: another reader that took it would wait for ever.
            Read::Close => queue.close(),
        }
    }
}
