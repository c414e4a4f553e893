//! Given values of fields: their conversion to the types in the table of kinds. `record`, `update`,
//! the importers and the command line share it. The fields of each kind are described in
//! `aios-record`.

use std::{collections::BTreeSet, sync::LazyLock};

use aios_draft::{moment, place};
use aios_record::{Field, FreeFields, Id, Kind, Record, Scope, SetBy, ValueType, forms};
use serde_json::{Map, Value, json};

/// Parses `text` from a command line or a text column.
///
/// # Errors
/// A message with the expected and the given value.
pub fn parse(value_type: ValueType, text: &str) -> Result<Value, String> {
    match value_type {
        ValueType::Labels | ValueType::Keys if !text.trim_start().starts_with('[') => {
            let labels = text.split(',').map(str::trim).filter(|label| !label.is_empty());
            Ok(labels.collect())
        }
        ValueType::Texts if !text.trim_start().starts_with('[') => Ok(Value::from(text)),
        // Text that is not JSON is kept as a JSON string.
        ValueType::Json
        | ValueType::Scope
        | ValueType::Provenance
        | ValueType::Labels
        | ValueType::Keys
        | ValueType::Texts => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
        ValueType::Whole | ValueType::Number | ValueType::Share => {
            serde_json::from_str(text.trim()).map_err(|_| refused(value_type, &Value::from(text)))
        }
        _ => Ok(Value::from(text)),
    }
    .and_then(|value| read(value_type, value))
}

/// Converts `value` to the form of a type; null stays null.
///
/// # Errors
/// A message with the expected and the given value.
pub fn read(value_type: ValueType, value: Value) -> Result<Value, String> {
    match (value_type, value) {
        (_, Value::Null) => Ok(Value::Null),
        (ValueType::Json | ValueType::Scope | ValueType::Provenance, value) => Ok(value),
        (
            ValueType::Text | ValueType::Texts | ValueType::Word | ValueType::Id,
            value @ Value::String(_),
        )
        | (ValueType::Truth, value @ Value::Bool(_))
        | (ValueType::Number, value @ Value::Number(_)) => Ok(value),
        (ValueType::Id, Value::Number(number)) => Ok(number.to_string().into()),
        (ValueType::Whole, Value::Number(number)) => whole(&number).ok_or(number.into()),
        (ValueType::Share, Value::Number(number)) => share(&number).ok_or(number.into()),
        (ValueType::Truth, value) => truth(&value).map(Value::Bool).ok_or(value),
        (ValueType::Time, value) => return moment::from_json(&value).map(|time| json!(time)),
        (ValueType::Labels | ValueType::Keys | ValueType::Texts, Value::Array(items))
            if items.iter().all(Value::is_string) =>
        {
            Ok(items.into())
        }
        (_, value) => Err(value),
    }
    .map_err(|value| refused(value_type, &value))
}

/// Converts `value` to the form of `field`, and checks its bounds; null stays null.
fn read_field(field: &Field, value: Value) -> Result<Value, String> {
    let value = read(field.value_type, value)?;
    match value.as_i64() {
        Some(number) if !field.admits(number) => {
            Err(format!("expected {}, not `{number}`", field.expected()))
        }
        _ => Ok(value),
    }
}

fn refused(value_type: ValueType, value: &Value) -> String {
    format!("expected {}, not `{}`", value_type.expected(), moment::excerpt(&value.to_string()))
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

/// Returns the names of a kind's fields with points in time.
pub fn times(kind: Kind) -> impl Iterator<Item = &'static str> {
    let times = kind.all_fields().filter(|field| field.value_type == ValueType::Time);
    times.map(|field| field.name)
}

/// Field of additional data, which other programs fill.
const METADATA: &str = "metadata";

/// Properties of a record that a free field may be called, because it sets them for other kinds.
const FREE_PROPERTIES: &[&str] = &["title", "tags"];

/// Names of derived or internal properties of a record, and of the parts of its scope. A free field
/// of such a name would be misleading.
static RESERVED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let record = Record::new(Kind::Note, Id::generate(), "", Scope::default());
    let properties = serde_json::to_value(record).expect("a record is plain data");
    let properties = properties.as_object().into_iter().flat_map(Map::keys).cloned();
    let parts = Scope::default().parts().map(|(name, _)| name.to_owned());
    let names = properties.chain(parts);
    names.filter(|name| !FREE_PROPERTIES.contains(&&**name)).collect()
});

