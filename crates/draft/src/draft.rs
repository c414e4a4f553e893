//! A message, a note or a piece of a document as its source states it, before it has an id.

mod part;

use aios_record::{Gate, Kind, Scope, Source, Timestamp};
use serde_json::{Map, Value};

pub use self::part::{Part, TEXT_BYTES_MAX};
use crate::{
    identity::{Facts, Former, Namer, Names},
    moment::{self, SAID_SECONDS_MAX},
    place::{Place, like_owner, says_nothing, take_place},
    said::{IsNew, Mend, Said, Unfit},
    shape::{is_kept, is_model, message_shape, role_of, unfold},
    spellings::{TIME, is_nested},
    unnamed::{Unnamed, fitted},
};

/// An incoming record without an id.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Kind of the record.
    pub kind: Kind,
    /// Scope, as far as the source states it.
    pub scope: Scope,
    /// Text of the record.
    pub text: String,
    /// Title.
    pub title: Option<String>,
    /// Role of the speaker, normalised if its word is known.
    pub role: Option<String>,
    /// Name of the speaker.
    pub name: Option<String>,
    /// Id of the record in its source.
    pub external_id: Option<String>,
    /// The provider within which the external id is unique. Without a provider, the id is unique
    /// within its scope.
    pub provider: Option<&'static str>,
    /// Time of the record.
    pub occurred_at: Option<Timestamp>,
    /// Time from which reads no longer return the record.
    pub expires_at: Option<Timestamp>,
    /// True if the time was inherited from the conversation and therefore does not distinguish
    /// records.
    pub is_time_inherited: bool,
    /// Labels.
    pub tags: Vec<String>,
    /// Other fields of the source, stored with the record.
    pub metadata: Map<String, Value>,
    /// Names of unrecognised fields, which are kept as metadata.
    pub unknown: Vec<String>,
    /// Name of a field that may be meant as the owner, if no field names one.
    pub like_owner: Option<String>,
    /// True if secrets are removed from the texts even if the settings only mark them. Used for
    /// transcripts of coding agents, which nobody chose to store.
    pub redacts_secrets: bool,
    /// Malformed fields, with their repairs.
    pub mended: Vec<Mend>,
    /// The source, such as a file.
    pub source: Option<Source>,
    /// Session to use if a message names none.
    pub unnamed: Option<Unnamed>,
    /// Position of this text among the parts of a text that was cut.
    pub part: Part,
    /// The record as earlier versions of this program read it, if it differs.
    pub former: Option<Box<Former>>,
}

/// Defaults for records that lack these values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    /// Scope of the conversation, or of a narrowed handle. Its owner is only that of the
    /// conversation; the gate decides the owner of other records.
    pub scope: Scope,
    /// Session of messages that name none.
    pub session: Unnamed,
    /// Title of the conversation.
    pub title: Option<String>,
    /// True if the handle acts for a user, who then owns all records that name no owner.
    pub is_owned: bool,
    /// Name of a field of the conversation that may be meant as its owner.
    pub like_owner: Option<String>,
    /// Time of the conversation, for records without one.
    pub time: Option<Timestamp>,
    /// True if secrets are removed from the records even if the settings only mark them.
    pub redacts_secrets: bool,
}

impl Defaults {
    /// Returns these defaults narrowed to a conversation with the scope `place`.
    ///
    /// # Errors
    /// A message if an enclosing conversation belongs to another user.
    pub fn within(&self, place: Scope) -> Result<Defaults, String> {
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

/// Role of a model that a record names as its speaker.
const MODEL: &str = "assistant";

/// Metadata key of the conversation's title in a message.
const TITLE: &str = "conversation_title";

impl Draft {
    /// Creates a draft with a kind, a scope and a text.
    #[must_use]
    pub fn new(kind: Kind, scope: Scope, text: String) -> Draft {
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
            expires_at: None,
            is_time_inherited: false,
            tags: Vec::new(),
            metadata: Map::new(),
            unknown: Vec::new(),
            like_owner: None,
            redacts_secrets: false,
            mended: Vec::new(),
            source: None,
            unnamed: None,
            part: Part::WHOLE,
            former: None,
        }
    }

    /// Reads a record: its text, speaker, time, scope, id and tags, each in any of the spellings of
    /// `spellings`. A record with a role, a name or a session (or with a session in `defaults`) is
    /// a message, any other a note. Other fields are kept as metadata.
    ///
    /// # Errors
    /// [`Unfit`] if the object has no text, or its scope cannot be read.
    pub fn from_object(object: Map<String, Value>, defaults: &Defaults) -> Result<Draft, Unfit> {
        let before = Before::of(&object);
        let mut object = message_shape(object);
        unfold(&mut object);
        let Place { scope: named, former } = take_place(&mut object)?;
        let said = Said::take(&mut object)?;
        let Said { text, role, name, external_id, occurred_at, expires_at, tags, .. } = said;
        let (mut mended, mut is_new) = (said.mended, said.is_new);
        // A model may be named in a field that no other shape reads, such as `speaker_name`.
        let by_model = || name.as_deref().filter(|name| is_model(name)).map(|_| MODEL.to_owned());
        let role = role.or_else(by_model);
        let is_time_inherited = occurred_at.is_none() && defaults.time.is_some();
        let occurred_at = occurred_at.or(defaults.time);
        // Earlier versions ignored the conversation's time. The id of a record with an external id
        // does not depend on the time.
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
        // If the source's word is more specific than the normalised role, it is kept as well.
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
            expires_at,
            is_time_inherited,
            tags,
            metadata,
            unknown,
            like_owner,
            redacts_secrets: defaults.redacts_secrets,
            mended,
            ..Draft::new(kind, scope, text)
        };
        draft.former = draft.read_before(before, former, is_new, defaults).map(Box::new);
        Ok(draft.in_session(defaults))
    }

