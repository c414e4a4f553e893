//! The unit of work: a task that is begun, logged and finished, so that a crash loses nothing of it
//! and the memory learns from its outcome.
//!
//! ```
//! use aios_memory::{AgentMemory, Config, work::{NewTask, Outcome}, working::ToolCall};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
//! let work = memory.work().begin(NewTask::new("restart nginx on web-3")).await?;
//! assert!(work.known().await?.is_none(), "it was never done before");
//! let call = ToolCall {
//!     input: json!({"unit": "nginx"}),
//!     success: true,
//!     ..ToolCall::new("systemctl restart")
//! };
//! work.tool_call(call).await?;
//! work.finish(Outcome::success("it runs again")).await?;
//!
//! // The next time its steps are known.
//! let work = memory.work().begin(NewTask::new("Restart nginx on web-3.")).await?;
//! let known = work.known().await?.expect("it worked before");
//! assert_eq!(known.steps[0].tool, "systemctl restart");
//! # memory.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Interruption
//! A task that was begun is *held* by its [`Work`], in one process. It is *interrupted* if its
//! process died or ended, or its `Work` was dropped without [`finish`](Work::finish). It remains in
//! progress, [`Works::resume_list`] lists it, and [`Works::resume`] continues it. The mechanism has
//! two parts:
//!
//! - the claim in the task's metadata: the process and the `Work` that hold it, stored together
//!   with the status. No other write of the task sets or removes it, and an import drops the claim
//!   of a process;
//! - the mark of the process, a file in `run/` of the data directory that is locked while the
//!   process lives. It is created when a process begins its first task, and removed by
//!   [`shutdown`](crate::AgentMemory::shutdown). If its lock is free, the process died: the next
//!   process that opens the memory records one incident for it, for each owner and project
//!   concerned.
//!
//! Dropping a `Work` never blocks: it removes the task from the list of held ones in RAM and wakes
//! a background task, which records the release. If the process dies before that, its mark has the
//! same effect.
//!
//! # Learning
//! A success stores a pattern: the description of the task is the trigger, its successful tool
//! calls are the action. A goal that ends well becomes a procedure, and a task that failed twice in
//! the same way becomes an incident, regardless of how their status was changed, see `learned`. All
//! of them name the records that they were made from, and are forgotten with them.

mod claim;
mod crash;
mod described;
mod fields;
mod held;
mod hold;
mod interrupted;
mod known;
pub(crate) mod learned;
mod new_task;
mod outcome;
mod patterns;
mod problem;
mod process;
mod step;
mod unit;

use aios_record::{Id, Kind, forms};
use aios_working::{GoalStatus, Task, TaskStatus};

use serde_json::Value;

use self::hold::Hold;
pub(crate) use self::{
    claim::Claim,
    crash::report_crashes,
    held::Held,
    hold::{end, keep_releasing},
    process::RUN,
};
pub use self::{
    described::{InterruptedTask, LastCall},
    interrupted::RESUME_LIST_MAX,
    known::{KNOWN_BOUND_MIN, Known},
    new_task::NewTask,
    outcome::{Finished, Outcome},
    problem::WorkProblem,
    step::{STEPS_BYTES_MAX, STEPS_MAX, Step},
    unit::Work,
};
use crate::{Error, MemoryView, RecordProblem, guarding};

/// The units of work, as a view begins and resumes them.
#[derive(Debug, Clone, Copy)]
pub struct Works<'a> {
    view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the units of work.
    #[must_use]
    pub fn work(&self) -> Works<'_> {
        Works { view: self }
    }
}