/// Normalises the object of a record of `kind`: checks every field name and converts every value to
/// the type of its field. Null fields are dropped, so that they get their default; `user_id` and
/// `session_id` become parts of the scope, and so does an owner that the metadata or a free field
/// names in any of the spellings of `aios-draft`.
///
/// # Errors
/// A message with the field that is unknown or of the wrong type, and the expected value, or with
/// the field that names another owner or only looks like one.
pub fn settle(kind: Kind, object: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut settled = Map::new();
    let mut scope = Map::new();
    for (name, value) in object {
        if let Some(part) = scope_part(kind, &name) {
            let value =
                read(ValueType::Id, value).map_err(|problem| format!("`{name}`: {problem}"))?;
            scope.insert(part.to_owned(), value);
            continue;
        }
        let (name, value) = match kind.field(&name) {
            Some(field) => (field.name.to_owned(), read_field(field, value)),
            None if kind.free_fields() == FreeFields::Refused => return Err(unknown(kind, &name)),
            None if RESERVED.contains(&name) => return Err(reserved(kind, &name)),
            None => (name, Ok(value)),
        };
        let value = value.map_err(|problem| format!("`{name}`: {problem}"))?;
        if !value.is_null() {
            settled.insert(name, value);
        }
    }
    check_validity(&settled)?;
    take_owner(kind, &mut settled, &mut scope)?;
    if !scope.is_empty() {
        // A part given by its own field takes precedence over `scope`.
        if let Some(Value::Object(given)) = settled.remove("scope") {
            scope = given.into_iter().chain(scope).collect();
        }
        settled.insert("scope".to_owned(), Value::Object(scope));
    }
    Ok(settled)
}

/// Refuses a validity that ends before it begins.
fn check_validity(settled: &Map<String, Value>) -> Result<(), String> {
    let time = |name: &str| settled.get(name).and_then(|value| moment::from_json(value).ok());
    match time("valid_from").zip(time("valid_to")) {
        Some((from, to)) if to < from => Err("`valid_from` is later than `valid_to`".to_owned()),
        _ => Ok(()),
    }
}

/// Moves the owner that the metadata or a free field names to `scope`, so that the record does not
/// become shared. The fields of a kind itself are content.
fn take_owner(
    kind: Kind,
    settled: &mut Map<String, Value>,
    scope: &mut Map<String, Value>,
) -> Result<(), String> {
    let is_open = |name: &String| name == METADATA || kind.field(name).is_none();
    let names: Vec<String> = settled.keys().filter(|name| is_open(name)).cloned().collect();
    let open = names.into_iter().filter_map(|name| settled.remove_entry(&name));
    let mut open: Map<String, Value> = open.collect();
    let owner = place::owner_of_record(&mut open)?;
    settled.extend(open);
    let Some(owner) = owner.map(Value::from) else { return Ok(()) };
    let given = settled.get("scope").and_then(|scope| scope.get("user"));
    let given = scope.get("user").or(given).filter(|user| !user.is_null());
    if given.is_some_and(|user| *user != owner) {
        return Err("two of its fields name different owners".to_owned());
    }
    scope.insert("user".to_owned(), owner);
    Ok(())
}

/// Returns the scope that [settled](settle) fields name.
///
/// # Errors
/// A message if it is not a scope, or its session is not an id.
pub fn scope_in(fields: &Map<String, Value>) -> Result<Scope, String> {
    let scope: Scope = match fields.get("scope") {
        None | Some(Value::Null) => Scope::default(),
        Some(scope) => {
            serde_json::from_value(scope.clone()).map_err(|error| format!("`scope`: {error}"))?
        }
    };
    if let Some(session) = scope.session.as_ref().filter(|session| !forms::is_blank(session)) {
        Id::new(session.as_str()).map_err(|error| format!("`scope.session`: {error}"))?;
    }
    Ok(scope)
}

/// Returns the part of a scope that is given but has no visible text.
#[must_use]
pub fn blank_part(scope: &Scope) -> Option<&'static str> {
    let given = scope.parts().into_iter().filter_map(|(name, part)| Some((name, part?)));
    given.into_iter().find(|(_, part)| forms::is_blank(part)).map(|(name, _)| name)
}

/// Returns the part of the scope that a field name of other programs denotes.
fn scope_part(kind: Kind, name: &str) -> Option<&'static str> {
    match (kind, name) {
        (_, "user_id") | (Kind::Preference, "user") => Some("user"),
        (_, "session_id") => Some("session"),
        _ => None,
    }
}

fn reserved(kind: Kind, name: &str) -> String {
    let (kind, names) = (with_article(kind), names(kind).join(", "));
    format!("`{name}` cannot be set; {kind} has {names}, and fields with names of your own")
}

/// Returns the names of a kind's own fields that a caller may set.
pub fn names(kind: Kind) -> Vec<&'static str> {
    let own = kind.fields().iter().filter(|field| field.set_by == SetBy::Caller);
    own.map(|field| field.name).collect()
}

fn with_article(kind: Kind) -> String {
    let article = if kind.as_str().starts_with(['a', 'e', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn unknown(kind: Kind, name: &str) -> String {
    let names = names(kind);
    let alike = names.iter().map(|known| (strsim::jaro_winkler(known, name), known));
    let alike = alike.filter(|(likeness, _)| 0.8 < *likeness).max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = alike.map(|(_, known)| format!(" (did you mean `{known}`?)")).unwrap_or_default();
    let kind = with_article(kind);
    format!("{kind} has no field `{name}`{meant}; it has {}", names.join(", "))
}

/// Returns `fields` with their scope replaced by `scope`.
pub(crate) fn with_scope(mut fields: Map<String, Value>, scope: &Scope) -> Map<String, Value> {
    match *scope == Scope::default() {
        true => drop(fields.remove("scope")),
        false => drop(fields.insert("scope".to_owned(), json!(scope))),
    }
    fields
}

#[cfg(test)]
mod tests;
