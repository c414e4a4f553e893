//! The handle of a background task.

use std::sync::{Mutex, PoisonError};

use tokio::{sync::watch, task::JoinHandle};

/// A background task. After a drop it ends when it next checks [`stopped`](Background::stopped);
/// [`stop`](Background::stop) waits for its end.
pub(crate) struct Background {
    /// Completes "the task that ...".
    purpose: &'static str,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Background {
    /// Returns a handle whose task has not started. A read-only memory starts no task.
    pub(crate) fn idle(purpose: &'static str) -> Background {
        Background { purpose, stop: watch::channel(false).0, task: Mutex::new(None) }
    }

    /// Returns the receiver that signals the task to end. It also changes if the handle is dropped.
    pub(crate) fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts the task.
    pub(crate) fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokio::spawn(work));
    }

    /// Signals the task to end, and waits for it.
    pub(crate) async fn stop(&self) {
        // Sending fails only if the task has already ended.
        let _ = self.stop.send(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the task that {} failed", self.purpose);
        }
    }
}
