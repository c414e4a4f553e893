//! Errors of this crate.

use aios_record::{Id, Remedy};

/// Reason an operation was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its limits.
    #[error("`{setting}` is {value}, expected a number from 1 to {max}")]
    Config {
        /// Field of [`Config`](crate::Config).
        setting: &'static str,
        /// Its value.
        value: usize,
        /// Largest allowed value.
        max: usize,
    },
    /// An event or tool result is larger than
    /// [`Config::event_bytes_max`](crate::Config::event_bytes_max).
    #[error("the {what} has {bytes} bytes, the limit is {bytes_max}")]
    TooLong {
        /// Kind of value: `event` or `tool result`.
        what: &'static str,
        /// Size of the refused value.
        bytes: usize,
        /// Largest allowed size.
        bytes_max: usize,
    },
    /// A new metric key was refused because
    /// [`Config::metric_keys_max`](crate::Config::metric_keys_max) keys exist. Existing keys can
    /// still be updated.
    #[error(
        "no room for the metric key `{key}`, there are {max} already; keys made from an id or a \
         time are never used again"
    )]
    TooManyMetricKeys {
        /// The refused key.
        key: String,
        /// Maximum number of keys.
        max: usize,
    },
    /// A metric key is empty or longer than
    /// [`METRIC_KEY_BYTES_MAX`](crate::METRIC_KEY_BYTES_MAX).
    #[error("a metric key has 1 to {max} bytes, this one has {bytes}")]
    MetricKeyLength {
        /// Length of the refused key.
        bytes: usize,
        /// Largest allowed length.
        max: usize,
    },
    /// A metric value is infinite or not a number.
    #[error("the value of the metric `{key}` is not a finite number")]
    MetricNotFinite {
        /// The key.
        key: String,
    },
    /// No task with this id is active.
    #[error("no active task `{id}`")]
    TaskNotFound {
        /// The id.
        id: Id,
    },
    /// A new task was refused because [`Config::active_tasks_max`](crate::Config::active_tasks_max)
    /// tasks are active.
    #[error("no room for the task `{id}`, {max} are active")]
    TooManyTasks {
        /// The id of the refused task.
        id: Id,
        /// Maximum number of active tasks.
        max: usize,
    },
}

impl Error {
    /// Returns the next step, if the message alone does not show it. A limit is named by its field
    /// of [`Config`](crate::Config).
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Error::TooLong { .. } => Remedy::RaiseLimit { setting: "event_bytes_max" },
            Error::TooManyMetricKeys { .. } => Remedy::RaiseLimit { setting: "metric_keys_max" },
            Error::TooManyTasks { .. } => Remedy::RaiseLimit { setting: "active_tasks_max" },
            Error::MetricKeyLength { .. } | Error::MetricNotFinite { .. } => Remedy::Correct,
            Error::TaskNotFound { .. } => Remedy::CheckId,
            Error::Config { .. } => return None,
        })
    }

    /// Returns true if the requested item does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::TaskNotFound { .. })
    }

    /// Returns true if a limit of [`Config`](crate::Config) was reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Error::TooLong { .. } | Error::TooManyMetricKeys { .. } | Error::TooManyTasks { .. }
        )
    }
}
