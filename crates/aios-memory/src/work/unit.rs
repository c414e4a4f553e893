//! One unit of work: a task in progress that this process holds.

use std::sync::{Mutex, PoisonError};

use aios_context::Context;
use aios_longterm::Outcome as ProcedureOutcome;
use aios_record::{Id, Identity, Key, Kind, Scope};
use aios_working::{
    Decision, GoalStatus, IntelligenceLevel, Outcome as PatternOutcome, Task, TaskStatus, ToolCall,
};
use serde_json::{Value, json};

use super::{
    claim::Claim,
    fields::{goal_key, status_of},
    hold::{Hold, of_owner, owned},
    known::{KNOWN_BOUND_MIN, Known},
    outcome::{Finished, Outcome},
    patterns::learn_pattern,
    problem::WorkProblem,
    step::Step,
};
use crate::{Error, MemoryView, guarding};

/// A task in progress that this process holds. Everything that it acknowledges is durable.
///
/// Dropping it without [`finish`](Work::finish) interrupts the task, which can then be
/// [resumed](super::Works::resume), here or in another process. The drop does not block.
pub struct Work {
    /// The view of the task's owner.
    view: MemoryView,
    task: Task,
    hold: Hold,
    /// The ids of the decisions so far.
    decisions: Mutex<Vec<Id>>,
    /// The pattern or procedure that the work follows.
    follows: Mutex<Option<Key>>,
}

impl Work {
    pub(super) fn new(view: &MemoryView, task: Task, hold: Hold) -> Result<Work, Error> {
        let view = of_owner(view, task.meta.scope.owner())?;
        let follows = Claim::of(&task.metadata).and_then(|claim| claim.followed());
        let (decisions, follows) = (Mutex::default(), Mutex::new(follows));
        Ok(Work { view, task, hold, decisions, follows })
    }

