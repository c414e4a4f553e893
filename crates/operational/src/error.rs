//! What can go wrong here, and what to do about it.

use aios_record::Id;

/// Why an operation was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its limits.
    #[error("`{setting}` is {value}; set it to a number from 1 to {max}")]
    Config {
        /// The field of [`Config`](crate::Config).
        setting: &'static str,
        /// Its value.
        value: usize,
        /// The largest that is allowed.
        max: usize,
    },
    /// An event or tool result is larger than
    /// [`Config::event_bytes_max`](crate::Config::event_bytes_max).
    #[error(
        "the {what} has {bytes} bytes, {max} are allowed; store its data elsewhere and push a \
         reference, or raise `event_bytes_max`"
    )]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The size of the refused one.
        bytes: usize,
        /// The largest that is allowed.
        max: usize,
    },
    /// A new metric key, and there are [`Config::metric_keys_max`](crate::Config::metric_keys_max)
    /// already. Known keys go on working.
    #[error(
        "no room for the metric key `{key}`, there are {max} already; look for a key that is made \
         from an id or a time, or raise `metric_keys_max`"
    )]
    TooManyMetricKeys {
        /// The refused key.
        key: String,
        /// How many keys are allowed.
        max: usize,
    },
    /// A metric key is empty or longer than
    /// [`METRIC_KEY_BYTES_MAX`](crate::METRIC_KEY_BYTES_MAX).
    #[error("a metric key has 1 to {max} bytes, this one has {bytes}; give a shorter one")]
    MetricKeyLength {
        /// How long the refused key is.
        bytes: usize,
        /// The longest that is allowed.
        max: usize,
    },
    /// A metric value is infinite or not a number.
    #[error("the value of the metric `{key}` is not finite; leave it out or send a number")]
    MetricNotFinite {
        /// The key.
        key: String,
    },
    /// No task with this id is active.
    #[error("no active task `{id}`; begin it first")]
    TaskNotFound {
        /// The id.
        id: Id,
    },
    /// A new task, and [`Config::active_tasks_max`](crate::Config::active_tasks_max) are active.
    #[error(
        "no room for the task `{id}`, {max} are active; end those that are done, or raise \
         `active_tasks_max`"
    )]
    TooManyTasks {
        /// The id of the refused task.
        id: Id,
        /// How many may be active.
        max: usize,
    },
}

impl Error {
    /// Whether something that was asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::TaskNotFound { .. })
    }

    /// Whether a limit of [`Config`](crate::Config) was reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Error::TooLarge { .. } | Error::TooManyMetricKeys { .. } | Error::TooManyTasks { .. }
        )
    }
}
