//! Storing a record that is given as fields, by its kind.

use aios_record::{Id, Key, Kind, Scope};
use aios_working::Fact;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{Error, MemoryView, RecordProblem, fields};

/// Stores the record that the normalised `fields` describe, with `scope`, and returns its id.
pub(super) async fn put(
    view: &MemoryView,
    kind: Kind,
    fields: Map<String, Value>,
    scope: &Scope,
) -> Result<Id, Error> {
    check_authority(kind, &fields)?;
    let fields = fields::with_scope(fields, scope);
    if kind.is_direct() {
        return Ok(view.longterm().records().put(kind, fields).await?);
    }
    match kind.is_setting() {
        true => put_setting(view, kind, fields, scope).await,
        false => put_working(view, kind, Value::Object(fields)).await,
    }
}

/// Stores the facts that the normalised `fields` of one owner describe, all or none, and returns
/// their ids.
///
/// # Errors
/// As of [`put`]; an error of one fact is [`aios_working::Error::InBatch`] with its index.
pub(super) async fn put_facts(
    view: &MemoryView,
    facts: Vec<(Map<String, Value>, Scope)>,
) -> Result<Vec<Id>, Error> {
    let typed = |(fields, scope)| {
        check_authority(Kind::Fact, &fields)?;
        typed(Kind::Fact, Value::Object(fields::with_scope(fields, &scope)))
    };
    let facts = facts.into_iter().map(typed).collect::<Result<Vec<Fact>, Error>>()?;
    let stored = view.working().facts().put_all(facts).await?;
    Ok(stored.into_iter().map(|fact| fact.id).collect())
}

/// Refuses fields by which a caller would claim the authority of a person.
pub(crate) fn check_authority(kind: Kind, fields: &Map<String, Value>) -> Result<(), Error> {
    const CONFIRMED: &str = "confirmed_at";
    match kind == Kind::Fact && fields.contains_key(CONFIRMED) {
        true => {
            let problem = format!("`{CONFIRMED}` is set by confirming the fact");
            Err(Error::Record { kind, problem: problem.into() })
        }
        false => Ok(()),
    }
}

/// Stores a record of working memory.
async fn put_working(view: &MemoryView, kind: Kind, value: Value) -> Result<Id, Error> {
    let working = view.working();
    Ok(match kind {
        Kind::Goal => working.goals().put(typed(kind, value)?).await?.id,
        Kind::Task => working.tasks().put(typed(kind, value)?).await?.id,
        Kind::ToolCall => working.tool_calls().put(typed(kind, value)?).await?.id,
        Kind::Decision => working.decisions().put(typed(kind, value)?).await?.id,
        Kind::Pattern => working.patterns().put(typed(kind, value)?).await?.id,
        Kind::AgentState => working.agent_states().put(typed(kind, value)?).await?.id,
        Kind::Session => {
            let session: aios_working::Session = typed(kind, value)?;
            let summary = session.summary.clone();
            let stored = working.sessions().add(session).await?;
            if summary.is_some() && stored.summary != summary {
                return Err(Error::Record { kind, problem: RecordProblem::OtherSummary });
            }
            stored.id
        }
        Kind::Interaction => working.interactions().put(typed(kind, value)?).await?.id,
        Kind::Entry => working.entries().put_by_id(typed(kind, value)?).await?.id,
        Kind::File => working.files().put(typed(kind, value)?).await?.id,
        Kind::Fact => working.facts().put(typed(kind, value)?).await?.id,
        Kind::Event => {
            let event: aios_working::Event = typed(kind, value)?;
            let id = event.id.clone();
            let stored = match working.records().get(&Key::new(kind, id.clone())).await {
                // The administrator's view, and several owners have the id.
                Err(aios_working::Error::Ambiguous { .. }) => None,
                stored => stored?,
            };
            let content = (&event.category, &event.source, &event.data);
            if stored.is_some_and(|it| {
                let said = ["category", "source", "data"].map(|field| it.payload[field].clone());
                said != [json!(content.0), json!(content.1), json!(content.2)]
            }) {
                return Err(Error::Record { kind, problem: RecordProblem::Differs });
            }
            view.shared().working.intake().put_events(vec![event]).await?;
            id
        }
        _ => return Err(Error::Record { kind, problem: RecordProblem::NotStored }),
    })
}

/// Sets a preference or a persona trait.
async fn put_setting(
    view: &MemoryView,
    kind: Kind,
    mut fields: Map<String, Value>,
    scope: &Scope,
) -> Result<Id, Error> {
    let missing = || Error::Record { kind, problem: RecordProblem::Missing { field: "key" } };
    let key = fields.get("key").and_then(Value::as_str).ok_or_else(missing)?.to_owned();
    let value = fields.remove("value").unwrap_or_default();
    if kind == Kind::Persona {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        view.working().persona().put(&key, text).await?;
    } else {
        let gate = view.gate().narrow(&Scope::default().with_owner(&scope.owner()).into())?;
        view.shared().working.scoped(gate).preferences().put(&key, value).await?;
    }
    Ok(Id::new(key)?)
}

fn typed<T: DeserializeOwned>(kind: Kind, value: Value) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|error| Error::Record { kind, problem: error.to_string().into() })
}
