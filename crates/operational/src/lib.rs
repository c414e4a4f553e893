#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`Operational`] is the handle, cheap to clone, opened with a [`Config`].
//! - A pushed [`Event`] becomes a [`StoredEvent`] in the [`ring`]. The ring keeps the last
//!   [`capacity`](Config::capacity) events and shows those younger than the [`ttl`](Config::ttl).
//!   Read them by [`Filter`] or follow them with a [`Cursor`].
//! - [`Keep`] selects the events that are handed to an [`Overflow`]: critical events when they are
//!   pushed, others when they are evicted or expire.
//! - A [`Metric`] has a latest value, a [`MetricWindow`] and [`HourlyMetric`]s.
//! - An [`ActiveTask`] is a task that an agent is working on; a [`ToolResult`] is the result of a
//!   tool call.
//! - A [`Snapshot`] combines the state of the machine with the pushed metrics.
//! - [`Ring`] is usable on its own, for values of any type.
//!
//! # Spilling events that must not be lost
//!
//! An overflow is a function or any type that implements the trait. It must not wait.
//!
//! ```
//! use std::sync::{Arc, mpsc};
//! use aios_operational::{Config, Event, Keep, Operational, Refused, Spill, StoredEvent};
//! use serde_json::json;
//!
//! let (queue, events) = mpsc::sync_channel(1);
//! let overflow = move |event: StoredEvent| queue.try_send(event).map_err(|_| Refused);
//! let config = Config::default().with_overflow(Keep::Critical, Arc::new(overflow));
//! let memory = Operational::open(config)?;
//!
//! let alarm = || Event::new("alarm", "sensor", json!({"free_gb": 0})).critical();
//! assert_eq!(memory.push_event(alarm())?.spill, Spill::Accepted);
//! assert_eq!(memory.push_event(alarm())?.spill, Spill::Full);
//! assert_eq!(events.try_recv().map(|event| event.seq()), Ok(0));
//! // There is room again.
//! assert_eq!(memory.offer_again().accepted, 1);
//! assert_eq!(memory.counters().critical_lost, 0);
//! # Ok::<(), aios_operational::Error>(())
//! ```
//!
//! # Guarantees
//!
//! - Pushing and reading events never waits for another thread. Reading removes nothing.
//! - Every event is accounted for: `pushed == kept + evicted + cleared`. A critical event is
//!   spilled, waiting in the ring, or counted as lost, unless it was
//!   [forgotten](Operational::forget_events) or the handle keeps [`Nothing`](Keep::Nothing). A
//!   cursor counts the events it missed.
//! - RAM is bounded by the [`Config`]: ring capacity, bytes per event, metric keys, active tasks.
//! - Nothing here does I/O, except [`Operational::snapshot`] with the feature `sysinfo`.
//!
//! # What this crate does not do
//!
//! It stores nothing beyond the process. For that, supply an [`Overflow`], take the [hourly
//! figures](Operational::take_hourly), and call [`Operational::sweep`] once a minute.
//!
//! # Features
//!
//! - `sysinfo` (off by default): [`Operational::snapshot`] reads processor load, RAM, disk, load
//!   average, uptime and processes from the machine, at most once a second.

mod clock;
mod config;
mod error;
mod event;
mod events;
#[cfg(feature = "sysinfo")]
mod machine;
mod metrics;
mod operational;
mod overflow;
pub mod ring;
mod snapshot;
mod sync;
mod tasks;

pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{CAPACITY_MAX, Config, Keep};
pub use error::Error;
pub use event::{Category, Event, StoredEvent};
pub use events::{Counters, Cursor, Filter, News, Recent, Swept};
pub use metrics::{
    HOURS_WAITING_MAX, HourlyMetric, METRIC_KEY_BYTES_MAX, Metric, MetricWindow,
    SAMPLES_WAITING_MAX,
};
pub use operational::Operational;
pub use overflow::{Overflow, Pushed, Refused, Spill};
pub use ring::Ring;
pub use snapshot::Snapshot;
pub use tasks::{ActiveTask, TASK_STATE_FIRST, ToolResult};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, even if it is poisoned: the data behind this crate's mutexes is valid after every
/// statement, so a panic elsewhere cannot corrupt it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
