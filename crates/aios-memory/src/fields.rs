//! The fields of each kind: names, types, and the conversion of given values to them. `record`,
//! `update`, the importers and the command line share one table. The meaning of the fields is
//! documented with the types of `aios-working`.

use aios_draft::moment;
use aios_record::{Kind, Scope};
use serde_json::{Map, Value, json};

use crate::records::is_direct;

/// A field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its type.
    pub holds: Holds,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// Text.
    Text,
    /// The id of the record itself or of another record.
    Id,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A number from 0 to 1; others are clamped.
    Share,
    /// A truth value.
    Truth,
    /// A point in time, in any form of [`parse_timestamp`](aios_draft::moment::parse_timestamp).
    Time,
    /// A list of labels.
    Labels,
    /// Any JSON value.
    Json,
}

impl Holds {
    /// Returns a description of the expected value.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Holds::Text => "text",
            Holds::Id => "an id",
            Holds::Whole => "a whole number",
            Holds::Number => "a number",
            Holds::Share => "a number from 0 to 1",
            Holds::Truth => "true or false",
            Holds::Time => "a time, such as 2026-05-08T13:56:00Z",
            Holds::Labels => "a list of labels",
            Holds::Json => "JSON",
        }
    }

    /// Parses `text` from a command line or a text column.
    ///
    /// # Errors
    /// A message with the expected and the given value.
    pub fn parse(self, text: &str) -> Result<Value, String> {
        match self {
            Holds::Labels if !text.trim_start().starts_with('[') => {
                let labels = text.split(',').map(str::trim).filter(|label| !label.is_empty());
                Ok(labels.collect())
            }
            // Text that is not JSON is kept as a JSON string.
            Holds::Json | Holds::Labels => {
                Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
            }
            Holds::Whole | Holds::Number | Holds::Share => {
                serde_json::from_str(text.trim()).map_err(|_| self.refused(&Value::from(text)))
            }
            Holds::Text | Holds::Id | Holds::Time | Holds::Truth => Ok(Value::from(text)),
        }
        .and_then(|value| self.read(value))
    }

    /// Converts `value` to the form of the field; null stays null.
    ///
    /// # Errors
    /// A message with the expected and the given value.
    pub fn read(self, value: Value) -> Result<Value, String> {
        match (self, value) {
            (_, Value::Null) => Ok(Value::Null),
            (Holds::Json, value) => Ok(value),
            (Holds::Text | Holds::Id, value @ Value::String(_))
            | (Holds::Truth, value @ Value::Bool(_))
            | (Holds::Number, value @ Value::Number(_)) => Ok(value),
            (Holds::Id, Value::Number(number)) => Ok(number.to_string().into()),
            (Holds::Whole, Value::Number(number)) => whole(&number).ok_or(number.into()),
            (Holds::Share, Value::Number(number)) => share(&number).ok_or(number.into()),
            (Holds::Truth, value) => truth(&value).map(Value::Bool).ok_or(value),
            (Holds::Time, value) => return moment::from_json(&value).map(|time| json!(time)),
            (Holds::Labels, Value::Array(labels)) if labels.iter().all(Value::is_string) => {
                Ok(labels.into())
            }
            (_, value) => Err(value),
        }
        .map_err(|value| self.refused(&value))
    }

    fn refused(self, value: &Value) -> String {
        format!("expected {}, not `{}`", self.expected(), moment::excerpt(&value.to_string()))
    }
}

/// Returns a number without a fraction, also if it is written with one.
fn whole(number: &serde_json::Number) -> Option<Value> {
    if number.is_i64() || number.is_u64() {
        return Some(Value::from(number.clone()));
    }
    let real = number.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < 9e15)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within i64, checked above")]
    let whole = real as i64;
    Some(whole.into())
}

/// Clamps a number to the range 0 to 1.
fn share(number: &serde_json::Number) -> Option<Value> {
    let real = number.as_f64()?;
    Some(if (0.0..=1.0).contains(&real) {
        number.clone().into()
    } else {
        real.clamp(0.0, 1.0).into()
    })
}

