//! Waiting for a lock that another process holds. SQLite's own waiting backs off to 100 ms, which
//! starves a writer among many; this one keeps its pauses short and ends at a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{Error, error::is_busy};

const PAUSE_MIN: Duration = Duration::from_micros(200);
const PAUSE_MAX: Duration = Duration::from_millis(5);

/// Calls `attempt` until it succeeds, fails for another reason than a lock, or `timeout` has
/// passed.
pub(crate) fn retry<T>(
    timeout: Duration,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> Result<T, Error> {
    let start = Instant::now();
    let mut pause = PAUSE_MIN;
    loop {
        match attempt() {
            Err(error) if is_busy(&error) => {
                let waited = start.elapsed();
                if timeout <= waited {
                    return Err(Error::Busy { waited });
                }
                thread::sleep(pause);
                pause = (pause * 2).min(PAUSE_MAX);
            }
            other => return other.map_err(Error::from),
        }
    }
}
