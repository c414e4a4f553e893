//! Tier 0 of aios-memory: the recent events, latest metrics and active tasks of an agent, in RAM,
//! without a lock on the way of those who push or read events.
//!
//! ```
//! use aios_operational::{Config, Event, Filter, Operational};
//! use serde_json::json;
//!
//! let memory = Operational::open(Config::default())?;
//! memory.push_event(Event::new("tool_result", "grep", json!({"matches": 3})))?;
//! memory.push_event(Event::new("disk", "sensor", json!({"free_gb": 0.2})).critical())?;
//!
//! let recent = memory.recent(10, &Filter::all().with_category("disk"));
//! assert_eq!(recent.events[0].source(), "sensor");
//! # Ok::<(), aios_operational::Error>(())
//! ```

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
pub use metrics::{HOURS_WAITING_MAX, HourlyMetric, METRIC_KEY_BYTES_MAX, Metric, MetricWindow};
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
