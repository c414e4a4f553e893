//! Records as they are: storing them by kind, listing them, and getting them from wherever they
//! are by now.

use aios_longterm::Version;
use aios_record::{Id, Kind, Record, Scope, ScopeFilter};
use aios_working::EntryUpdate;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{AgentMemory, Error, fields, guarding, ingest};

/// Some records of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins; none if this is the last one.
    pub next: Option<String>,
}

impl AgentMemory {
    /// Stores the record that `value`, an object with the [`fields`](crate::fields()) of its kind,
    /// describes, in place of the one of its id if there is one (an entry's id must be new, and a
    /// message, an event or a session that is there stays as it is); says which id it has. What it
    /// does not say of its scope is that of `scope`; it cannot name another. When this returns it
    /// is durable, and found by every search if its kind is searched.
    ///
    /// # Errors
    /// - [`Error::Record`] when `value` does not describe a record of this kind: it lacks a field,
    ///   has one that the kind has not, or one that holds something else; or it is of the persona,
    ///   which everybody shares, and has a scope.
    /// - [`Error::Guard`] when the settings refuse what is in it.
    /// - What working or long-term memory report.
    pub async fn record(&self, kind: Kind, value: Value, scope: &Scope) -> Result<Id, Error> {
        let Value::Object(object) = value else {
            let problem = "it is no JSON object".to_owned();
            return Err(Error::Record { kind, problem });
        };
        let object = guarding::object(self.config().to_guard(), object)?;
        if kind == Kind::Message {
            return self.record_message(object, scope).await;
        }
        let invalid = |problem| Error::Record { kind, problem };
        let mut object = fields::settle(kind, object).map_err(invalid)?;
        fill_scope(&mut object, scope).map_err(invalid)?;
        if is_direct(kind) {
            return Ok(self.longterm().store_object(kind, object).await?);
        }
        if kind == Kind::Persona && object.contains_key("scope") {
            let problem = "it is everybody's and has no scope; what is one user's is a preference";
            return Err(invalid(problem.to_owned()));
        }
        let id = match kind {
            Kind::Preference | Kind::Persona => self.record_setting(kind, object).await?,
            _ => self.store_working(kind, Value::Object(object)).await?,
        };
        self.lift_tombstone(kind, &id, scope).await?;
        self.wake_pump();
        Ok(id)
    }

    /// What long-term memory is told lifts the tombstone that it fits; for what it is not told that
    /// is done here.
    async fn lift_tombstone(&self, kind: Kind, id: &Id, scope: &Scope) -> Result<(), Error> {
        // Of events only some are told.
        if kind != Kind::Event && self.config().longterm.feed_kinds.contains(&kind) {
            return Ok(());
        }
        let working = match kind {
            Kind::Preference => self.working().bound_to(ScopeFilter::exact(scope.clone()))?,
            _ => self.working().clone(),
        };
        let stored = working.record(kind, id.as_str()).await?;
        Ok(self.longterm().lift_tombstones(stored.as_slice()).await?)
    }

