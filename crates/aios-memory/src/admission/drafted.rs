//! Conversion of drafts into arrivals: each draft gets its scope and its id.

use aios_draft::{
    Defaults, Draft, TEXT_BYTES_MAX, Unfit, Unnamed,
    identity::{self, Namer, Names},
};
use aios_record::{Gate, Id, Kind, Provenance, Record};
use aios_working::NewMessage;
use serde_json::{Map, Value, json};

use super::{
    arrival::{Arrival, Content, Tells},
    cut::Cut,
};
use crate::{RecordProblem, fields};

/// Session of a single message that names none.
const SESSION_DEFAULT: &str = "default";

impl Arrival {
    /// Returns the arrival of the draft at `line` of its source. The gate fills in its scope, from
    /// which its id is derived.
    ///
    /// # Errors
    /// A message if the gate refuses the scope, or the draft is not a valid record.
    pub fn of_draft(
        line: u64,
        mut draft: Draft,
        gate: &Gate,
        namer: &mut Namer,
    ) -> Result<Arrival, String> {
        draft.fill(gate)?;
        let (kind, scope) = (draft.kind, draft.scope.clone());
        let redacts_secrets = draft.redacts_secrets;
        if kind == Kind::Session {
            let arrival = Arrival::of_record(line, to_session(draft)?);
            return Ok(Arrival { redacts_secrets, ..arrival });
        }
        let tells = Tells::of(&draft);
        let Names { id, former } = draft.names(namer);
        let cut =
            draft.external_id.as_deref().and_then(|id| Cut::of(draft.part, id, draft.provider));
        let of_provider = draft.provider.zip(draft.external_id.as_deref());
        let provider_id = of_provider
            .map(|(provider, external)| identity::of_provider(kind, &scope, provider, external));
        let content = match kind {
            Kind::ToolCall => Content::Fields(to_tool_call(&id, draft)?),
            Kind::Message => {
                let message = to_message(draft).map_err(|error| error.to_string())?;
                Content::Message(Box::new(message))
            }
            _ => Content::Record(Box::new(to_record(id.clone(), draft))),
        };
        let arrival = Arrival::new(line, kind, id, scope, content);
        Ok(Arrival { former_ids: former, provider_id, cut, tells, redacts_secrets, ..arrival })
    }
}

impl Tells {
    /// Returns the parts that the source names. None for a record that earlier versions read
    /// differently, since they may have stored it differently.
    fn of(draft: &Draft) -> Tells {
        match &draft.former {
            None if draft.kind == Kind::Message => Tells {
                role: draft.role.is_some(),
                name: draft.name.is_some(),
                time: draft.occurred_at.is_some() && !draft.is_time_inherited,
                tags: !draft.tags.is_empty(),
            },
            _ => Tells::default(),
        }
    }
}

/// Converts a single message to an arrival, as for a line of an input. Without an external id,
/// every call makes a new message.
///
/// # Errors
/// The problem if the object is not a valid message.
pub(crate) fn message_of(
    object: Map<String, Value>,
    gate: &Gate,
) -> Result<Arrival, RecordProblem> {
    let draft = chat_draft(object, gate)?;
    let is_named = draft.external_id.is_some();
    let arrival = Arrival::of_draft(1, draft, gate, &mut Namer::default())?;
    match is_named {
        true => Ok(arrival),
        false => Ok(Arrival { id: Id::generate(), former_ids: Vec::new(), ..arrival }),
    }
}

/// Reads a chat message. Its sender can correct it, so malformed parts are errors and are not
/// mended.
///
/// # Errors
/// The problem if the object is not a valid message.
pub(crate) fn chat_draft(object: Map<String, Value>, gate: &Gate) -> Result<Draft, RecordProblem> {
    let mut scope = gate.filter().scope.clone();
    scope.user = None;
    let session = Unnamed::Fixed(SESSION_DEFAULT.to_owned());
    let defaults = Defaults { scope, session, ..Defaults::default() };
    let draft = Draft::from_chat(object, &defaults).map_err(Unfit::into_reason)?;
    if let Some(mend) = draft.mended.first() {
        return Err(mend.problem().into());
    }
    if TEXT_BYTES_MAX < draft.text.len() {
        let bytes = draft.text.len();
        return Err(RecordProblem::TooLong { bytes, bytes_max: TEXT_BYTES_MAX });
    }
    Ok(draft)
}

fn to_message(draft: Draft) -> Result<NewMessage, aios_record::Error> {
    let Draft { scope, text, role, name, external_id, occurred_at, expires_at, tags, .. } = draft;
    let mut metadata = draft.metadata;
    let session = Id::new(scope.session.clone().unwrap_or_default())?;
    if !tags.is_empty() {
        metadata.insert("tags".to_owned(), json!(tags));
    }
    Ok(NewMessage {
        name,
        timestamp: occurred_at,
        expires_at,
        external_id,
        metadata: some_object(metadata),
        scope,
        ..NewMessage::new(session, role.as_deref().unwrap_or("user"), text)
    })
}

/// Builds the fields of a tool call from the metadata of its draft.
fn to_tool_call(id: &Id, draft: Draft) -> Result<Map<String, Value>, String> {
    let mut fields = draft.metadata;
    fields.insert("id".to_owned(), json!(id));
    fields.insert("timestamp".to_owned(), json!(draft.occurred_at));
    fields::settle(Kind::ToolCall, fields)
}

/// Builds a session, whose summary is its title.
fn to_session(draft: Draft) -> Result<Record, String> {
    let id = Id::new(draft.scope.session.clone().unwrap_or_default());
    let id = id.map_err(|error| error.to_string())?;
    let payload = json!({
        "id": id,
        "summary": draft.text,
        "created_at": draft.occurred_at,
        "scope": draft.scope,
    });
    let payload = payload.as_object().expect("it is written as an object").clone();
    let payload = payload.into_iter().filter(|(_, value)| !value.is_null()).collect();
    Ok(Record { payload, ..Record::new(Kind::Session, id, draft.text, draft.scope) })
}

fn to_record(id: Id, draft: Draft) -> Record {
    let Draft {
        kind,
        scope,
        text,
        title,
        external_id,
        occurred_at,
        expires_at,
        tags,
        metadata,
        source,
        ..
    } = draft;
    let payload = json!({
        "title": title,
        "content": text,
        "source": source.as_ref().map(|source| &source.id),
        "tags": tags,
        "metadata": some_object(metadata),
    });
    // A piece of a document is also searchable by its heading, unless it begins with it.
    let text = match &title {
        Some(title) if !text.starts_with('#') => format!("{title}\n{text}"),
        _ => text,
    };
    let provenance = Provenance { module: Provenance::INGEST.to_owned(), ..Provenance::default() };
    Record {
        payload,
        provenance,
        title,
        tags,
        source,
        external_id,
        occurred_at,
        expires_at,
        ..Record::new(kind, id, text, scope)
    }
}

fn some_object(object: Map<String, Value>) -> Value {
    match object.is_empty() {
        true => Value::Null,
        false => Value::Object(object),
    }
}
