//! The reasons for which a task cannot be begun, resumed or finished, as a part of an error.

use aios_record::{Id, Key};
use aios_working::{GoalStatus, TaskStatus};

/// The reason for which a task cannot be begun, resumed or finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkProblem {
    /// A task of this id is stored and pending.
    #[error("it is stored and pending")]
    Pending,
    /// It is in progress as a unit of work.
    #[error("it is in progress as a unit of work")]
    InProgress,
    /// It is in progress, and a living process holds it.
    #[error("a running process works on it")]
    Held,
    /// It is in progress, but was not begun as a unit of work, so its process is unknown.
    #[error("it is in progress, but was not begun as a unit of work")]
    Untracked,
    /// It should follow a pattern or procedure that is not stored, or that belongs to another task.
    #[error("{key} is not a pattern or procedure that fits it")]
    Unfit {
        /// The pattern or procedure.
        key: Key,
    },
    /// Another caller resumed it.
    #[error("another caller has resumed it meanwhile")]
    Taken,
    /// It has ended, or has another status.
    #[error("its status is {status}")]
    Ended {
        /// The status.
        status: TaskStatus,
    },
    /// Its goal failed or was cancelled.
    #[error("the goal {goal} is {status}")]
    GoalEnded {
        /// The goal.
        goal: Id,
        /// The status of the goal.
        status: GoalStatus,
    },
}
