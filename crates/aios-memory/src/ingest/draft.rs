//! What one message, note or piece of a document says of itself, before it has an id.

use aios_record::{Kind, Scope, Source, Timestamp, forms};
use serde_json::{Map, Value};

use super::fields::{AGENT, SESSION, agreed, owner_of, take_named, take_scope};
use crate::{
    identity::{self, Facts, Namer, Names},
    locomo, moment,
};

/// The longest text of one record, in bytes.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// The longest name, role, tag or id, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// An incoming record without an id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) scope: Scope,
    pub(crate) text: String,
    pub(crate) title: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Map<String, Value>,
    /// Fields that were not understood, which are kept as metadata.
    pub(crate) unknown: Vec<String>,
    pub(crate) source: Option<Source>,
}

/// The values that hold for records which leave them out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Defaults {
    /// The parts of the scope that the conversation names, or that the handle is narrowed to. The
    /// owner is that of the conversation only; whose the rest is, the gate decides.
    pub(crate) scope: Scope,
    /// The session of messages that name none.
    pub(crate) session: String,
}

impl Defaults {
    /// These values within a conversation that belongs to `place`.
    ///
    /// # Errors
    /// A message if a conversation around it belongs to another user.
    pub(crate) fn within(&self, place: Scope) -> Result<Defaults, String> {
        let outer = self.scope.clone();
        let scope = Scope {
            user: one_user(place.user, outer.user)?,
            project: place.project.or(outer.project),
            agent: place.agent.or(outer.agent),
            session: place.session.or(outer.session),
        };
        Ok(Defaults { scope, session: self.session.clone() })
    }
}

impl Draft {
    pub(crate) fn new(kind: Kind, scope: Scope, text: String) -> Draft {
        Draft {
            kind,
            scope,
            text,
            title: None,
            role: None,
            name: None,
            external_id: None,
            occurred_at: None,
            tags: Vec::new(),
            metadata: Map::new(),
            unknown: Vec::new(),
            source: None,
        }
    }

    /// Reads `{text or content, role?, name?, id?, session?, user?, agent?, scope?, timestamp?,
    /// tags?, metadata?}`; owner, session and agent in any of their usual spellings. It is a
    /// message if it has a role, a name or a session (or the caller gave a session), else a note.
    /// Other fields are kept as metadata.
    pub(crate) fn from_object(
        mut object: Map<String, Value>,
        defaults: &Defaults,
    ) -> Result<Draft, String> {
        let text = match object.remove("text").or_else(|| object.remove("content")) {
            Some(value) => text_of(&value)?,
            None => return Err("a record has a `text` or a `content`, this one has neither".into()),
        };
        let mut take = |key: &str| name_of(key, object.remove(key));
        let (role, name, external_id) = (take("role")?, take("name")?, take("id")?);
        let named = take_scope(&mut object)?;
        let user = agreed("user", owner_of(&mut object)?, named.user)?;
        let agent = agreed("agent", take_named(&mut object, AGENT)?, named.agent)?;
        let session = agreed("session", take_named(&mut object, SESSION)?, named.session)?;
        let own = defaults.scope.clone();
        let scope = Scope {
            user: one_user(user, own.user)?,
            project: named.project.or(own.project),
            agent: agent.or(own.agent),
            session: session.or(own.session),
        };
        let kind = match role.is_some() || name.is_some() || scope.session.is_some() {
            true => Kind::Message,
            false => Kind::Note,
        };
        let occurred_at = match object.remove("timestamp") {
            None | Some(Value::Null) => None,
            Some(value) => Some(moment::from_json(&value)?),
        };
        let tags = tags_of(object.remove("tags"))?;
        let given = object.remove("metadata");
        let unknown = object.keys().cloned().collect();
        let metadata = match given {
            None | Some(Value::Null) => object,
            Some(Value::Object(given)) => object.into_iter().chain(given).collect(),
            Some(other) => {
                return Err(format!(
                    "`metadata` is an object, not `{}`",
                    moment::excerpt(&other.to_string())
                ));
            }
        };
        let draft = Draft {
            role,
            name,
            external_id,
            occurred_at,
            tags,
            metadata,
            unknown,
            ..Draft::new(kind, scope, text)
        };
        Ok(draft.in_session(defaults))
    }