/// Reads the ways in which programs write true and false.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "ok" | "success" | "succeeded" => Some(true),
            "0" | "false" | "f" | "no" | "n" | "error" | "failure" | "failed" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The fields that every record has in addition to its own.
const SHARED: &[Field] = &[
    Field { name: "scope", holds: Holds::Json },
    Field { name: "provenance", holds: Holds::Json },
    Field { name: "importance", holds: Holds::Share },
    Field { name: "created_at", holds: Holds::Time },
    Field { name: "updated_at", holds: Holds::Time },
    Field { name: "recorded_at", holds: Holds::Time },
    Field { name: "expires_at", holds: Holds::Time },
];

macro_rules! fields {
    ($($holds:ident: $($name:ident)+;)*) => {
        &[$($(Field { name: stringify!($name), holds: Holds::$holds },)+)*]
    };
}

/// Returns the fields specific to a kind.
#[must_use]
pub fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Goal => fields! {
            Id: id; Text: description status; Whole: priority; Time: completed_at; Text: result;
            Json: metadata;
        },
        Kind::Task => fields! {
            Id: id goal_id; Text: description agent status; Json: input output;
            Text: summary result error; Time: started_at completed_at; Whole: duration_ms;
            Json: metadata;
        },
        Kind::ToolCall => fields! {
            Id: id task_id; Whole: iteration; Text: tool_name agent; Json: input output;
            Truth: success; Whole: duration_ms; Text: reason; Time: timestamp;
        },
        Kind::Decision => fields! {
            Id: id; Text: context; Json: options;
            Text: chosen reasoning intelligence_level decided_by model_used outcome;
            Time: timestamp;
        },
        Kind::Pattern => fields! {
            Id: id; Text: trigger action; Number: success_rate success_bound; Whole: uses;
            Time: last_used; Text: created_from;
        },
        Kind::AgentState => fields! { Id: agent_name; Json: state; },
        Kind::Session => fields! {
            Id: id; Text: summary; Time: last_active; Whole: message_count;
        },
        Kind::Message => fields! {
            Id: id; Text: content role name; Time: timestamp; Labels: tags; Json: metadata;
        },
        Kind::Interaction => fields! {
            Id: id; Time: timestamp; Text: user_transcript; Json: llm_messages tool_calls;
            Text: assistant_response skill_used; Json: latency_ms;
        },
        Kind::Entry => fields! {
            Id: id; Text: category key; Json: value; Labels: tags; Text: entity_type entity_id;
            Time: timestamp;
        },
        Kind::Event => fields! {
            Id: id; Whole: seq; Time: timestamp; Text: category source; Json: data;
            Truth: critical;
        },
        Kind::Preference | Kind::Persona => fields! { Id: key; Json: value; },
        Kind::Procedure => fields! {
            Id: id; Text: name description; Json: steps; Whole: success_count fail_count;
            Number: avg_duration_ms; Labels: tags; Time: created_at last_used;
        },
        Kind::Incident => fields! {
            Id: id; Text: description; Json: symptoms;
            Text: root_cause resolution resolved_by prevention; Time: timestamp;
        },
        Kind::ConfigChange => fields! {
            Id: id; Text: file_path content changed_by reason; Time: timestamp;
        },
        Kind::Knowledge => fields! {
            Id: id; Text: title content source category key; Json: value; Share: confidence;
            Labels: tags;
        },
        Kind::Note => fields! { Id: id; Text: title content; Labels: tags; },
        Kind::Fact => fields! { Id: id; Text: subject attribute; Json: value; Text: text; },
        Kind::Summary => fields! { Id: id; Text: text; },
        _ => &[],
    }
}

/// Returns the names of a kind's fields that hold points in time.
pub fn times(kind: Kind) -> impl Iterator<Item = &'static str> {
    let all = fields(kind).iter().chain(SHARED);
    all.filter(|field| field.holds == Holds::Time).map(|field| field.name)
}

