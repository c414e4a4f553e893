//! The background task that learns from the feed.

use std::time::Duration;

use tokio::{sync::watch, time};

use super::Learner;
use crate::{Error, background::Background};

/// Sleep of the task while nothing changes: initial and maximum. Writers of this process wake it;
/// the sleep bounds the delay of other processes' writes.
const REST_MIN: Duration = Duration::from_millis(20);
const REST_MAX: Duration = Duration::from_secs(1);

/// Sleep of the task after an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Sleep of the task while the chat model gives no answer.
const REST_WITHOUT_MODEL: Duration = Duration::from_secs(30);

/// Time limit for learning from the last messages when the memory is closed. The next process that
/// opens it continues.
const CLOSING_MAX: Duration = Duration::from_secs(2);

/// Starts the task.
pub(crate) fn start(learner: Learner) -> Background {
    let task = idle();
    task.start(run(learner, task.stopped()));
    task
}

/// Returns a handle without a task, for a read-only memory.
pub(crate) fn idle() -> Background {
    Background::idle("learns")
}

async fn run(learner: Learner, mut stopped: watch::Receiver<bool>) {
    let mut rest = REST_MIN;
    loop {
        // A backlog may take minutes. Each message is a separate step, so that shutdown need not
        // wait for all of them.
        let caught_up = tokio::select! {
            _ = stopped.changed() => break,
            caught_up = learner.catch_up() => caught_up,
        };
        match caught_up {
            Ok(0) => rest = (rest * 2).min(REST_MAX),
            Ok(_) => rest = REST_MIN,
            Err(error) => {
                warn(&error);
                rest = match error {
                    Error::Chat(_) | Error::Extractor { .. } => REST_WITHOUT_MODEL,
                    _ => REST_AFTER_ERROR,
                };
            }
        }
        tokio::select! {
            // Also returns if the handle was dropped, which closes the channel.
            _ = stopped.changed() => break,
            () = learner.woken(), if rest < REST_WITHOUT_MODEL => rest = REST_MIN,
            () = time::sleep(rest) => {}
        }
    }
    match time::timeout(CLOSING_MAX, learner.catch_up()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => warn(&error),
        Err(_) => tracing::info!("messages are left to learn from; the next open goes on"),
    }
}

fn warn(error: &Error) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, "failed to learn from the newest messages; retrying");
}