    /// Changes the fields of a record that `changes` names and leaves the others; a field that is
    /// null takes its default. What it was stays in its [`history`](AgentMemory::history). Two
    /// callers that change one record of working memory at the same time are not kept apart: the
    /// later one may undo what the earlier one did.
    ///
    /// # Errors
    /// - [`Error::is_not_found`] when there is no such record.
    /// - [`Error::Fixed`] when records of this kind are never changed: events, messages, summaries,
    ///   and of sessions everything but the summary.
    /// - [`Error::Record`] when a change fits no field, or the record has left working memory.
    /// - What working or long-term memory report.
    pub async fn update(
        &self,
        kind: Kind,
        id: &Id,
        changes: Map<String, Value>,
        scope: &ScopeFilter,
    ) -> Result<(), Error> {
        let invalid = |problem: String| Error::Record { kind, problem };
        let changes = guarding::object(self.config().to_guard(), changes)?;
        if changes.get("id").is_some_and(|new| *new != json!(id)) {
            return Err(invalid("the id of a record never changes".to_owned()));
        }
        if is_fixed(kind, &changes) {
            return Err(Error::Fixed { kind });
        }
        // Checked by themselves first, so that what is told is about them.
        let settled = fields::settle(kind, changes.clone()).map_err(invalid)?;
        if is_direct(kind) {
            let nulls = changes.into_iter().filter(|(_, value)| value.is_null());
            let changes = settled.into_iter().chain(nulls).collect();
            self.longterm().update(kind, id, changes, scope).await?;
            return Ok(());
        }
        let Record { payload, .. } = self.changeable(kind, id, scope).await?;
        let Value::Object(mut object) = payload else {
            return Err(invalid("what is stored of it is no JSON object".to_owned()));
        };
        merge(&mut object, changes);
        let object = fields::settle(kind, object).map_err(invalid)?;
        // What it was must be known before it is something else.
        self.catch_up().await?;
        self.replace_working(kind, id, Value::Object(object)).await?;
        self.wake_pump();
        Ok(())
    }

    /// The record that [`record`](AgentMemory::record) would make of `object`; none where it would
    /// not.
    pub(crate) fn draft(
        &self,
        kind: Kind,
        object: Map<String, Value>,
        scope: &Scope,
    ) -> Option<Record> {
        let object = guarding::object(self.config().to_guard(), object).ok()?;
        let mut object = fields::settle(kind, object).ok()?;
        fill_scope(&mut object, scope).ok()?;
        if is_direct(kind) {
            return self.longterm().record_of(kind, object).ok();
        }
        aios_working::record_of(kind, Value::Object(object))
    }

    /// A record of working memory, if it is where it can be changed.
    async fn changeable(&self, kind: Kind, id: &Id, scope: &ScopeFilter) -> Result<Record, Error> {
        let working = self.working().bound_to(scope.clone())?;
        if let Some(record) = working.record(kind, id.as_str()).await? {
            return Ok(record);
        }
        let found = self.longterm().record(kind, id).await?;
        match found.filter(|record| scope.admits(&record.scope)) {
            None => Err(aios_working::Error::NotFound { kind, id: id.to_string() }.into()),
            Some(_) => {
                let problem = "it has aged into long-term memory, where records stay as they are";
                Err(Error::Record { kind, problem: problem.to_owned() })
            }
        }
    }

    /// The versions of a record, newest first, the one that it is now included; of working memory
    /// those of the kinds that long-term memory is told of. None if there is no such record.
    ///
    /// # Errors
    /// What working or long-term memory report.
    pub async fn history(
        &self,
        kind: Kind,
        id: &Id,
        scope: &ScopeFilter,
    ) -> Result<Vec<Version>, Error> {
        self.catch_up().await?;
        let mut versions = self.longterm().history(kind, id).await?;
        if !versions.first().is_some_and(|newest| scope.admits(&newest.record.scope)) {
            versions.clear();
        }
        Ok(versions)
    }

    /// What [`delete`](AgentMemory::delete) would take: the record, last, and what belongs to it;
    /// nothing if there is no such record in working memory.
    ///
    /// # Errors
    /// [`Error::Kept`] when records of this kind are not deleted; what working memory reports.
    pub async fn deletion(
        &self,
        kind: Kind,
        id: &Id,
        scope: &ScopeFilter,
    ) -> Result<Vec<(Kind, Id)>, Error> {
        if is_kept(kind) {
            return Err(Error::Kept { kind });
        }
        Ok(self.working().bound_to(scope.clone())?.would_remove(kind, id.as_str()).await?)
    }

