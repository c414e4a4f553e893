//! Records as they are: storing them by kind, listing them, and getting them from wherever they
//! are by now.

use aios_longterm::Stored;
use aios_record::{Id, Kind, Record, Scope, ScopeFilter, Source};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{AgentMemory, Error, ingest, moment};

/// Some records of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins; none if this is the last one.
    pub next: Option<u64>,
}

impl AgentMemory {
    /// Stores the record that `value`, an object with the fields of its kind, describes, in place
    /// of the one of its id if there is one; says which id it has. Where it names no scope, that is
    /// `scope`. When this returns it is durable, and found by every search if its kind is searched.
    ///
    /// # Errors
    /// - [`Error::Record`] when `value` does not describe a record of this kind.
    /// - What working or long-term memory report.
    pub async fn record(&self, kind: Kind, value: Value, scope: &Scope) -> Result<Id, Error> {
        let Value::Object(mut object) = value else {
            let problem = "it is no JSON object".to_owned();
            return Err(Error::Record { kind, problem });
        };
        if let Some(fields) = prose(kind) {
            return self.record_longterm(kind, object, fields, scope).await;
        }
        if kind == Kind::Message {
            return self.record_message(object, scope).await;
        }
        fill_scope(&mut object, scope);
        let working = self.working();
        let value = Value::Object(object);
        let id = match kind {
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
        };
        self.wake_pump();
        Ok(id)
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
        if prose(kind).is_some() {
            return Err(Error::NotListed { kind });
        }
        let page = self.working().bound_to(scope.clone())?.records(kind, after, limit).await?;
        Ok(Page { records: page.records, next: page.next })
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
        let guarded = self.config().to_guard().apply(&parts.join("\n"))?.text.into_owned();
        let record = Record {
            title: text_of("title").or_else(|| text_of("name")),
            tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
            source: text_of("source").map(|id| Source { kind: "given".to_owned(), id }),
            confidence,
            occurred_at,
            ..Record::new(kind, id.clone(), guarded, own_scope(&object, scope))
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

fn fill_scope(object: &mut Map<String, Value>, scope: &Scope) {
    let whole = own_scope(object, scope);
    if whole != Scope::default() {
        object.insert("scope".to_owned(), json!(whole));
    }
}
