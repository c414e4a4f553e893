//! Learning from work: procedures from goals that ended well, and incidents from tasks that failed
//! twice in the same way.
//!
//! Procedures and incidents follow the change feed, which contains every change of a status. They
//! are derived before the page of the feed is applied, so a crash in between derives them again.
//! Their ids are derived from their content, which makes the repetition harmless. Goals and tasks
//! must be among `longterm.feed_kinds`, as they are by default.

use std::time::Duration;

use aios_guard::Guard;
use aios_longterm::{Incident, Longterm, LongtermView, Procedure};
use aios_record::{
    Change, FeedItem, Gate, Id, Identity, Key, Kind, Record, Scope, ScopeFilter, Timestamp, forms,
};
use aios_working::{GoalStatus, Task, TaskStatus, ToolCall, Working, WorkingView};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time;

use super::step::Step;
use crate::{Error, guarding};

/// Age of the end of a goal or task from which it is ignored, because it was imported.
const ENDED_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Number of the last ended tasks that are searched for an earlier failure.
const HISTORY_TASKS_MAX: usize = 1000;
/// Maximum number of records that a procedure or incident names as its origins.
const ORIGINS_MAX: usize = 2000;
/// Maximum number of failures that an incident lists. It counts all failures.
const FAILURES_LISTED: usize = 100;
/// Number of equal failures that make an incident.
const FAILURES_MIN: usize = 2;
/// Maximum duration for which a derived record waits for room in the journal.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// Characters of a derived id.
const DIGITS: usize = 32;
/// The field of an incident with its failures.
const FAILURES: &str = "failures";
/// The field of an incident with the number of its failures.
const COUNT: &str = "count";
/// The label of learned procedures.
const LEARNED: &str = "learned";

/// Derives procedures and incidents from pages of the change feed.
pub(crate) struct Deriver {
    working: Working,
    longterm: Longterm,
    guard: Guard,
}

/// The tiers as one owner sees them, without shared records.
struct Own {
    working: WorkingView,
    longterm: LongtermView,
}

impl Deriver {
    pub(crate) fn new(working: Working, longterm: Longterm, guard: Guard) -> Deriver {
        Deriver { working, longterm, guard }
    }

    /// Derives procedures and incidents from these changes. A failure is logged, because it must
    /// not block the feed.
    pub(crate) async fn derive(&self, items: &[FeedItem]) {
        for item in items {
            let Change::Upsert(record) = &item.change else { continue };
            let status = record.payload["status"].as_str().unwrap_or_default();
            let learned = match record.kind {
                Kind::Goal if status == GoalStatus::Completed.as_str() => {
                    self.learn_procedure(record).await
                }
                Kind::Task if status == TaskStatus::Failed.as_str() => {
                    self.learn_incident(record).await
                }
                _ => Ok(()),
            };
            if let Err(error) = learned {
                let error = &error as &dyn std::error::Error;
                let identity = record.identity();
                tracing::warn!(error, %identity, "failed to learn from an ended goal or task");
            }
        }
    }

    fn own(&self, record: &Record) -> Result<Own, Error> {
        let exact = ScopeFilter::exact(Scope::default());
        let gate = Gate::owner(record.owner()).narrow(&exact)?;
        let working = self.working.scoped(gate.clone());
        Ok(Own { working, longterm: self.longterm.scoped(gate) })
    }

    /// Returns true if this end is recent.
    fn is_recent(&self, end: Option<Timestamp>) -> bool {
        let now = self.working.config().clock.now();
        end.is_some_and(|end| now.duration_since(end) <= ENDED_MAX)
    }