    /// Deletes a record for good, from working memory at once and from every search, and with it
    /// what belongs to it: a goal takes its tasks along, a task its tool calls, a session its
    /// messages and tasks. Says what went, the record itself last.
    ///
    /// # Errors
    /// As [`deletion`](AgentMemory::deletion).
    pub async fn delete(
        &self,
        kind: Kind,
        id: &Id,
        scope: &ScopeFilter,
    ) -> Result<Vec<(Kind, Id)>, Error> {
        if is_kept(kind) {
            return Err(Error::Kept { kind });
        }
        let removed = self.working().bound_to(scope.clone())?.remove(kind, id.as_str()).await?;
        self.wake_pump();
        Ok(removed)
    }

    /// The record of this kind and id, from working memory or, when it has left that, from
    /// long-term memory; none if there is none.
    ///
    /// # Errors
    /// What working or long-term memory report.
    pub async fn get(&self, kind: Kind, id: &Id) -> Result<Option<Record>, Error> {
        match self.working().record(kind, id.as_str()).await? {
            Some(record) => Ok(Some(record)),
            None => Ok(self.longterm().record(kind, id).await?),
        }
    }

    /// At most `limit` records of a kind, from the beginning or from [`Page::next`] on: those that
    /// working memory holds, oldest first, or, of kinds that long-term memory is given directly,
    /// all, in the order of their ids. The summaries listed are those of working memory.
    ///
    /// # Errors
    /// - [`Error::Cursor`] when `after` is no [`Page::next`] of this kind.
    /// - What working or long-term memory report.
    pub async fn list(
        &self,
        kind: Kind,
        scope: &ScopeFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Error> {
        let no_cursor = || Error::Cursor { text: after.unwrap_or_default().to_owned() };
        if is_kept(kind) {
            let last = after.map(|key| id_of(kind, key).ok_or_else(no_cursor)).transpose()?;
            let page = self.longterm().list(kind, scope, last.as_ref(), limit).await?;
            let next = page.next.map(|id| format!("{kind}/{id}"));
            return Ok(Page { records: page.records, next });
        }
        let after = after.map(str::parse).transpose().map_err(|_| no_cursor())?;
        let page = self.working().bound_to(scope.clone())?.records(kind, after, limit).await?;
        Ok(Page { records: page.records, next: page.next.map(|next| next.to_string()) })
    }

    /// Stores a settled record of working memory.
    async fn store_working(&self, kind: Kind, value: Value) -> Result<Id, Error> {
        let working = self.working();
        Ok(match kind {
            Kind::Goal => working.store_goal(typed(kind, value)?).await?.id,
            Kind::Task => working.store_task(typed(kind, value)?).await?.id,
            Kind::ToolCall => working.store_tool_call(typed(kind, value)?).await?.id,
            Kind::Decision => working.log_decision(typed(kind, value)?).await?.id,
            Kind::Pattern => working.store_pattern(typed(kind, value)?).await?.id,
            Kind::AgentState => working.store_agent_state(typed(kind, value)?).await?.id,
            Kind::Session => working.create_session(typed(kind, value)?).await?.id,
            Kind::Interaction => working.log_interaction(typed(kind, value)?).await?.id,
            Kind::Entry => working.create_entry(typed(kind, value)?).await?.id,
            Kind::Event => {
                let event: aios_working::Event = typed(kind, value)?;
                let id = event.id.clone();
                working.store_events(vec![event]).await?;
                id
            }
            _ => return Err(Error::Record { kind, problem: "nothing stores its kind".to_owned() }),
        })
    }

    /// Sets what a user prefers, or a trait of the persona.
    async fn record_setting(
        &self,
        kind: Kind,
        mut object: Map<String, Value>,
    ) -> Result<Id, Error> {
        let missing = || Error::Record { kind, problem: "missing field `key`".to_owned() };
        let key = object.get("key").and_then(Value::as_str).ok_or_else(missing)?.to_owned();
        let value = object.remove("value").unwrap_or_default();
        if kind == Kind::Persona {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.working().set_persona(&key, text).await?;
        } else {
            let user = own_scope(&object, &Scope::default()).user;
            self.working().set_preference(user.as_deref(), &key, value).await?;
        }
        Ok(Id::new(key)?)
    }

    /// Stores a settled record in place of the one that is there.
    async fn replace_working(&self, kind: Kind, id: &Id, value: Value) -> Result<(), Error> {
        let working = self.working();
        match kind {
            Kind::Session => {
                let session: aios_working::Session = typed(kind, value)?;
                let summary = session.summary.unwrap_or_default();
                working.set_session_summary(id.as_str(), summary).await?;
            }
            Kind::Entry => {
                let entry: aios_working::Entry = typed(kind, value)?;
                let update = EntryUpdate {
                    value: Some(entry.value),
                    tags: Some(entry.tags),
                    category: Some(entry.category),
                    key: Some(entry.key),
                };
                working.update_entry(id.as_str(), update).await?;
            }
            Kind::Preference | Kind::Persona => {
                let Value::Object(object) = value else { return Ok(()) };
                self.record_setting(kind, object).await?;
            }
            _ => drop(self.store_working(kind, value).await?),
        }
        Ok(())
    }

    async fn record_message(&self, object: Map<String, Value>, scope: &Scope) -> Result<Id, Error> {
        let invalid = |problem| Error::Record { kind: Kind::Message, problem };
        let message = ingest::message_of(object, scope).map_err(invalid)?;
        let receipt = self.working().add_message(message).await?;
        self.wake_pump();
        Ok(receipt.id().clone())
    }
}

/// Whether records of this kind are given to long-term memory directly.
pub(crate) fn is_direct(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Procedure
            | Kind::Incident
            | Kind::ConfigChange
            | Kind::Knowledge
            | Kind::Note
            | Kind::Fact
            | Kind::Summary
    )
}