/// Names of derived or internal properties of a record. A free field of such a name would be
/// misleading.
const RESERVED: &[&str] = &[
    "kind",
    "user",
    "agent",
    "session",
    "text",
    "speaker",
    "position",
    "payload",
    "source",
    "external_id",
    "confidence",
    "trust",
    "occurred_at",
    "valid_from",
    "valid_to",
    "superseded_by",
];

/// Returns `true` if records of this kind accept other field names: kinds stored directly in
/// long-term memory are free objects, and a message keeps other fields as metadata. Reserved names,
/// such as `valid_from`, are not accepted.
#[must_use]
pub fn has_free_fields(kind: Kind) -> bool {
    is_direct(kind) || kind == Kind::Message
}

/// Normalises the object of a record of `kind`: checks every field name and converts every value to
/// the type of its field. Null fields are dropped, so that they get their default; `user_id` and
/// `session_id` become parts of the scope.
///
/// # Errors
/// A message with the field that is unknown or of the wrong type, and the expected value.
pub fn settle(kind: Kind, object: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let own = fields(kind);
    let mut settled = Map::new();
    let mut scope = Map::new();
    for (name, value) in object {
        if let Some(part) = scope_part(kind, &name) {
            let value = Holds::Id.read(value).map_err(|problem| format!("`{name}`: {problem}"))?;
            scope.insert(part.to_owned(), value);
            continue;
        }
        let name = if kind == Kind::AgentState && name == "id" { "agent_name" } else { &name };
        let known = own.iter().chain(SHARED).find(|field| field.name == name);
        let holds = match known {
            Some(field) => field.holds,
            None if !has_free_fields(kind) => return Err(unknown(kind, own, name)),
            None if RESERVED.contains(&name) => return Err(reserved(kind, own, name)),
            None => Holds::Json,
        };
        let value = holds.read(value).map_err(|problem| format!("`{name}`: {problem}"))?;
        if !value.is_null() {
            settled.insert(name.to_owned(), value);
        }
    }
    if !scope.is_empty() {
        // A part given by its own field takes precedence over `scope`.
        if let Some(Value::Object(given)) = settled.remove("scope") {
            scope = given.into_iter().chain(scope).collect();
        }
        settled.insert("scope".to_owned(), Value::Object(scope));
    }
    Ok(settled)
}

/// Returns the scope that [settled](settle) fields name.
///
/// # Errors
/// A message if it is not a scope.
pub fn scope_in(fields: &Map<String, Value>) -> Result<Scope, String> {
    match fields.get("scope") {
        None | Some(Value::Null) => Ok(Scope::default()),
        Some(scope) => {
            serde_json::from_value(scope.clone()).map_err(|error| format!("`scope`: {error}"))
        }
    }
}

/// Returns the part of the scope that a field name of other programs stands for.
fn scope_part(kind: Kind, name: &str) -> Option<&'static str> {
    match (kind, name) {
        (_, "user_id") | (Kind::Preference, "user") => Some("user"),
        (_, "session_id") => Some("session"),
        _ => None,
    }
}

fn reserved(kind: Kind, own: &[Field], name: &str) -> String {
    let (kind, names) = (with_article(kind), names(own).join(", "));
    format!("`{name}` cannot be set; {kind} has {names}, and fields with names of your own")
}

fn names(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name).collect()
}

fn with_article(kind: Kind) -> String {
    let article = if kind.as_str().starts_with(['a', 'e', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn unknown(kind: Kind, own: &[Field], name: &str) -> String {
    let names = names(own);
    let alike = names.iter().map(|known| (strsim::jaro_winkler(known, name), known));
    let alike = alike.filter(|(likeness, _)| 0.8 < *likeness).max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = alike.map(|(_, known)| format!(" (did you mean `{known}`?)")).unwrap_or_default();
    let kind = with_article(kind);
    format!("{kind} has no field `{name}`{meant}; it has {}", names.join(", "))
}

/// Returns `true` if the field names something. Its value is not checked for secrets.
pub(crate) fn is_name(field: &str) -> bool {
    matches!(field, "id" | "scope" | "provenance" | "agent_name" | "status" | "role" | "timestamp")
        || field.ends_with("_id")
        || field.ends_with("_at")
}

#[cfg(test)]
mod tests;