    /// Makes a procedure of the successful calls of a goal's completed tasks, or counts a use of
    /// the procedure with the same steps.
    async fn learn_procedure(&self, goal: &Record) -> Result<(), Error> {
        let own = self.own(goal)?;
        let Some(stored) = own.working.goals().get(&goal.id).await? else { return Ok(()) };
        if stored.status != GoalStatus::Completed || !self.is_recent(stored.completed_at) {
            return Ok(());
        }
        let mut tasks = own.working.tasks().of_goal(&goal.id).await?;
        tasks.retain(|task| task.status == TaskStatus::Completed);
        tasks.sort_by_key(|task| task.started_at);
        let mut calls: Vec<ToolCall> = Vec::new();
        for task in &tasks {
            calls.extend(own.working.tool_calls().of_task(&task.id).await?);
        }
        // An import stores the calls of a goal after the goal, and all at once.
        calls.retain(|call| call.success && call.meta.recorded_at <= stored.meta.updated_at);
        let Some(steps) = Step::of_calls(&calls) else { return Ok(()) };
        let scope = shared_by_sessions(&goal.scope);
        let id = derived_id("procedure", &scope, &[&steps.json]);
        let owner = goal.owner();
        let of = |kind, id: &Id| Identity::new(owner.clone(), kind, id.clone());
        let mut origins = vec![goal.identity()];
        origins.extend(tasks.iter().map(|task| of(Kind::Task, &task.id)));
        origins.extend(calls.iter().map(|call| of(Kind::ToolCall, &call.id)));
        let took: i64 = tasks.iter().filter_map(|task| task.duration_ms).sum();
        let key = Key::new(Kind::Procedure, id.clone());
        if own.longterm.get(&key).await?.is_some() {
            let count = |known: &[Identity], fields: &mut Map<String, Value>| {
                let is_new = !known.contains(&goal.identity());
                is_new && count_success(fields, took, stored.completed_at)
            };
            own.longterm.records().derive_further(&key, &origins, ORIGINS_MAX, count).await?;
            return Ok(());
        }
        let tools: Vec<&str> = steps.steps.iter().map(|step| step.tool.as_str()).collect();
        let procedure = Procedure {
            id,
            steps: json!(steps.steps),
            success_count: 1,
            avg_duration_ms: Some(real(took)),
            tags: vec![LEARNED.to_owned()],
            created_at: stored.completed_at,
            last_used: stored.completed_at,
            ..Procedure::new(stored.description, format!("Done with {}.", tools.join(", ")))
        };
        self.store(&own, Kind::Procedure, json!(procedure), scope, origins).await
    }

    /// Makes an incident of equal failures, or adds a failure to it.
    async fn learn_incident(&self, task: &Record) -> Result<(), Error> {
        let own = self.own(task)?;
        let Some(failed) = own.working.tasks().get(&task.id).await? else { return Ok(()) };
        if failed.status != TaskStatus::Failed || !self.is_recent(failed.completed_at) {
            return Ok(());
        }
        let manner = manner_of(&failed);
        let scope = shared_by_sessions(&task.scope);
        let id = derived_id("failure", &scope, &[&manner.0, &manner.1]);
        let key = Key::new(Kind::Incident, id.clone());
        let this = failure_of(&failed);
        let origins = vec![task.identity()];
        if own.longterm.get(&key).await?.is_some() {
            let add = |_: &[Identity], fields: &mut Map<String, Value>| add_failure(fields, &this);
            own.longterm.records().derive_further(&key, &origins, ORIGINS_MAX, add).await?;
            return Ok(());
        }
        let mut failures = own.failures_like(&failed, &manner, &scope).await?;
        if !failures.iter().any(|(failure, _)| *failure == this) {
            failures.push((this, task.identity()));
        }
        if failures.len() < FAILURES_MIN {
            return Ok(());
        }
        let mut origins: Vec<Identity> = failures.iter().map(|(_, task)| task.clone()).collect();
        origins.sort();
        origins.dedup();
        let names: Vec<&String> = failures.iter().map(|(failure, _)| failure).collect();
        let mut incident = Incident {
            id,
            symptoms: failed.error.iter().chain(&failed.result).take(1).cloned().collect(),
            timestamp: failed.completed_at,
            ..Incident::new(format!("Failed the same way more than once: {}", failed.description))
        };
        incident.meta.other.insert(COUNT.to_owned(), json!(names.len()));
        incident.meta.other.insert(FAILURES.to_owned(), json!(names));
        self.store(&own, Kind::Incident, json!(incident), scope, origins).await
    }

    /// Stores a derived record, unless it was forgotten or the guard refuses it.
    async fn store(
        &self,
        own: &Own,
        kind: Kind,
        fields: Value,
        scope: Scope,
        origins: Vec<Identity>,
    ) -> Result<(), Error> {
        store_derived((&self.longterm, &own.longterm), self.guard, kind, fields, scope, origins)
            .await
            .map(drop)
    }
}

/// Stores a derived record with its origins, unless it was forgotten or the guard refuses it.
/// Returns true if it was stored.
pub(super) async fn store_derived(
    (whole, longterm): (&Longterm, &LongtermView),
    guard: Guard,
    kind: Kind,
    fields: Value,
    scope: Scope,
    origins: Vec<Identity>,
) -> Result<bool, Error> {
    let Value::Object(mut fields) = fields else { return Ok(false) };
    fields.insert("scope".to_owned(), json!(scope));
    let fields = guarding::object(guard, kind, fields)?;
    let mut record = longterm.records().build(kind, fields)?;
    record.references = origins;
    record.provenance.module = "work".to_owned();
    if longterm.tombstones().are_forgotten(std::slice::from_ref(&record)).await? == [true] {
        tracing::debug!(identity = %record.identity(), "a forgotten record is not learned again");
        return Ok(false);
    }
    match longterm.store(vec![record.clone()]).await {
        Err(full @ aios_longterm::Error::JournalFull { .. }) => {
            match time::timeout(DRAIN_MAX, Box::pin(whole.upkeep().drain())).await {
                Ok(drained) => drained?,
                Err(_) => return Err(full.into()),
            }
            longterm.store(vec![record]).await?;
        }
        stored => drop(stored?),
    }
    Ok(true)
}

