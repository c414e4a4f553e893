//! The background work of scheduled backups. It runs in every process that has the memory open for
//! writing; the lock and the backups on disk decide which process makes one.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time};

use super::{
    schedule::{due_at, newest, retry_at},
    scheduled::ScheduledBackup,
    status::Status,
};
use crate::{Administrator, Error, shared::Shared};

/// Delay of the first check after opening. A shorter command makes no backup.
pub(crate) const FIRST: Duration = Duration::from_secs(60);
/// The longest time between two checks, so that a corrected clock, a suspended machine and the
/// backups of other processes are noticed.
const CHECK_MAX: SignedDuration = SignedDuration::from_mins(10);
/// The shortest time between two checks.
const CHECK_MIN: SignedDuration = SignedDuration::from_secs(1);

/// Starts the background task of a memory, whose first check is after `first`.
pub(crate) fn check_schedule(memory: &Arc<Shared>, first: Duration) {
    let task = &memory.backup_task;
    task.start(run(Arc::downgrade(memory), first, task.stopped()));
}

async fn run(memory: Weak<Shared>, first: Duration, mut stopped: watch::Receiver<bool>) {
    let mut rest = first;
    // Failures count here, too, if the file that counts them cannot be written.
    let mut failures = Status::default();
    loop {
        tokio::select! {
            // Also returns if the memory was dropped, which closes the channel.
            _ = stopped.changed() => return,
            () = time::sleep(rest) => {}
        }
        let Some(shared) = memory.upgrade() else { return };
        let administrator = Administrator::new(shared);
        rest = tokio::select! {
            _ = stopped.changed() => return,
            rest = check(&administrator, &mut failures) => rest,
        };
    }
}

/// Makes a backup if one is due, and returns the time until the next check.
async fn check(memory: &Administrator, failures: &mut Status) -> Duration {
    let now = Timestamp::now();
    let next = match next_at(memory, failures, now).await {
        Ok(next) if now < next => next,
        Ok(_) => {
            let outcome = memory.upkeep().scheduled_backup(now, |_| {}).await;
            report(memory, failures, now, &outcome);
            match outcome {
                // Another process makes it, or there is nothing to copy.
                Ok(ScheduledBackup::Busy | ScheduledBackup::Empty) => Timestamp::MAX,
                _ => next_at(memory, failures, now).await.unwrap_or(Timestamp::MAX),
            }
        }
        Err(error) => {
            report(memory, failures, now, &Err(error));
            Timestamp::MAX
        }
    };
    let rest = next.duration_since(now).clamp(CHECK_MIN, CHECK_MAX);
    rest.unsigned_abs()
}

/// Returns the time of the next backup: by the newest one on disk, and not before the wait after a
/// failure of any process has passed.
async fn next_at(
    memory: &Administrator,
    failures: &Status,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let (found, status) = memory.scheduled_backups().await?;
    let due = due_at(newest(&found, now).map(|it| it.at), memory.config().backup_interval(), now);
    let retries = [retry_at(&status, now), retry_at(failures, now)];
    Ok(retries.into_iter().flatten().fold(due, Timestamp::max))
}

fn report(
    memory: &Administrator,
    failures: &mut Status,
    now: Timestamp,
    outcome: &Result<ScheduledBackup, Error>,
) {
    match outcome {
        Ok(ScheduledBackup::Made { copied, removed }) => {
            *failures = std::mem::take(failures).succeeded();
            tracing::info!(
                path = %copied.path.display(), bytes = copied.bytes, removed = removed.len(),
                "made a backup"
            );
        }
        Ok(_) => {}
        Err(error) => {
            *failures = std::mem::take(failures).failed(now, error);
            let dir = memory.config().backups_dir();
            tracing::warn!(
                error = error as &dyn std::error::Error, dir = %dir.display(),
                "failed to make a backup; retrying later, and older ones stay"
            );
        }
    }
}
