//! Code shared by the facades for clients of other services: the user and scope of a request, and
//! the memories, which are notes.
//!
//! A facade reads the fields that its clients send. Fields that request work of a language model
//! are accepted without effect. Fields that would select other records than ours are refused.

use std::collections::VecDeque;

use aios_memory::{
    Id, Key, Kind, MemoryView, Record, Scope, ScopeFilter, Timestamp,
    draft::{identity, moment},
    record::forms,
};
use serde_json::{Map, Value, json};

use super::service::Service;
use crate::{call::Call, caller::Caller, failure::Failure, hex};

/// Number of records per read.
const PAGE: usize = 500;
/// Maximum number of memories up to the end of a requested page.
const DEPTH_MAX: usize = 10_000;

/// Fields of a request, removed by name. Remaining ones are refused.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn new(fields: Map<String, Value>) -> Fields {
        Fields(fields)
    }

    /// Removes and returns a field. Null counts as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Removes and returns a text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Failure::invalid(format!("`{name}`: expected a text"))),
        }
    }

    /// Returns true if the field is given as null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// Removes a field if its value is this word.
    pub(super) fn takes(&mut self, name: &str, word: &str) -> bool {
        let is_it = self.0.get(name).and_then(Value::as_str) == Some(word);
        is_it && self.0.remove(name).is_some()
    }

    /// Removes and returns an integer within bounds.
    pub(super) fn count(
        &mut self,
        name: &str,
        default: usize,
        bounds: std::ops::RangeInclusive<usize>,
    ) -> Result<usize, Failure> {
        let Some(value) = self.take(name) else { return Ok(default) };
        // In a query, a number is text.
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let number = number.and_then(|number| usize::try_from(number).ok());
        let number =
            number.ok_or_else(|| Failure::invalid(format!("`{name}`: expected a whole number")))?;
        super::request::within(name, number, bounds)
    }

    /// Removes and returns a list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, Failure> {
        let refused = || Failure::invalid(format!("`{name}`: expected a list of texts"));
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let text = |item: Value| item.as_str().map(str::to_owned).ok_or_else(refused);
                items.into_iter().map(text).collect()
            }
            Some(_) => Err(refused()),
        }
    }

    /// Removes and returns an object.
    pub(super) fn object(&mut self, name: &str) -> Result<Map<String, Value>, Failure> {
        match self.take(name) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(Failure::invalid(format!("`{name}`: expected an object"))),
        }
    }

    /// Removes and returns a time.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Failure> {
        let time = self.take(name).map(|value| moment::from_json(&value)).transpose();
        time.map_err(|error| Failure::invalid(format!("`{name}`: {error}")))
    }

    /// Refuses the remaining fields, except those in `without_effect`.
    pub(super) fn finish(mut self, without_effect: &[&str]) -> Result<(), Failure> {
        self.0.retain(|name, value| !value.is_null() && !without_effect.contains(&&**name));
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Failure::invalid(format!("the field `{name}` is not served here"))),
        }
    }
}

/// Returns the caller acting for the user of a request, or the caller itself.
pub(super) fn caller_for(call: &Call, user: Option<&str>) -> Result<Caller, Failure> {
    match user {
        Some(user) => call.caller.acting_for(user),
        None if call.caller.needs_user() => {
            Err(Failure::denied("this token acts for users, and the request names none"))
        }
        None => Ok(call.caller.clone()),
    }
}

/// Returns a scope without a user, from names that must not be empty.
pub(super) fn scope(
    project: Option<String>,
    agent: Option<String>,
    session: Option<String>,
) -> Result<Scope, Failure> {
    super::request::Part { project, agent, session }.scope()
}

/// A memory to store.
pub(super) struct NewMemory {
    pub(super) text: String,
    pub(super) scope: Scope,
    /// Distinguishes memories with the same text, and identifies a repeated one.
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    /// Additional fields of the note.
    pub(super) more: Map<String, Value>,
}