    /// Reads an object of a chat, where everything is a message.
    pub(crate) fn from_chat(
        object: Map<String, Value>,
        defaults: &Defaults,
    ) -> Result<Draft, String> {
        let draft = Draft::from_object(object, defaults)?;
        Ok(Draft { kind: Kind::Message, ..draft }.in_session(defaults))
    }

    /// The turns of a conversation: session = `sample/session_N`, name = speaker. The sample's id
    /// is an artefact of the format and names no owner.
    pub(crate) fn from_sample(sample: &locomo::Sample, defaults: &Defaults) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for session in &sample.sessions {
            let name = format!("{}/session_{}", sample.id, session.number);
            let scope = defaults.scope.clone().with_session(name);
            drafts.extend(session.turns.iter().map(|turn| Draft {
                role: Some("user".to_owned()),
                name: Some(turn.speaker.clone()),
                external_id: turn.dia_id.clone(),
                occurred_at: session.started_at,
                ..Draft::new(Kind::Message, scope.clone(), turn.text.clone())
            }));
        }
        drafts
    }

    /// The ids that follow from what it says, once its scope has an owner.
    pub(crate) fn names(&self, namer: &mut Namer) -> Names {
        if let Some(external_id) = &self.external_id {
            let id = identity::external(self.kind, &self.scope, external_id);
            return Names { id, former: Vec::new() };
        }
        namer.name(Facts {
            kind: self.kind,
            scope: &self.scope,
            role: self.role.as_deref(),
            name: self.name.as_deref(),
            occurred_at: self.occurred_at,
            text: &self.text,
        })
    }

    /// A message always belongs to a session.
    fn in_session(mut self, defaults: &Defaults) -> Draft {
        if self.kind == Kind::Message && self.scope.session.is_none() {
            self.scope.session = Some(defaults.session.clone());
        }
        self
    }
}

/// The user that something names, or else the one of its conversation.
fn one_user(own: Option<String>, around: Option<String>) -> Result<Option<String>, String> {
    match (own, around) {
        (Some(own), Some(around)) if own != around => {
            Err(format!("it names another user, `{own}`, than its conversation, `{around}`"))
        }
        (own, around) => Ok(own.or(around)),
    }
}

/// The text of a record: text, or the list of parts that chat interfaces use, of which those that
/// are text count.
fn text_of(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| {
                part.as_str().or_else(|| part.get("text").and_then(Value::as_str))
            });
            texts.collect::<Vec<_>>().join("\n")
        }
        other => {
            return Err(format!("the text is `{}`, not text", moment::excerpt(&other.to_string())));
        }
    };
    if forms::is_blank(&text) {
        return Err("the text is empty".to_owned());
    }
    if TEXT_BYTES_MAX < text.len() {
        return Err(format!(
            "the text has {} bytes, more than {TEXT_BYTES_MAX}; split it",
            text.len()
        ));
    }
    Ok(text)
}

pub(super) fn name_of(key: &str, value: Option<Value>) -> Result<Option<String>, String> {
    let name = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) => name,
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => {
            let given = moment::excerpt(&other.to_string());
            return Err(format!("`{key}` is `{given}`, not text"));
        }
    };
    match name.len() {
        0 => Ok(None),
        1..=NAME_BYTES_MAX => Ok(Some(name)),
        bytes => Err(format!("`{key}` has {bytes} bytes, more than {NAME_BYTES_MAX}")),
    }
}

fn tags_of(value: Option<Value>) -> Result<Vec<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(tag)) => Ok(vec![tag]),
        Some(Value::Array(tags)) => {
            let tags = tags.into_iter().map(|tag| name_of("tags", Some(tag)));
            Ok(tags.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        Some(other) => {
            Err(format!("`tags` is a list of text, not `{}`", moment::excerpt(&other.to_string())))
        }
    }
}

#[cfg(test)]
mod tests;