    /// Reads an object of a chat. Every object is a message.
    ///
    /// # Errors
    /// As [`from_object`](Draft::from_object).
    pub fn from_chat(object: Map<String, Value>, defaults: &Defaults) -> Result<Draft, Unfit> {
        let mut draft = Draft::from_object(object, defaults)?;
        if let Some(former) = &mut draft.former {
            former.kind = Kind::Message;
            former.scope.session.get_or_insert_with(|| defaults.session.former().to_owned());
        }
        Ok(Draft { kind: Kind::Message, ..draft }.in_session(defaults))
    }

    /// Removes a value that is not a time: a zero date, which programs write for a missing time,
    /// and, from everything that was said or done, a time before 1970 or after 2099. A note may be
    /// about an earlier or later time.
    pub fn leave_out_odd_time(&mut self) {
        let Some(time) = self.occurred_at else { return };
        let is_said = matches!(self.kind, Kind::Message | Kind::ToolCall | Kind::Session);
        let oddity = match time.as_second() {
            _ if is_said && time < Timestamp::UNIX_EPOCH => "is before 1970",
            _ if moment::zero_date(time).is_some() => "stands for a missing time",
            SAID_SECONDS_MAX.. if is_said => "is after 2099",
            _ => return,
        };
        // Earlier versions stored these with the time, on which the id depends.
        let was_stored = !is_said || Timestamp::UNIX_EPOCH == time;
        if was_stored {
            self.former = Some(Box::new(self.as_former()));
        }
        self.occurred_at = None;
        let reason = format!("{time} {oddity}; stored without a time, kept as metadata");
        self.mended.push(Mend::of(TIME.name, reason));
        if matches!(self.kind, Kind::Message | Kind::Note) {
            self.metadata.entry(TIME.name).or_insert_with(|| time.to_string().into());
        }
    }

    /// Returns the record as it is now.
    fn as_former(&self) -> Former {
        Former {
            kind: self.kind,
            scope: self.scope.clone(),
            role: self.role.clone(),
            name: self.name.clone(),
            external_id: self.external_id.clone(),
            occurred_at: self.occurred_at,
            text: self.text.clone(),
        }
    }

    /// Fills in the parts of the scope that `gate` decides.
    ///
    /// # Errors
    /// A message if the draft names another owner or part of the scope than the gate allows.
    pub fn fill(&mut self, gate: &Gate) -> Result<(), String> {
        let told = |error: aios_record::Error| error.to_string();
        gate.fill(&mut self.scope).map_err(told)?;
        if let (None, Some(field)) = (&self.scope.user, &self.like_owner) {
            return Err(format!(
                "`{field}` may name an owner, but no owner is given; add `user`, pass `--user`, or \
                 omit the field"
            ));
        }
        if let Some(former) = &mut self.former {
            // The gate may refuse the scope that earlier versions read.
            if gate.fill(&mut former.scope).is_err() {
                self.former = None;
            }
        }
        Ok(())
    }

    /// Returns the ids derived from the content. The scope must have its owner.
    #[must_use]
    pub fn names(&self, namer: &mut Namer) -> Names {
        namer.name(self.facts(), self.former.as_deref())
    }

    /// Sets the session of a message that names none. `former` is the session that earlier versions
    /// assigned. If the two differ, earlier versions cannot have stored the message in this
    /// session.
    pub fn settle_in(&mut self, session: &str, former: &str) {
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

    /// Returns the record as earlier versions read it, which recognised fewer spellings. `None` if
    /// the result is the same, or if they could not read it.
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

    /// Sets the default session of a message without one: every message has a session.
    #[must_use]
    pub fn in_session(mut self, defaults: &Defaults) -> Draft {
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

/// Parts of a record as earlier versions of this program read them: one spelling of each field, and
/// only the text parts of a list of content parts.
struct Before {
    role: Option<String>,
    name: Option<String>,
    /// `None` if they found no text.
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

/// Returns the user of a record, or else that of its conversation.
fn one_user(own: Option<String>, around: Option<String>) -> Result<Option<String>, String> {
    match (own, around) {
        (Some(own), Some(around)) if own != around => {
            Err(format!("it names the user `{own}`, but its conversation names `{around}`"))
        }
        (own, around) => Ok(own.or(around)),
    }
}

#[cfg(test)]
mod tests;
