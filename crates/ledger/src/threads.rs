//! The threads of a ledger.

use std::{
    path::Path,
    thread::{self, JoinHandle},
};

use crate::Error;

/// Threads that are joined on drop.
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    pub(crate) fn with_capacity(count: usize) -> Threads {
        Threads(Vec::with_capacity(count))
    }

    pub(crate) fn spawn(
        &mut self,
        name: &str,
        path: &Path,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<(), Error> {
        let spawned = thread::Builder::new().name(name.to_owned()).spawn(body);
        self.0.push(spawned.map_err(|source| Error::io(path, source))?);
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A command may own the last handle. Its thread cannot wait for itself, nor for the writer,
        // which waits for it.
        if self.0.iter().any(|thread| thread.thread().id() == thread::current().id()) {
            return;
        }
        for thread in self.0.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the ledger panicked");
            }
        }
    }
}
