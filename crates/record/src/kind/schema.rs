//! Descriptions of kinds for other programs: the JSON Schema of a record, and an example.

use serde_json::{Map, Value, json};

use super::{
    Kind,
    field::{Field, Need, SetBy, ValueType},
    rules::FreeFields,
};
use crate::ID_BYTES_MAX;

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

impl Kind {
    /// Returns the JSON Schema (draft 2020-12) of an object that describes a record of this kind:
    /// the input of `record`, or of a tool that records one. Fields that the memory sets itself are
    /// left out.
    #[must_use]
    pub fn schema(self) -> Value {
        let given = || self.given_fields();
        let properties: Map<String, Value> =
            given().map(|field| (field.name.to_owned(), field.schema())).collect();
        let required: Vec<&str> =
            given().filter(|field| field.need == Need::Required).map(|field| field.name).collect();
        let mut schema = json!({
            "$schema": DIALECT,
            "title": self.as_str(),
            "description": self.about(),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": self.free_fields() != FreeFields::Refused,
        });
        let one_of: Vec<Value> = self.one_of().map(|name| json!({"required": [name]})).collect();
        if !one_of.is_empty() {
            schema["anyOf"] = one_of.into();
        }
        schema
    }

    /// Returns an object that describes a record of this kind, with a value for each of its own
    /// fields that a caller may set. Records that it refers to have the id `KIND-1`.
    #[must_use]
    pub fn example(self) -> Map<String, Value> {
        let given = self.fields().iter().filter(|field| field.set_by == SetBy::Caller);
        given.map(|field| (field.name.to_owned(), field.example(self))).collect()
    }
}

impl Field {
    /// Returns the JSON Schema of its value.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut schema = match self.value_type {
            ValueType::Text => json!({"type": "string"}),
            ValueType::Texts => json!({"type": ["string", "array"], "items": {"type": "string"}}),
            ValueType::Word => json!({"type": "string", "examples": self.words}),
            ValueType::Id => json!({"type": "string", "minLength": 1, "maxLength": ID_BYTES_MAX}),
            ValueType::Whole => json!({"type": "integer"}),
            ValueType::Number => json!({"type": "number"}),
            ValueType::Share => json!({"type": "number", "minimum": 0, "maximum": 1}),
            ValueType::Truth => json!({"type": "boolean"}),
            ValueType::Time => json!({"type": "string", "format": "date-time"}),
            ValueType::Labels | ValueType::Keys => {
                json!({"type": "array", "items": {"type": "string"}})
            }
            ValueType::Scope => texts_schema(&["user", "project", "agent", "session"]),
            ValueType::Provenance => texts_schema(&["module", "client", "task_id", "updated_by"]),
            ValueType::Json => json!({}),
        };
        if let Some(min) = self.min {
            schema["minimum"] = min.into();
        }
        if let Some(max) = self.max {
            schema["maximum"] = max.into();
        }
        schema["description"] = self.about.into();
        schema
    }

    /// Returns an example of its value in a record of `kind`.
    #[must_use]
    pub fn example(&self, kind: Kind) -> Value {
        if let Some(instance) = self.instance {
            return instance.into();
        }
        let name = self.name.replace('_', " ");
        match self.value_type {
            ValueType::Text => format!("the {name}").into(),
            ValueType::Texts => json!([format!("the {name}")]),
            ValueType::Word => self.words[self.words.len() / 2].into(),
            ValueType::Id => {
                let subject = self.name.strip_suffix("_id").unwrap_or(self.name);
                let subject = if subject == "id" { kind.as_str() } else { subject };
                format!("{subject}-1").into()
            }
            ValueType::Whole => self.min.unwrap_or(1).max(1).into(),
            ValueType::Number | ValueType::Share => json!(0.5),
            ValueType::Truth => json!(true),
            ValueType::Time => json!("2026-05-08T13:56:00Z"),
            ValueType::Labels => json!(["a", "b"]),
            ValueType::Keys => json!(["message/message-1"]),
            ValueType::Scope => json!({"project": "project-1"}),
            ValueType::Provenance => json!({"module": "example"}),
            ValueType::Json => json!({ "detail": name }),
        }
    }
}

/// Returns the JSON Schema of an object with these texts, and no others.
fn texts_schema(names: &[&str]) -> Value {
    let properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
