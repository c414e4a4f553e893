//! Records as they are: storing them by kind, listing them, and getting them from wherever they
//! are by now.

use aios_longterm::Stored;
use aios_record::{Id, Kind, Provenance, Record, Scope, ScopeFilter, Source};
use aios_working::EntryUpdate;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{AgentMemory, Error, fields, guarding, ingest, moment};

/// Some records of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins; none if this is the last one.
    pub next: Option<u64>,
}

impl AgentMemory {
    /// Stores the record that `value`, an object with the [`fields`](crate::fields()) of its kind,
    /// describes, in place of the one of its id if there is one (an entry's id must be new, and a
    /// message, an event or a session that is there stays as it is); says which id it has. Where it
    /// names no scope, that is `scope`. When this returns it is durable, and found by every search
    /// if its kind is searched.
    ///
    /// # Errors
    /// - [`Error::Record`] when `value` does not describe a record of this kind: it lacks a field,
    ///   has one that the kind has not, or one that holds something else.
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
        if let Some(fields) = prose(kind) {
            return self.record_longterm(kind, object, fields, scope).await;
        }
        fill_scope(&mut object, scope);
        let id = match kind {
            Kind::Preference | Kind::Persona => self.record_setting(kind, object).await?,
            _ => self.store_working(kind, Value::Object(object)).await?,
        };
        self.wake_pump();
        Ok(id)
    }

    /// Changes the fields of a record that `changes` names and leaves the others; a field that is
    /// null takes its default. Two callers that change one record at the same time are not kept
    /// apart: the later one may undo what the earlier one did.
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
        fields::settle(kind, changes.clone()).map_err(invalid)?;
        let Record { payload, scope, .. } = self.changeable(kind, id, scope).await?;
        let Value::Object(mut object) = payload else {
            return Err(invalid("what is stored of it is no JSON object".to_owned()));
        };
        merge(&mut object, changes);
        let object = fields::settle(kind, object).map_err(invalid)?;
        match prose(kind) {
            Some(prose) => drop(self.record_longterm(kind, object, prose, &scope).await?),
            None => self.replace_working(kind, id, Value::Object(object)).await?,
        }
        self.wake_pump();
        Ok(())
    }

    /// A record, if it is where it can be changed.
    async fn changeable(&self, kind: Kind, id: &Id, scope: &ScopeFilter) -> Result<Record, Error> {
        if prose(kind).is_none() {
            let working = self.working().bound_to(scope.clone())?;
            if let Some(record) = working.record(kind, id.as_str()).await? {
                return Ok(record);
            }
        }
        let found = self.longterm().record(kind, id).await?;
        let missing = || aios_working::Error::NotFound { kind, id: id.to_string() };
        let found = found.filter(|record| scope.admits(&record.scope)).ok_or_else(missing)?;
        match prose(kind) {
            Some(_) => Ok(found),
            None => {
                let problem = "it has aged into long-term memory, where records stay as they are";
                Err(Error::Record { kind, problem: problem.to_owned() })
            }
        }
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

    /// At most `limit` records of a kind that working memory holds, oldest first, from the
    /// beginning or from [`Page::next`] on.
    ///
    /// # Errors
    /// - [`Error::NotListed`] when working memory holds no such kind.
    /// - What working memory reports.
    pub async fn list(
        &self,
        kind: Kind,
        scope: &ScopeFilter,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page, Error> {
        if is_kept(kind) {
            return Err(Error::NotListed { kind });
        }
        let page = self.working().bound_to(scope.clone())?.records(kind, after, limit).await?;
        Ok(Page { records: page.records, next: page.next })
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

    async fn record_longterm(
        &self,
        kind: Kind,
        mut object: Map<String, Value>,
        prose: &[&str],
        scope: &Scope,
    ) -> Result<Id, Error> {
        let invalid = |problem: String| Error::Record { kind, problem };
        let parts: Vec<String> =
            prose.iter().filter_map(|field| object.get(*field)).filter_map(words).collect();
        if parts.is_empty() {
            return Err(invalid(format!("it needs {}", prose.join(" or "))));
        }
        let id = match object.get("id").and_then(Value::as_str) {
            Some(id) => Id::new(id)?,
            None => Id::generate(),
        };
        object.insert("id".to_owned(), json!(id));
        let occurred_at = match object.get("timestamp").or_else(|| object.get("created_at")) {
            None | Some(Value::Null) => None,
            Some(time) => Some(moment::from_json(time).map_err(invalid)?),
        };
        let text_of = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
        let tags = object.get("tags").and_then(Value::as_array).into_iter().flatten();
        let confidence = object.get("confidence").and_then(Value::as_f64).unwrap_or(1.0);
        #[expect(clippy::cast_possible_truncation, reason = "a share of 1 needs no more digits")]
        let confidence = confidence.clamp(0.0, 1.0) as f32;
        let record = Record {
            title: text_of("title").or_else(|| text_of("name")),
            tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
            source: text_of("source").map(|id| Source { kind: "given".to_owned(), id }),
            confidence,
            provenance: provenance(&object),
            occurred_at,
            ..Record::new(kind, id.clone(), parts.join("\n"), own_scope(&object, scope))
        };
        let stored = vec![Record { payload: Value::Object(object), ..record }];
        let stored: Vec<Stored> = self.longterm().store(stored).await?;
        debug_assert_eq!(stored.len(), 1, "one record was given");
        Ok(id)
    }
}

/// The fields that are searched, of the kinds that long-term memory is given directly.
fn prose(kind: Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Procedure => &["name", "description"],
        Kind::Incident => &["description", "symptoms", "root_cause", "resolution", "prevention"],
        Kind::ConfigChange => &["file_path", "reason"],
        Kind::Knowledge | Kind::Note => &["title", "content"],
        Kind::Fact => &["text", "subject", "attribute", "value"],
        Kind::Summary => &["text"],
        _ => return None,
    })
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
    prose(kind).is_some() && kind != Kind::Summary
}

/// A value as text to search: text itself, or the texts of a list.
fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        }
        _ => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
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

/// Who wrote the record, as it says itself.
fn provenance(object: &Map<String, Value>) -> Provenance {
    let own = object.get("provenance").cloned();
    own.and_then(|own| serde_json::from_value(own).ok()).unwrap_or_default()
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

fn fill_scope(object: &mut Map<String, Value>, scope: &Scope) {
    let whole = own_scope(object, scope);
    if whole != Scope::default() {
        object.insert("scope".to_owned(), json!(whole));
    }
}
