//! One message, note or piece of a document, as it says itself, before it has an id.

mod part;

use std::sync::Arc;

use aios_record::{Gate, Kind, Scope, Source, Timestamp};
use serde_json::{Map, Value};

pub(crate) use self::part::Part;
pub use self::part::TEXT_BYTES_MAX;
use super::{
    conversation::{Unnamed, fitted},
    fields::{Place, like_owner, says_nothing, take_place},
    formats::{is_kept, message_shape, role_of},
    said::{IsNew, Mend, Said, Unfit},
    spellings::{TIME, is_nested},
};
use crate::{
    admission::Tells,
    document::Document,
    identity::{Facts, Former, Namer, Names},
    locomo,
};

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
    /// The provider among all of whose ids the external id is unique; without one it is unique
    /// within its scope.
    pub(crate) provider: Option<&'static str>,
    pub(crate) occurred_at: Option<Timestamp>,
    /// The time is that of its conversation, which does not differ from another one.
    pub(crate) is_time_inherited: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Map<String, Value>,
    /// Fields that were not understood, which are kept as metadata.
    pub(crate) unknown: Vec<String>,
    /// A field that may be meant as the owner, if none is named.
    pub(crate) like_owner: Option<String>,
    /// Fields that were odd, and what was made of them.
    pub(crate) mended: Vec<Mend>,
    pub(crate) source: Option<Source>,
    /// The document that it is a piece of.
    pub(crate) document: Option<Arc<Document>>,
    /// The conversation of a message that names none.
    pub(crate) unnamed: Option<Unnamed>,
    /// The place of its text among the parts of one that was cut.
    pub(crate) part: Part,
    /// The same record as former versions of this program read it, if they read it otherwise.
    pub(crate) former: Option<Box<Former>>,
}

/// The values that hold for records which leave them out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Defaults {
    /// The parts of the scope that the conversation names, or that the handle is narrowed to. The
    /// owner is that of the conversation only; whose the rest is, the gate decides.
    pub(crate) scope: Scope,
    /// The session of messages that name none.
    pub(crate) session: Unnamed,
    /// The title of the conversation.
    pub(crate) title: Option<String>,
    /// The handle acts for a user, whose all is that names no owner.
    pub(crate) is_owned: bool,
    /// A field of the conversation that may be meant as its owner.
    pub(crate) like_owner: Option<String>,
    /// The time of the conversation, for what has none of its own.
    pub(crate) time: Option<Timestamp>,
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
            session: place.session.map(|name| fitted(&name)).or(outer.session),
        };
        Ok(Defaults { scope, ..self.clone() })
    }
}

