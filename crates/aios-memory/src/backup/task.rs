//! The handle of the background task that makes scheduled backups.

use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};

/// The background task. After a drop of the memory it ends at its next look;
/// [`stop`](BackupTask::stop) waits for that.
pub(crate) struct BackupTask {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl BackupTask {
    /// Returns a handle whose task has not started.
    pub(crate) fn idle() -> BackupTask {
        BackupTask { stop: watch::channel(false).0, task: Mutex::new(None) }
    }

    /// Returns the receiver that tells the task to end.
    pub(super) fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts the task.
    pub(super) async fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        *self.task.lock().await = Some(tokio::spawn(work));
    }

    /// Ends the task. An unfinished backup is discarded; the next process makes it.
    pub(crate) async fn stop(&self) {
        // Sending fails only if the task has already ended.
        let _ = self.stop.send(true);
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the task of scheduled backups failed");
        }
    }
}
