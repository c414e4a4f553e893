//! The worker: drains the journal in the background, and waits to become the owner while another
//! process is.

use std::{sync::Arc, time::Duration};

use aios_ledger::Access;
use tokio::{
    sync::{Mutex, watch},
    task::{self, JoinHandle},
    time,
};

use super::{expiry::Expiry, ownership::Ownership};
use crate::Error;

/// Background task that drains the journal, and waits to become the owner while another process is.
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Worker {
    /// Starts the task, unless access is read-only.
    pub(crate) fn start(ownership: Arc<Ownership>) -> Worker {
        let (stop, stopped) = watch::channel(false);
        let task = match ownership.config.access {
            Access::ReadWrite => Some(task::spawn(work(ownership, stopped))),
            Access::ReadOnly => None,
        };
        Worker { stop, task: Mutex::new(task) }
    }

    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.lock().await.take()
            && task.await.is_err()
        {
            tracing::error!("the worker of long-term memory panicked");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Minimum delay between attempts to become the owner of a damaged library. Each attempt compares
/// the files again.
const DAMAGED_RETRY: Duration = Duration::from_secs(30);

async fn work(ownership: Arc<Ownership>, mut stopped: watch::Receiver<bool>) {
    let mut expiry = Expiry::new();
    loop {
        let mut retry = ownership.config.owner_retry;
        match ownership.own().await {
            Ok(()) => {}
            Err(error @ Error::Reembedded { .. }) => {
                tracing::warn!(%error, "this handle no longer writes to the library");
                return;
            }
            Err(error) => {
                if matches!(error, Error::DamagedRows { .. }) {
                    retry = retry.max(DAMAGED_RETRY);
                }
                tracing::warn!(%error, "failed to become the owner of the library; retrying");
            }
        }
        let owned = ownership.drain_now().await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to drain the journal; retrying");
            false
        });
        if owned {
            expiry.look(&ownership).await;
        }
        let woken = async {
            if owned {
                let _ =
                    time::timeout(ownership.config.owner_retry, ownership.wake.notified()).await;
                // Searches wait for vectors, but not for the library.
                if let Err(error) = ownership.deferred.embed_now().await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "failed to compute outstanding vectors; retrying");
                }
                time::sleep(ownership.config.drain_delay).await;
            } else {
                time::sleep(retry).await;
            }
        };
        tokio::select! {
            () = woken => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}