    /// Returns the id of the task.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.task.id
    }

    /// Returns the task as it was when it was begun or resumed.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Returns the most certain pattern or procedure that fits the description of the task and has
    /// a lower bound of its success rate of at least [`KNOWN_BOUND_MIN`]. `None` if no such record
    /// is stored.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn known(&self) -> Result<Option<Known>, Error> {
        self.known_above(KNOWN_BOUND_MIN).await
    }

    /// Returns the pattern or procedure like [`known`](Work::known), with another lower bound,
    /// 0 to 1.
    ///
    /// # Errors
    /// As [`known`](Work::known).
    pub async fn known_above(&self, bound_min: f64) -> Result<Option<Known>, Error> {
        Known::find(&self.view, &self.task.description, bound_min).await
    }

    /// Records, as a reactive decision, that the work follows a pattern or procedure. The outcome
    /// of the work counts as a use of it. Returns the id of the decision.
    ///
    /// # Errors
    /// [`Error::Work`] if another caller has resumed the task; errors of working memory.
    pub async fn follow(&self, known: &Known) -> Result<Id, Error> {
        let key = known.key.clone();
        let text = key.to_string();
        let followed = move |claim: &mut Claim| claim.follows = Some(text);
        Claim::change(&self.view, self.id(), self.hold.name(), followed).await?;
        *locked(&self.follows) = Some(key);
        let decision = Decision {
            reasoning: format!("it worked before; lower bound of its success {:.2}", known.bound),
            intelligence_level: IntelligenceLevel::Reactive,
            decided_by: Some("memory".to_owned()),
            ..Decision::new(self.task.description.clone(), format!("follow {}", known.key))
        };
        self.decide(decision).await
    }

    /// Records like [`follow`](Work::follow) that the work follows the pattern or procedure with
    /// this key. It must fit the task; its success rate does not matter. If the work follows it
    /// already, nothing is stored, and the id is that of the first decision.
    ///
    /// # Errors
    /// [`Error::Work`] if it does not fit; otherwise as [`follow`](Work::follow).
    pub async fn follow_key(&self, key: &Key) -> Result<Id, Error> {
        if locked(&self.follows).as_ref() == Some(key) {
            let chosen = format!("follow {key}");
            let mut made = self.decisions().await?.into_iter();
            if let Some(made) = made.find(|decision| decision.chosen == chosen) {
                return Ok(made.id);
            }
        }
        let fitting = Known::fitting(&self.view, &self.task.description).await?;
        match fitting.into_iter().find(|known| known.key == *key) {
            Some(known) => self.follow(&known).await,
            None => Err(WorkProblem::Unfit { key: key.clone() }.of_task(self.id())),
        }
    }

    /// Assembles the context for the task, of at most `max_tokens` tokens.
    ///
    /// # Errors
    /// As [`assemble_context`](MemoryView::assemble_context).
    pub async fn context(&self, max_tokens: usize) -> Result<Context, Error> {
        let options = self.view.context_options().with_max_tokens(max_tokens);
        self.view.assemble_context(&self.task.description, &options).await
    }

    /// Stores a decision that was made for the task, and returns its id.
    /// [`finish`](Work::finish) fills in its outcome.
    ///
    /// # Errors
    /// As [`record`](MemoryView::record).
    pub async fn decide(&self, mut decision: Decision) -> Result<Id, Error> {
        self.sign(&mut decision.meta.scope, &mut decision.meta.provenance);
        let id = self.view.record(Kind::Decision, json!(decision)).await?;
        locked(&self.decisions).push(id.clone());
        Ok(id)
    }

    /// Stores a tool call of the task, and returns its id. Successful calls become the learned
    /// steps.
    ///
    /// # Errors
    /// As [`record`](MemoryView::record).
    pub async fn tool_call(&self, mut call: ToolCall) -> Result<Id, Error> {
        self.sign(&mut call.meta.scope, &mut call.meta.provenance);
        if call.agent.is_empty() {
            call.agent.clone_from(&self.task.agent);
        }
        call.task_id = Some(self.task.id.clone());
        self.view.record(Kind::ToolCall, json!(call)).await
    }

    /// Returns the tool calls of the task so far, in order.
    ///
    /// # Errors
    /// Errors of working memory.
    pub async fn tool_calls(&self) -> Result<Vec<ToolCall>, Error> {
        let mut made = self.view.working().tool_calls().of_task(self.id()).await?;
        let owner = self.task.meta.scope.owner();
        made.retain(|call| call.meta.scope.owner() == owner);
        Ok(made)
    }

    /// Returns the decisions that were made for the task so far, in order.
    ///
    /// # Errors
    /// Errors of working memory.
    pub async fn decisions(&self) -> Result<Vec<Decision>, Error> {
        let mut made = self.view.working().decisions().of_task(self.id()).await?;
        // Another owner's task may have the same id.
        let owner = self.task.meta.scope.owner();
        made.retain(|decision| decision.meta.scope.owner() == owner);
        Ok(made)
    }

    /// Ends the task, and learns from it: fills in the outcome of its decisions, counts the use of
    /// the pattern or procedure that it followed, stores a new pattern if it succeeded, and
    /// completes the goal.
    ///
    /// A goal is completed if it is pending or active, at least one of its tasks was completed, and
    /// all of them have ended: each completed, cancelled, or failed and done again by a completed
    /// task of the same description. So a failure never completes a goal, and neither does a task
    /// that is finished with [`Outcome::with_goal_left_open`]. Store the tasks of a plan, pending,
    /// before the first one is finished. A user's work completes no shared goal.
    ///
    /// # Errors
    /// - [`Error::Work`] if another caller has resumed the task.
    /// - [`Error::Guard`] if the guard refuses the text of the outcome.
    /// - Errors of working or long-term memory. If the task has not ended, it is interrupted.
    pub async fn finish(mut self, outcome: Outcome) -> Result<Finished, Error> {
        if !self.hold.begin_end() {
            return Err(WorkProblem::Taken.of_task(self.id()));
        }
        // Fails if another caller has the task.
        let leaves_open = outcome.leaves_goal_open;
        let note = move |claim: &mut Claim| claim.leaves_goal_open = leaves_open;
        Claim::change(&self.view, self.id(), self.hold.name(), note).await?;
        let key = Key::new(Kind::Task, self.task.id.clone());
        self.view.update(&key, outcome.changes()).await?;
        // After the end of the task: a refused outcome has no effect on learning, and a refused
        // pattern does not keep the task open.
        self.settle_decisions(&outcome).await?;
        let followed = locked(&self.follows).clone();
        let learned = match outcome.is_success() {
            true => self.learn(followed.as_ref()).await?,
            false => None,
        };
        if let Some(key) = &followed {
            self.count(key, &outcome).await?;
        }
        let completed_goal = match (&self.task.goal_id, outcome.is_success()) {
            (Some(goal), true) if !outcome.leaves_goal_open => {
                complete_goal(&self.view, goal).await?.then(|| goal.clone())
            }
            _ => None,
        };
        let task = self.identity();
        self.hold.end();
        let status = outcome.status.to_string();
        Ok(Finished { task, status, followed, learned, completed_goal })
    }

    /// Keeps the process's hold of the task beyond this value, until the task is finished through
    /// [`Works::open`](super::Works::open), and returns its id. A task without a call for 15
    /// minutes counts as interrupted. For services, whose callers make one call at a time.
    #[must_use]
    pub fn keep(self) -> Id {
        self.kept().task.id.clone()
    }

    pub(super) fn kept(mut self) -> Work {
        self.hold.keep();
        self
    }

    /// Loads the decisions so far, for the work that continues them.
    pub(super) async fn load(&self) -> Result<(), Error> {
        let made = self.decisions().await?.into_iter().map(|decision| decision.id);
        *locked(&self.decisions) = made.collect();
        Ok(())
    }

    /// Activates a goal that is pending or was completed before.
    pub(super) async fn activate_goal(&self) -> Result<(), Error> {
        let Some(id) = &self.task.goal_id else { return Ok(()) };
        let Some(goal) = self.view.working().goals().get(id).await? else { return Ok(()) };
        let is_waiting = matches!(goal.status, GoalStatus::Pending | GoalStatus::Completed);
        if is_waiting && self.view.gate().may_change(&goal.meta.scope) {
            self.view.update(&goal_key(id), status_of(GoalStatus::Active.as_str())).await?;
        }
        Ok(())
    }

    fn identity(&self) -> Identity {
        Key::new(Kind::Task, self.task.id.clone()).of(self.task.meta.scope.owner())
    }

    /// Gives a record of the work the scope of the task, and names the task.
    fn sign(&self, scope: &mut Scope, provenance: &mut aios_record::Provenance) {
        *scope = self.task.meta.scope.clone();
        provenance.task_id = Some(self.task.id.clone());
    }

    /// Fills in the outcome of the decisions without one.
    async fn settle_decisions(&self, outcome: &Outcome) -> Result<(), Error> {
        let said = [("outcome".to_owned(), Value::from(outcome.of_decisions()))];
        let guard = self.view.config().to_guard();
        let said = guarding::object(guard, Kind::Decision, said.into_iter().collect())?;
        let said = said["outcome"].as_str().unwrap_or_default().to_owned();
        let made = locked(&self.decisions).clone();
        for id in made {
            let said = said.clone();
            let update = self.view.working().decisions().update(&id, move |decision| {
                decision.outcome.get_or_insert(said);
            });
            match update.await {
                // It was deleted, or has left working memory.
                Err(error) if error.is_not_found() => {}
                updated => drop(updated?),
            }
        }
        Ok(())
    }

    /// Stores the pattern of the successful calls, or counts a use of it.
    async fn learn(&self, followed: Option<&Key>) -> Result<Option<Key>, Error> {
        let calls = self.tool_calls().await?;
        let Some(steps) = Step::of_calls(&calls) else { return Ok(None) };
        let key = learn_pattern(&self.view, &self.task, &steps, followed).await?;
        Ok(key)
    }

    /// Counts a use of the pattern or procedure that the work followed.
    async fn count(&self, key: &Key, outcome: &Outcome) -> Result<(), Error> {
        let is_success = match outcome.status {
            TaskStatus::Completed => true,
            TaskStatus::Failed => false,
            // A cancelled task is no evidence about its steps.
            _ => return Ok(()),
        };
        let counted = match (key.kind, is_success) {
            (Kind::Pattern, true) => self.count_pattern(&key.id, PatternOutcome::Success).await,
            (Kind::Pattern, false) => self.count_pattern(&key.id, PatternOutcome::Failure).await,
            (_, true) => self.count_procedure(&key.id, ProcedureOutcome::Success).await,
            (_, false) => self.count_procedure(&key.id, ProcedureOutcome::Failure).await,
        };
        match counted {
            // It has been forgotten, or is shared; uses of shared ones by a user are not counted.
            Err(error) if error.is_not_found() || error.is_not_yours() => Ok(()),
            counted => counted,
        }
    }

    async fn count_pattern(&self, id: &Id, outcome: PatternOutcome) -> Result<(), Error> {
        self.view.working().patterns().record_use(id, outcome).await?;
        Ok(())
    }

    async fn count_procedure(&self, id: &Id, outcome: ProcedureOutcome) -> Result<(), Error> {
        let began = self.task.started_at.unwrap_or_default();
        let took = self.view.shared().working.config().clock.now().as_millisecond()
            - began.as_millisecond();
        let took = u64::try_from(took).unwrap_or_default();
        self.view.longterm().procedures().count(id, outcome, took).await?;
        Ok(())
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("task", &self.task).finish_non_exhaustive()
    }
}