impl Works<'_> {
    /// Stores a task, in progress, and returns it as a unit of work. Its goal, if it is pending or
    /// was completed before, becomes active. When this returns, a crash does not lose the task.
    ///
    /// # Errors
    /// - [`Error::Work`] if the owner has a task of this id already, or the goal failed or was
    ///   cancelled.
    /// - [`Error::ReadOnly`] if the memory was opened read-only.
    /// - Errors of [`record`](MemoryView::record), for example if the goal does not exist.
    pub async fn begin(self, new: NewTask) -> Result<Work, Error> {
        self.view.check_writable()?;
        let is_chosen = new.id.is_some();
        let id = new.id.clone().unwrap_or_else(Id::generate);
        let new = NewTask { id: Some(id.clone()), ..new };
        if is_chosen && let Some(task) = self.own(&id).await? {
            return Err(WorkProblem::of(&task).of_task(&id));
        }
        if let Some(goal) = &new.goal {
            self.check_goal(goal, &id).await?;
        }
        let id = match is_chosen {
            true => self.add(&new).await?,
            false => self.view.record(Kind::Task, new.fields()).await?,
        };
        self.claim(&id, new.is_idempotent, None).await
    }

    /// Begins the pending task with this id, such as one of a plan.
    ///
    /// # Errors
    /// - [`Error::is_not_found`] if there is no such task, [`Error::is_not_yours`] if it is shared
    ///   and this is the view of a user.
    /// - [`Error::Work`] if it is not pending, or its goal failed or was cancelled.
    /// - Errors of working or long-term memory.
    pub async fn start(self, id: &Id) -> Result<Work, Error> {
        self.view.check_writable()?;
        let task = self.required(id).await?;
        if task.status != TaskStatus::Pending {
            return Err(WorkProblem::of(&task).of_task(id));
        }
        if let Some(goal) = &task.goal_id {
            self.check_goal(goal, id).await?;
        }
        let is_idempotent = Claim::of(&task.metadata).is_some_and(|claim| claim.is_idempotent);
        self.claim(id, is_idempotent, None).await
    }

    /// Continues an interrupted task, with its decisions and tool calls so far.
    ///
    /// # Errors
    /// - [`Error::is_not_found`] if there is no such task, [`Error::is_not_yours`] if it is shared
    ///   and this is the view of a user.
    /// - [`Error::Work`] if it is not interrupted: a living process holds it, it was not begun or
    ///   has ended, or another caller has resumed it.
    /// - Errors of working or long-term memory.
    pub async fn resume(self, id: &Id) -> Result<Work, Error> {
        self.view.check_writable()?;
        let task = self.required(id).await?;
        if task.status != TaskStatus::InProgress {
            return Err(WorkProblem::of(&task).of_task(id));
        }
        let Some(claim) = Claim::of(&task.metadata) else {
            return Err(WorkProblem::Untracked.of_task(id));
        };
        if !self.view.is_interrupted(&claim).await? {
            return Err(WorkProblem::Held.of_task(id));
        }
        if !claim.is_released {
            // The incident finds the task by the claim of the dead process.
            report_crashes(self.view.shared()).await?;
        }
        let work = self.claim(id, claim.is_idempotent, Some(claim)).await?;
        work.load().await?;
        Ok(work)
    }

    /// Returns the unit of work of a task that this process holds and [kept](Work::keep), or
    /// resumes it if it is interrupted. For services, whose callers name a task by its id.
    ///
    /// # Errors
    /// As [`resume`](Works::resume).
    pub async fn open(self, id: &Id) -> Result<Work, Error> {
        self.view.check_writable()?;
        let task = self.required(id).await?;
        let claim = Claim::of(&task.metadata).filter(|_| task.status == TaskStatus::InProgress);
        let held = claim.and_then(|claim| Hold::kept(self.view.shared(), &claim.hold));
        match held {
            Some(hold) => {
                let work = Work::new(self.view, task, hold)?;
                work.load().await?;
                Ok(work)
            }
            None => Ok(self.resume(id).await?.kept()),
        }
    }

    /// Stores the pending task of a chosen id. If two callers use one id, only one of them stores
    /// it.
    async fn add(self, new: &NewTask) -> Result<Id, Error> {
        let Value::Object(fields) = new.fields() else { unreachable!("a task is an object") };
        let fields = guarding::object(self.view.config().to_guard(), Kind::Task, fields)?;
        let task: Task = serde_json::from_value(Value::Object(fields)).map_err(|error| {
            Error::Record { kind: Kind::Task, problem: error.to_string().into() }
        })?;
        if forms::is_blank(&task.description) {
            return Err(Error::Record { kind: Kind::Task, problem: RecordProblem::NoText });
        }
        let id = task.id.clone();
        match self.view.working().tasks().add(task).await {
            Err(aios_working::Error::Conflict { .. }) => {
                let stored = self.own(&id).await?;
                Err(stored.map_or(WorkProblem::Taken, |it| WorkProblem::of(&it)).of_task(&id))
            }
            stored => Ok(stored?.id),
        }
    }

    /// Assigns a pending task, or the interrupted one with the claim `before`, to a new [`Work`].
    async fn claim(
        self,
        id: &Id,
        is_idempotent: bool,
        before: Option<Claim>,
    ) -> Result<Work, Error> {
        let process = self.view.process().await?;
        let hold = Hold::new(self.view.shared());
        let follows = before.as_ref().and_then(|claim| claim.follows.clone());
        let claim = Claim {
            process,
            hold: hold.name().to_owned(),
            is_idempotent,
            follows,
            is_released: false,
            leaves_goal_open: false,
        };
        let task = claim.take(self.view, id, before).await?;
        let hold = hold.of(&task);
        self.view.wake_pump();
        let work = Work::new(self.view, task, hold)?;
        work.activate_goal().await?;
        Ok(work)
    }

    /// Refuses a goal that failed or was cancelled.
    async fn check_goal(self, goal: &Id, task: &Id) -> Result<(), Error> {
        let Some(found) = self.view.working().goals().get(goal).await? else { return Ok(()) };
        match found.status {
            status @ (GoalStatus::Failed | GoalStatus::Cancelled) => {
                let problem = WorkProblem::GoalEnded { goal: goal.clone(), status };
                Err(problem.of_task(task))
            }
            _ => Ok(()),
        }
    }

    /// Returns the task of this id that the view may change. Another owner's task of the same id is
    /// another task.
    async fn own(self, id: &Id) -> Result<Option<Task>, Error> {
        let task = self.view.working().tasks().get(id).await?;
        Ok(task.filter(|task| self.view.gate().may_change(&task.meta.scope)))
    }

    async fn required(self, id: &Id) -> Result<Task, Error> {
        let Some(task) = self.view.working().tasks().get(id).await? else {
            return Err(
                aios_working::Error::NotFound { kind: Kind::Task, id: id.to_string() }.into()
            );
        };
        match self.view.gate().may_change(&task.meta.scope) {
            true => Ok(task),
            false => {
                Err(aios_working::Error::NotYours { kind: Kind::Task, id: id.to_string() }.into())
            }
        }
    }
}