/// The name in a message's metadata of the title that its conversation has.
const TITLE: &str = "conversation_title";

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
            provider: None,
            occurred_at: None,
            is_time_inherited: false,
            tags: Vec::new(),
            metadata: Map::new(),
            unknown: Vec::new(),
            like_owner: None,
            mended: Vec::new(),
            source: None,
            document: None,
            unnamed: None,
            part: Part::WHOLE,
            former: None,
        }
    }

    /// Reads a record in any of the spellings that `spellings` has: its text, and who said it, when
    /// and where, its id and tags. It is a message if it has a role, a name or a session (or the
    /// caller gave a session), else a note. Other fields are kept as metadata.
    pub(crate) fn from_object(
        object: Map<String, Value>,
        defaults: &Defaults,
    ) -> Result<Draft, Unfit> {
        let before = Before::of(&object);
        let mut object = message_shape(object);
        unfold(&mut object);
        let Place { scope: named, former } = take_place(&mut object)?;
        let Said { text, role, name, external_id, occurred_at, tags, mut mended, mut is_new } =
            Said::take(&mut object)?;
        let is_time_inherited = occurred_at.is_none() && defaults.time.is_some();
        let occurred_at = occurred_at.or(defaults.time);
        // Former versions did not know it; it makes no difference where there is an id.
        is_new.occurred_at |= is_time_inherited && external_id.is_none();
        let scope = defaults.within(named)?.scope;
        let kind = match role.is_some() || name.is_some() || scope.session.is_some() {
            true => Kind::Message,
            false => Kind::Note,
        };
        let like_owner = like_owner(&object).or_else(|| defaults.like_owner.clone());
        let mut unknown: Vec<String> = Vec::new();
        let mut metadata = Map::new();
        for (name, value) in object {
            match value {
                Value::Object(inner) if is_nested(&name) => metadata.extend(inner),
                value if is_nested(&name) => {
                    if !says_nothing(&value) {
                        mended.push(Mend::of(&name, "expected an object; kept as it is"));
                        metadata.insert(name, value);
                    }
                }
                value => {
                    unknown.push(name.clone());
                    metadata.entry(name).or_insert(value);
                }
            }
        }
        // A word that says more than ours is kept beside it.
        let role = role.map(|word| {
            let ours = role_of(&word).to_owned();
            if is_kept(&word) {
                metadata.entry("role").or_insert_with(|| word.into());
            }
            ours
        });
        let mut draft = Draft {
            role,
            name,
            external_id,
            occurred_at,
            is_time_inherited,
            tags,
            metadata,
            unknown,
            like_owner,
            mended,
            ..Draft::new(kind, scope, text)
        };
        draft.former = draft.read_before(before, former, is_new, defaults).map(Box::new);
        Ok(draft.in_session(defaults))
    }

    /// Reads an object of a chat, where everything is a message.
    pub(crate) fn from_chat(
        object: Map<String, Value>,
        defaults: &Defaults,
    ) -> Result<Draft, Unfit> {
        let mut draft = Draft::from_object(object, defaults)?;
        if let Some(former) = &mut draft.former {
            former.kind = Kind::Message;
            former.scope.session.get_or_insert_with(|| defaults.session.former().to_owned());
        }
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

    /// Leaves a time before 1970 out, which many programs write for none, unless it is a note's.
    pub(crate) fn leave_out_early_time(&mut self) {
        let is_said = matches!(self.kind, Kind::Message | Kind::ToolCall | Kind::Session);
        let early = self.occurred_at.filter(|time| is_said && *time < Timestamp::UNIX_EPOCH);
        let Some(early) = early else { return };
        self.occurred_at = None;
        let reason = format!("{early} is before 1970; stored without a time, kept as metadata");
        self.mended.push(Mend::of(TIME.name, reason));
        if self.kind == Kind::Message {
            self.metadata.entry(TIME.name).or_insert_with(|| early.to_string().into());
        }
    }

    /// Fills in what the gate decides of the scope.
    ///
    /// # Errors
    /// A message if it names another owner, or another part, than the gate allows.
    pub(crate) fn fill(&mut self, gate: &Gate) -> Result<(), String> {
        let told = |error: aios_record::Error| error.to_string();
        gate.fill(&mut self.scope).map_err(told)?;
        if let (None, Some(field)) = (&self.scope.user, &self.like_owner) {
            return Err(format!(
                "`{field}` may be meant as the owner, and no owner is named; name one as `user`, \
                 give `--user`, or leave the field out"
            ));
        }
        if let Some(former) = &mut self.former {
            // What former versions read otherwise may not have passed.
            if gate.fill(&mut former.scope).is_err() {
                self.former = None;
            }
        }
        Ok(())
    }

    /// The parts of it that its source tells. Former versions may have stored a record otherwise
    /// that they read otherwise.
    pub(crate) fn tells(&self) -> Tells {
        match &self.former {
            None if self.kind == Kind::Message => Tells {
                role: self.role.is_some(),
                name: self.name.is_some(),
                time: self.occurred_at.is_some() && !self.is_time_inherited,
                tags: !self.tags.is_empty(),
            },
            _ => Tells::default(),
        }
    }

    /// The ids that follow from what it says, once its scope has an owner.
    pub(crate) fn names(&self, namer: &mut Namer) -> Names {
        namer.name(self.facts(), self.former.as_deref())
    }

    /// Puts a message that names no session in this one. `former` is the one that former versions
    /// gave it; if it goes on there, they may have stored it.
    pub(crate) fn settle_in(&mut self, session: &str, former: &str) {
        self.scope.session = Some(session.to_owned());
        if session != former {
            self.former = None;
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            kind: self.kind,
            scope: &self.scope,
            role: self.role.as_deref(),
            name: self.name.as_deref(),
            external_id: self.external_id.as_deref(),
            occurred_at: self.occurred_at,
            text: &self.text,
        }
    }

    /// The record as former versions read it, which knew fewer spellings; `None` if they read the
    /// same, or could not read it.
    fn read_before(
        &self,
        before: Before,
        place: Scope,
        is_new: IsNew,
        defaults: &Defaults,
    ) -> Option<Former> {
        let Before { role, name, text } = before;
        let text = text?;
        let named = Scope {
            user: self.scope.user.clone(),
            project: place.project.or_else(|| defaults.scope.project.clone()),
            agent: place.agent.or_else(|| defaults.scope.agent.clone()),
            session: place.session.or_else(|| defaults.scope.session.clone()),
        };
        let known = |is_new: bool, value: &Option<String>| value.clone().filter(|_| !is_new);
        let is_message = role.is_some() || name.is_some() || named.session.is_some();
        let kind = if is_message { Kind::Message } else { Kind::Note };
        let is_said = role == self.role && name == self.name && text == self.text;
        let is_known = !is_new.external_id && !is_new.occurred_at;
        let is_same = is_said && is_known && kind == self.kind && named == self.scope;
        let mut scope = named;
        if is_message && scope.session.is_none() {
            scope.session = Some(defaults.session.former().to_owned());
        }
        (!is_same).then(|| Former {
            kind,
            scope,
            role,
            name,
            external_id: known(is_new.external_id, &self.external_id),
            occurred_at: self.occurred_at.filter(|_| !is_new.occurred_at),
            text,
        })
    }

    /// A message always belongs to a session.
    pub(super) fn in_session(mut self, defaults: &Defaults) -> Draft {
        if self.kind == Kind::Message && self.scope.session.is_none() {
            self.scope.session = Some(defaults.session.name());
            self.unnamed = Some(defaults.session.clone());
        }
        if self.kind == Kind::Message
            && let Some(title) = &defaults.title
        {
            self.metadata.entry(TITLE).or_insert_with(|| title.as_str().into());
        }
        self
    }
}

/// The parts of a record as former versions of this program read them: by one spelling each, and of
/// the parts of a text only those that are text.
struct Before {
    role: Option<String>,
    name: Option<String>,
    /// None if they found no text.
    text: Option<String>,
}

impl Before {
    fn of(object: &Map<String, Value>) -> Before {
        let named = |name: &str| match object.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let text = match object.get("text").or_else(|| object.get("content")) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Array(parts)) => {
                let text = |part: &Value| {
                    part.as_str().or_else(|| part.get("text")?.as_str()).map(str::to_owned)
                };
                Some(parts.iter().filter_map(text).collect::<Vec<_>>().join("\n"))
            }
            _ => None,
        };
        Before {
            role: named("role"),
            name: named("name"),
            text: text.filter(|text| !text.trim().is_empty()),
        }
    }
}

/// Turns metadata that is written as text into the object that it says.
pub(super) fn unfold(object: &mut Map<String, Value>) {
    for (name, value) in object.iter_mut() {
        if is_nested(name)
            && let Value::String(text) = &*value
            && let Ok(inner @ Value::Object(_)) = super::parse(text.as_bytes())
        {
            *value = inner;
        }
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

#[cfg(test)]
mod tests;
