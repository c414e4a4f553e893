//! The mark of a record that belongs to the graph, in its metadata.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The part that a record has in the graph: the value of the field [`FIELD`](Mark::FIELD) of its
/// metadata.
///
/// ```
/// use aios_memory::graph::Mark;
///
/// let mark = Mark::Entity { entity: "Ada".to_owned(), sort: "person".to_owned() };
/// assert_eq!(mark.to_value().to_string(), r#"{"entity":"Ada","type":"person"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Mark {
    /// It states the type of an entity.
    Entity {
        /// The name of the entity.
        entity: String,
        /// The type.
        #[serde(rename = "type")]
        sort: String,
    },
    /// It states an observation: the value of a fact, the content of a note.
    Observation {
        /// The name of the entity.
        observation_of: String,
        /// The type of the entity, if the record states it.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        sort: Option<String>,
    },
    /// It states a relation.
    Relation {
        /// The name of the entity where the relation starts.
        from: String,
        /// The type of the relation.
        #[serde(rename = "type")]
        sort: String,
        /// The name of the entity where the relation ends.
        to: String,
    },
}

impl Mark {
    /// The field of the metadata.
    pub const FIELD: &str = "graph";

    /// Returns the mark in the metadata of a record.
    pub(super) fn of(metadata: &Value) -> Option<Mark> {
        Mark::deserialize(metadata.get(Mark::FIELD)?).ok()
    }

    /// Returns the value of the field.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a mark is plain text")
    }
}
