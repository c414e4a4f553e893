//! Tier 0 of aios-memory: the recent events, latest metrics and active tasks of an agent, in RAM,
//! without a lock on the way of those who push or read events.
//!
//! ```
//! use aios_operational::{Config, Cursor, Event, Filter, Operational};
//! use serde_json::json;
//!
//! let memory = Operational::open(Config::default())?;
//! memory.push_event(Event::new("tool_result", "grep", json!({"matches": 3})))?;
//! memory.push_event(Event::new("disk", "sensor", json!({"free_gb": 0.2})).critical())?;
//! memory.update_metric("cpu.usage", 12.5)?;
//!
//! // The newest first, filtered.
//! let recent = memory.recent(10, &Filter::all().with_category("disk"));
//! assert_eq!(recent.events[0].source(), "sensor");
//!
//! // Or everything in order, with an exact count of what was missed.
//! let news = memory.events_since(Cursor::START, 100);
//! assert_eq!((news.events.len(), news.missed), (2, 0));
//!
//! assert_eq!(memory.snapshot().cpu_percent, 12.5);
//! # Ok::<(), aios_operational::Error>(())
//! ```
//!
//! # How the parts relate
//!
//! - [`Operational`] is the handle, cheap to clone, opened with a [`Config`].
//! - An [`Event`] that is pushed becomes a [`StoredEvent`] in the [`ring`]: the last
//!   [`capacity`](Config::capacity) of them are kept, younger ones than the
//!   [`ttl`](Config::ttl) are shown. Read them by [`Filter`] or follow them with a [`Cursor`].
//! - What must not be lost goes to an [`Overflow`], by [`Keep`]: critical events when they are
//!   pushed, others when they are evicted or expire.
//! - A [`Metric`] has a latest value, a [`MetricWindow`] and [`HourlyMetric`]s.
//! - An [`ActiveTask`] is what an agent is doing; a [`ToolResult`] is what a tool returned.
//! - A [`Snapshot`] is all that the machine and the pushed metrics say about now.
//! - [`Ring`] stands on its own, for values of any type.
//!
//! # Keeping what must not be lost
//!
//! A function is an overflow; so is whatever implements the trait. It must not wait.
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
//! # What always holds
//!
//! - Pushing and reading events waits for no other thread, and a reader takes nothing away.
//! - Every event is accounted for: `pushed == kept + evicted + cleared`, each critical one is
//!   spilled, waiting in the ring, or counted as lost, and a cursor counts what it missed.
//! - RAM is bounded by the [`Config`]: places, bytes of an event, metric keys, active tasks.
//! - Nothing here does I/O, except [`Operational::snapshot`] with the feature `sysinfo`.
//!
//! # Not here
//!
//! Anything that outlives the process. Who needs that gives an [`Overflow`], takes the
//! [hourly figures](Operational::take_hourly), and calls [`Operational::sweep`] once a minute.
//!
//! # Features
//!
//! - `sysinfo` (off by default): [`Operational::snapshot`] asks the machine for processors, RAM,
//!   disk, load, uptime and processes, at most once a second.

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

/// Locks `mutex`. What this crate keeps behind one is valid after every statement, so a panic
/// elsewhere leaves nothing to distrust.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