/// The id in a record's key, if it is one of this kind.
fn id_of(kind: Kind, key: &str) -> Option<Id> {
    Id::new(key.strip_prefix(kind.as_str())?.strip_prefix('/')?).ok()
}

/// Whether `changes` are none that a record of this kind takes.
fn is_fixed(kind: Kind, changes: &Map<String, Value>) -> bool {
    match kind {
        Kind::Message | Kind::Event | Kind::Summary => true,
        Kind::Session => changes.keys().any(|field| field != "summary"),
        _ => false,
    }
}

/// Whether records of this kind are in long-term memory alone, which keeps them for ever.
fn is_kept(kind: Kind) -> bool {
    is_direct(kind) && kind != Kind::Summary
}

/// Puts `changes` over `object`; what is null is left out.
fn merge(object: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, value) in changes {
        match value {
            Value::Null => drop(object.remove(&name)),
            value => drop(object.insert(name, value)),
        }
    }
}

fn typed<T: DeserializeOwned>(kind: Kind, value: Value) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|error| Error::Record { kind, problem: error.to_string() })
}

/// What the record says of its scope, and `scope` where it is silent.
fn own_scope(object: &Map<String, Value>, scope: &Scope) -> Scope {
    let own = object.get("scope").cloned().and_then(|own| serde_json::from_value(own).ok());
    let own: Scope = own.unwrap_or_default();
    Scope {
        user: own.user.or_else(|| scope.user.clone()),
        agent: own.agent.or_else(|| scope.agent.clone()),
        session: own.session.or_else(|| scope.session.clone()),
    }
}

/// Fills in what the record does not say of its scope. What it says must not go beyond `scope`.
fn fill_scope(object: &mut Map<String, Value>, scope: &Scope) -> Result<(), String> {
    let whole = own_scope(object, scope);
    for ((part, own), (_, given)) in whole.parts().into_iter().zip(scope.parts()) {
        if given.is_some() && own != given {
            return Err(format!("its scope names another {part} than the one it is given for"));
        }
    }
    if whole != Scope::default() {
        object.insert("scope".to_owned(), json!(whole));
    }
    Ok(())
}