/// Stores a memory as a note, and returns its record and whether it is new. Replaces the memory
/// with the same name if its text differs.
pub(super) async fn store(
    service: &Service,
    view: &MemoryView,
    memory: NewMemory,
) -> Result<(Record, bool), Failure> {
    let NewMemory { text, mut scope, name, tags, more } = memory;
    if forms::is_blank(&text) {
        return Err(Failure::invalid("the content is empty"));
    }
    view.gate().fill(&mut scope).map_err(aios_memory::Error::from)?;
    let key = Key::new(Kind::Note, identity::external(Kind::Note, &scope, &name));
    let _turn = service.turns().of([key.to_string()]).await;
    let stored = view.get(&key).await?.filter(|it| view.gate().may_change(&it.scope));
    if let Some(stored) = stored
        && forms::same(text_of(&stored)) == forms::same(&text)
    {
        return Ok((stored, false));
    }
    let mut fields = more;
    fields.insert("id".to_owned(), json!(key.id));
    fields.insert("content".to_owned(), text.into());
    fields.insert("scope".to_owned(), json!(scope));
    if !tags.is_empty() {
        fields.insert("tags".to_owned(), json!(tags));
    }
    view.record(Kind::Note, Value::Object(fields)).await?;
    let stored = view.get(&key).await?;
    let stored = stored.ok_or_else(|| Failure::not_found("the memory has expired already"))?;
    Ok((stored, true))
}

/// Returns the text of a memory.
pub(super) fn text_of(record: &Record) -> &str {
    record.payload["content"].as_str().unwrap_or(&record.text)
}

/// A page of memories, newest first.
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    /// Total number of memories.
    pub(super) count: usize,
}

/// Returns the caller's own memories of a scope, newest first.
pub(super) async fn list(
    view: &MemoryView,
    scope: &Scope,
    limit: usize,
    offset: usize,
    is_wanted: impl Fn(&Record) -> bool,
) -> Result<Page, Failure> {
    let depth = limit.saturating_add(offset);
    if DEPTH_MAX < depth {
        let message = format!("a page ends at most {DEPTH_MAX} memories from the newest");
        return Err(Failure::invalid(message).with_advice("export the memories instead"));
    }
    let view = view.narrow(&ScopeFilter::exact(scope.clone()))?;
    let (mut newest, mut count, mut cursor) = (VecDeque::new(), 0, None);
    loop {
        let page = view.list(Kind::Note, cursor.as_deref(), PAGE).await?;
        let own = page.records.into_iter().filter(|it| view.gate().may_change(&it.scope));
        for record in own.filter(|it| is_wanted(it)) {
            count += 1;
            newest.push_front(record);
            newest.truncate(depth);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let records = newest.into_iter().skip(offset).take(limit).collect();
    Ok(Page { records, count })
}

/// Returns the keys of all of the caller's own memories of a scope.
pub(super) async fn keys(view: &MemoryView, scope: &Scope) -> Result<Vec<Key>, Failure> {
    let view = view.narrow(&ScopeFilter::exact(scope.clone()))?;
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = view.list(Kind::Note, cursor.as_deref(), PAGE).await?;
        let own = page.records.iter().filter(|it| view.gate().may_change(&it.scope));
        keys.extend(own.map(Record::key));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(keys);
        }
    }
}

/// Returns the text of a content, which is a text or a list with text parts.
pub(super) fn content(value: &Value) -> Result<String, Failure> {
    let text = match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Option<Vec<&str>> = parts.iter().map(text_part).collect();
            texts.map(|texts| texts.join("\n"))
        }
        _ => None,
    };
    text.ok_or_else(|| Failure::invalid("`content`: expected a text, or a list of text parts"))
}

fn text_part(part: &Value) -> Option<&str> {
    match part["type"].as_str() {
        Some("text") | None => part.as_str().or_else(|| part["text"].as_str()),
        Some(_) => None,
    }
}

/// Returns the id of a memory in a facade. It includes the user, because requests by id name none.
pub(super) fn id_shown(record: &Record) -> String {
    match &record.scope.user {
        Some(user) => format!("{}.{}", hex::digits(user.as_bytes()), record.id),
        None => record.id.to_string(),
    }
}

/// Parses an id of [`id_shown`] into the user and the key of the record.
pub(super) fn id_read(shown: &str) -> Result<(Option<String>, Key), Failure> {
    let unknown = || Failure::not_found(format!("no memory has the id `{shown}`"));
    let (user, id) = match shown.split_once('.') {
        Some((digits, id)) => {
            let user = hex::bytes(digits).and_then(|bytes| String::from_utf8(bytes).ok());
            (Some(user.ok_or_else(unknown)?), id)
        }
        None => (None, shown),
    };
    let id = Id::new(id).map_err(|_| unknown())?;
    Ok((user, Key::new(Kind::Note, id)))
}
