//! A fact as JSON. The command line prints the same shape.

use aios_memory::{Fact, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::facts::key_of;

/// A statement about a subject, with the times at which it is true and at which it was stated.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fact)]
pub(crate) struct ShownFact {
    /// Its key, `fact/ID`.
    key: String,
    /// The person or thing that the statement is about. Empty if unknown.
    subject: String,
    /// Property of the subject, such as `home`. Empty for a statement without a slot.
    attribute: String,
    /// Value of the attribute.
    value: Value,
    /// The statement in the third person.
    text: String,
    /// A time in the statement: `expression`, `value` in ISO 8601, `granularity`; or null.
    time: Value,
    /// Time at which it was stated.
    #[schema(value_type = Option<String>, format = DateTime)]
    stated_at: Option<Timestamp>,
    /// Time from which it is true, if known.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    /// Time until which it is true, if known.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_to: Option<Timestamp>,
    /// Time at which its end was stated; null for a current fact.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Key of the record that states its end.
    ended_by: Option<String>,
    /// Time at which the memory stored it.
    #[schema(value_type = Option<String>, format = DateTime)]
    recorded_at: Option<Timestamp>,
    /// Key of the fact that replaced it.
    superseded_by: Option<String>,
    /// Keys of the records that state it, oldest first, at most 16.
    evidence: Vec<String>,
    /// 0 to 1.
    confidence: f32,
    /// Time of the last confirmation by a person.
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Timestamp>,
    /// `low`, `normal` or `high`. Depends on how the fact was stored.
    trust: &'static str,
    /// `rules`, `chat` or `told`.
    origin: String,
    /// Its owner; null if it is shared.
    user: Option<String>,
    /// Id of the project to which it belongs.
    project: Option<String>,
}

impl ShownFact {
    /// Returns the statement.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl From<Fact> for ShownFact {
    fn from(fact: Fact) -> ShownFact {
        let (text, trust) = (fact.statement(), fact.trust().as_str());
        ShownFact {
            key: key_of(&fact.id).to_string(),
            subject: fact.subject,
            attribute: fact.attribute,
            value: fact.value,
            text,
            time: fact.time,
            stated_at: fact.stated_at,
            valid_from: fact.valid_from,
            valid_to: fact.valid_to,
            ended_at: fact.ended_at,
            ended_by: fact.ended_by,
            recorded_at: fact.meta.recorded_at,
            superseded_by: fact.superseded_by.as_ref().map(|id| key_of(id).to_string()),
            evidence: fact.evidence,
            confidence: fact.confidence,
            confirmed_at: fact.confirmed_at,
            trust,
            origin: fact.origin.to_string(),
            user: fact.meta.scope.user,
            project: fact.meta.scope.project,
        }
    }
}
