//! The record of a fact.

use aios_record::{Id, Key, Kind, Record, Source, Timestamp, Trust};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Meta,
    meta::words,
    row::{Row, fields},
};

/// Maximum number of evidence keys of a fact. The newest are kept.
pub const EVIDENCE_MAX: usize = 16;

/// A statement about a subject, with the times at which it is true and at which it was stated.
///
/// Subject and attribute form a slot, which has one current value. A fact without an attribute is
/// an open statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Unique among facts. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The statement in words, in the third person. Default: empty, which stands for the subject,
    /// the attribute and the value.
    #[serde(default)]
    pub text: String,
    /// The person or thing that it is about. Default: empty.
    #[serde(default)]
    pub subject: String,
    /// Property of the subject whose value it states. Default: empty, for an open statement.
    #[serde(default)]
    pub attribute: String,
    /// Value of the attribute. Default: null.
    #[serde(default)]
    pub value: Value,
    /// Name, in the text, of the speaker who made the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Keys of the records of the same owner that state it, oldest first; at most
    /// [`EVIDENCE_MAX`].
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Origin of the fact. Default: [`FactOrigin::Told`].
    #[serde(default)]
    pub origin: FactOrigin,
    /// Confidence, 0 to 1. Default: 1.
    #[serde(default = "certain")]
    pub confidence: f32,
    /// Time at which it was stated. Default: when it is first stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_at: Option<Timestamp>,
    /// A time in the statement: its expression, its value in ISO 8601, its granularity. Default:
    /// null.
    #[serde(default)]
    pub time: Value,
    /// Time from which it is true, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Time until which it is true, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// Time at which its end was stated. `None` for a current fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Key of the record that states its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Id of the fact that replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<Id>,
    /// Time of the last confirmation by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// Additional data; `tags` are labels to filter by, `title` is a heading. Default: null.
    #[serde(default)]
    pub metadata: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

words! {
    /// Origin of a fact.
    #[derive(Default)]
    FactOrigin {
        /// Extracted from messages by rules.
        Rules = "rules",
        /// Extracted from messages by a chat model. Its values occur in the messages.
        Chat = "chat",
        /// Recorded directly by a caller.
        #[default]
        Told = "told",
    }
}

fn certain() -> f32 {
    1.0
}

impl Fact {
    /// Returns a fact with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Fact {
        Fact {
            id: Id::generate(),
            text: text.into(),
            subject: String::new(),
            attribute: String::new(),
            value: Value::Null,
            speaker: None,
            evidence: Vec::new(),
            origin: FactOrigin::default(),
            confidence: certain(),
            stated_at: None,
            time: Value::Null,
            valid_from: None,
            valid_to: None,
            ended_at: None,
            ended_by: None,
            superseded_by: None,
            confirmed_at: None,
            metadata: Value::Null,
            meta: Meta::default(),
        }
    }

    /// Gives the fact a slot and its value.
    #[must_use]
    pub fn with_slot(
        self,
        subject: impl Into<String>,
        attribute: impl Into<String>,
        value: impl Into<Value>,
    ) -> Fact {
        let (subject, attribute) = (subject.into(), attribute.into());
        Fact { subject, attribute, value: value.into(), ..self }
    }

    /// Returns the statement in words.
    #[must_use]
    pub fn statement(&self) -> String {
        if !self.text.trim().is_empty() {
            return self.text.clone();
        }
        let value = self.value_text();
        let slot = [self.subject.trim(), self.attribute.trim()].map(str::to_owned);
        let slot: Vec<String> = slot.into_iter().filter(|part| !part.is_empty()).collect();
        match (slot.join(", "), value) {
            (slot, value) if slot.is_empty() => value,
            (slot, value) if value.is_empty() => slot,
            (slot, value) => format!("{slot}: {value}"),
        }
    }

    /// Returns the value as it appears in a text; empty for null.
    #[must_use]
    pub fn value_text(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Returns true if the fact has a slot.
    #[must_use]
    pub fn has_slot(&self) -> bool {
        !self.attribute.is_empty()
    }

    /// Returns true if no statement has ended the fact, regardless of its validity.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Returns true if the fact was known and true at a moment, by what was stated until then.
    #[must_use]
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        let known = self.stated_at.is_none_or(|at| at <= moment);
        let begun = self.valid_from.is_none_or(|from| from <= moment);
        let end_is_known = self.ended_at.is_none_or(|at| at <= moment);
        known && begun && !(end_is_known && self.valid_to.is_some_and(|to| to <= moment))
    }

    /// Returns the trust in it, derived from its origin and its confirmation.
    #[must_use]
    pub fn trust(&self) -> Trust {
        match (&self.origin, self.confirmed_at) {
            (_, Some(_)) => Trust::High,
            (FactOrigin::Chat, None) => Trust::Low,
            _ => Trust::Normal,
        }
    }
}

fields! {
    Fact {
        text, subject, attribute, value, speaker, evidence, origin, confidence, stated_at, time,
        valid_from, valid_to, ended_at, ended_by, superseded_by, confirmed_at, metadata,
    }
}

impl Row for Fact {
    const HAPPENED: &'static str = "stated_at";

    fn text(&self) -> String {
        self.statement()
    }

    fn settle(&mut self, now: Timestamp) {
        for label in [&mut self.subject, &mut self.attribute] {
            if label.trim().len() != label.len() {
                *label = label.trim().to_owned();
            }
        }
        self.confidence = self.confidence.clamp(0.0, 1.0);
        let excess = self.evidence.len().saturating_sub(EVIDENCE_MAX);
        self.evidence.drain(..excess);
        self.stated_at.get_or_insert(now);
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.stated_at;
        // A fact counts as known from its statement on, which may be older than the memory.
        if let Some(stated_at) = self.stated_at {
            record.recorded_at = record.recorded_at.min(stated_at);
        }
        let tags = self.metadata.get("tags").and_then(Value::as_array).into_iter().flatten();
        record.tags = tags.filter_map(Value::as_str).map(str::to_owned).collect();
        record.title = self.metadata.get("title").and_then(Value::as_str).map(str::to_owned);
        record.confidence = self.confidence;
        record.trust = self.trust();
        record.valid_from = self.valid_from;
        record.valid_to = self.valid_to;
        record.superseded_by.clone_from(&self.superseded_by);
        // The record that states it first. Searches do not show the fact beside it.
        record.source = self.evidence.first().and_then(|key| {
            let (kind, id) = key.split_once('/')?;
            Some(Source { kind: kind.to_owned(), id: id.to_owned() })
        });
        let owner = self.meta.scope.owner();
        for key in self.evidence.iter().filter_map(|key| key.parse::<Key>().ok()) {
            let reference = key.of(owner.clone());
            let is_itself = reference.kind == Kind::Fact && reference.id == self.id;
            if !is_itself && !record.references.contains(&reference) {
                record.references.push(reference);
            }
        }
    }
}