impl Own {
    /// Returns the failures with this description and error, each with its task: failures of the
    /// last ended tasks, and earlier failures of this task.
    async fn failures_like(
        &self,
        failed: &Task,
        manner: &(String, String),
        scope: &Scope,
    ) -> Result<Vec<(String, Identity)>, Error> {
        let identity =
            |task: &Task| Identity::new(task.meta.scope.owner(), Kind::Task, task.id.clone());
        let is_alike = |task: &Task| {
            task.status == TaskStatus::Failed
                && shared_by_sessions(&task.meta.scope) == *scope
                && manner_of(task) == *manner
        };
        let ended = self.working.tasks().history(HISTORY_TASKS_MAX).await?;
        let mut alike: Vec<Task> = ended.into_iter().filter(|task| is_alike(task)).collect();
        let key = Key::new(Kind::Task, failed.id.clone());
        for version in self.longterm.history(&key).await? {
            let Value::Object(mut fields) = version.record.payload else { continue };
            fields.insert("id".to_owned(), json!(failed.id));
            let task = Task::deserialize(Value::Object(fields));
            alike.extend(task.ok().filter(is_alike));
        }
        let mut failures: Vec<(String, Identity)> =
            alike.iter().map(|task| (failure_of(task), identity(task))).collect();
        failures.sort();
        failures.dedup();
        Ok(failures)
    }
}

/// Returns the scope without the session: learned records are valid in all sessions.
pub(super) fn shared_by_sessions(scope: &Scope) -> Scope {
    Scope { session: None, ..scope.clone() }
}

/// Returns an id derived from the parts and the scope without its owner, which is part of the
/// identity anyway.
pub(super) fn derived_id(kind: &str, scope: &Scope, parts: &[&str]) -> Id {
    let mut hasher = blake3::Hasher::new();
    let scope = [scope.project.as_deref(), scope.agent.as_deref()];
    let scope = scope.into_iter().map(Option::unwrap_or_default);
    for part in scope.chain(parts.iter().copied()) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digits = &hasher.finalize().to_hex()[..DIGITS];
    Id::new(format!("{kind}-{digits}")).expect("a short text is an id")
}

/// Returns the description and the error of a failed task, normalised for comparing failures.
fn manner_of(task: &Task) -> (String, String) {
    let error = task.error.as_ref().or(task.result.as_ref());
    let error = error.map(|error| forms::forgotten(error)).unwrap_or_default();
    (forms::forgotten(&task.description), error)
}

/// Returns the name of a failure: its task and its time.
fn failure_of(task: &Task) -> String {
    let at = task.completed_at.map(|at| at.to_string()).unwrap_or_default();
    format!("task/{}@{at}", task.id)
}

/// Adds a failure to the fields of an incident. Returns false if it is already listed.
fn add_failure(fields: &mut Map<String, Value>, failure: &str) -> bool {
    let listed = fields.get(FAILURES).cloned().unwrap_or_default();
    let mut listed: Vec<String> = serde_json::from_value(listed).unwrap_or_default();
    if listed.iter().any(|it| it == failure) {
        return false;
    }
    listed.push(failure.to_owned());
    let old = listed.len().saturating_sub(FAILURES_LISTED);
    let count = fields.get(COUNT).and_then(Value::as_u64).unwrap_or_default();
    fields.insert(COUNT.to_owned(), json!(count + 1));
    fields.insert(FAILURES.to_owned(), json!(listed.split_off(old)));
    true
}

/// Counts a success in the fields of a procedure.
fn count_success(fields: &mut Map<String, Value>, took: i64, at: Option<Timestamp>) -> bool {
    let number = |name: &str| fields.get(name).and_then(Value::as_u64).unwrap_or_default();
    let good = number("success_count") + 1;
    let uses = real(i64::try_from(good + number("fail_count")).unwrap_or(i64::MAX));
    let took = real(took);
    let mean = fields.get("avg_duration_ms").and_then(Value::as_f64).unwrap_or(took);
    fields.insert("success_count".to_owned(), json!(good));
    fields.insert("avg_duration_ms".to_owned(), json!(mean + (took - mean) / uses));
    fields.insert("last_used".to_owned(), json!(at));
    true
}

#[expect(clippy::cast_precision_loss, reason = "counts and durations in milliseconds are small")]
fn real(number: i64) -> f64 {
    number as f64
}