/// Completes a goal if all of its tasks have ended well. Returns true if it did.
pub(super) async fn complete_goal(view: &MemoryView, id: &Id) -> Result<bool, Error> {
    let Some(goal) = view.working().goals().get(id).await? else { return Ok(false) };
    let is_open = matches!(goal.status, GoalStatus::Pending | GoalStatus::Active);
    if !is_open || !view.gate().may_change(&goal.meta.scope) {
        return Ok(false);
    }
    // Only the owner's tasks: a goal does not cover other owners' tasks.
    let key = goal_key(id);
    let own = owned(view.shared(), &key.clone().of(goal.meta.scope.owner()))?;
    if !have_ended_well(&own.working().tasks().of_goal(id).await?) {
        return Ok(false);
    }
    own.update(&key, status_of(GoalStatus::Completed.as_str())).await?;
    Ok(true)
}

/// Returns true if no task is open, each failure was followed by a success, and at least one task
/// was completed.
fn have_ended_well(tasks: &[Task]) -> bool {
    let done: Vec<&str> = tasks
        .iter()
        .filter(|task| task.status == TaskStatus::Completed)
        .map(|task| task.description.as_str())
        .collect();
    let is_settled = |task: &Task| match task.status {
        TaskStatus::Completed | TaskStatus::Cancelled => true,
        TaskStatus::Failed => done.contains(&task.description.as_str()),
        _ => false,
    };
    !done.is_empty() && tasks.iter().all(is_settled)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
