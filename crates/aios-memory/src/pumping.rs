//! The background task of the change feed: it pumps continuously, and ages working memory once an
//! hour.

use std::time::Duration;

use aios_working::Retention;
use tokio::{sync::watch, time};

use crate::{Error, ageing, background::Background, learning::Learner, pump::Pump};

/// Sleep of the background task while nothing changes: initial and maximum. Writers of this process
/// wake it; the sleep bounds the delay of other processes' writes.
const REST_MIN: Duration = Duration::from_millis(5);
const REST_MAX: Duration = Duration::from_millis(250);

/// Sleep of the background task after an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Starts the task, which also ages working memory once an hour.
pub(crate) fn start(pump: Pump, learner: Learner, retention: Retention) -> Background {
    let task = idle();
    task.start(run(pump, learner, retention, task.stopped()));
    task
}

/// Returns a handle without a task, for a read-only memory.
pub(crate) fn idle() -> Background {
    Background::idle("moves changes to long-term memory")
}

async fn run(
    pump: Pump,
    learner: Learner,
    retention: Retention,
    mut stopped: watch::Receiver<bool>,
) {
    let mut rest = REST_MIN;
    let first = time::Instant::now() + ageing::FIRST;
    let mut hourly = time::interval_at(first, ageing::INTERVAL);
    hourly.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        match round(&pump, &learner).await {
            Ok(0) => rest = (rest * 2).min(REST_MAX),
            Ok(_) => rest = REST_MIN,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to move changes to long-term memory; retrying"
                );
                rest = REST_AFTER_ERROR;
            }
        }
        tokio::select! {
            // Also returns if the handle was dropped, which closes the channel.
            _ = stopped.changed() => return,
            () = pump.woken() => rest = REST_MIN,
            _ = hourly.tick() => age(&pump, &learner, &retention).await,
            () = time::sleep(rest) => {}
        }
    }
}

async fn age(pump: &Pump, learner: &Learner, retention: &Retention) {
    match ageing::age(pump, learner, retention).await {
        Ok(aged) => tracing::debug!(?aged, "moved old records out of working memory"),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "failed to move old records out of working memory; retrying in an hour"
        ),
    }
}

/// Moves the pending changes. Trims only if there are none, because trimming is a commit of its own
/// and would delay writers.
async fn round(pump: &Pump, learner: &Learner) -> Result<usize, Error> {
    let pumped = pump.catch_up().await?;
    if 0 < pumped {
        learner.wake();
    } else if pump.may_trim() {
        pump.trim(learner.keep_position().await?).await?;
    }
    Ok(pumped)
}
