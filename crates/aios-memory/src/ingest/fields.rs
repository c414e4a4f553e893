//! Spellings of the fields that place a record: its owner, agent and session. A closed table: a
//! name that is not in it has no meaning here.

use aios_record::Scope;
use serde_json::{Map, Value};

use super::draft::name_of;

/// Spellings of the session, in the form of [`plain`].
pub(super) const SESSION: &[&str] = &[
    "session",
    "session_id",
    "session_key",
    "conversation",
    "conversation_id",
    "thread",
    "thread_id",
    "chat",
    "chat_id",
    "run_id",
];

/// Spellings of the agent, in the form of [`plain`].
pub(super) const AGENT: &[&str] = &["agent", "agent_id", "agent_name"];

/// The first part of a field that names an owner; `id` or `name` may follow.
const OWNERS: &[&str] = &["user", "owner", "account", "customer", "tenant"];

/// The fields of an owner that is an object, the first that it has.
const OWNER_FIELDS: &[&str] = &["id", "name", "email"];

/// Takes the owner out of a record and its metadata, whatever spelling it has. Roles and speakers
/// are no owners.
///
/// # Errors
/// A message if the record names two owners, or one that is neither text nor a number.
pub(super) fn owner_of(object: &mut Map<String, Value>) -> Result<Option<String>, String> {
    let mut owner: Option<(String, String)> = None;
    let mut found = take_owners(object);
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        found.extend(take_owners(metadata));
    }
    for (field, value) in found {
        let value = match value {
            Value::Object(mut fields) => {
                let named = OWNER_FIELDS.iter().find_map(|field| fields.remove(*field));
                named.ok_or_else(|| format!("`{field}` is an object without id, name or email"))?
            }
            value => value,
        };
        let Some(name) = name_of(&field, Some(value))? else { continue };
        match &owner {
            Some((other, known)) if *known != name => {
                return Err(format!("`{other}` and `{field}` name different owners"));
            }
            _ => owner = Some((field, name)),
        }
    }
    Ok(owner.map(|(_, name)| name))
}

/// Takes the scope of `object`, if it is an object as this program writes it: `user`, `project`,
/// `agent` and `session`, each optional. A `scope` of another type is an unknown field.
///
/// # Errors
/// A message if it has other fields, or values that are not text.
pub(super) fn take_scope(object: &mut Map<String, Value>) -> Result<Scope, String> {
    match object.get("scope") {
        Some(Value::Object(_)) => {
            let scope = object.remove("scope").unwrap_or_default();
            serde_json::from_value(scope).map_err(|error| format!("`scope`: {error}"))
        }
        _ => Ok(Scope::default()),
    }
}

/// The value that two places give to one part of a scope.
///
/// # Errors
/// A message if they differ.
pub(super) fn agreed(
    part: &str,
    one: Option<String>,
    other: Option<String>,
) -> Result<Option<String>, String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(format!("`scope` names another {part} than the record"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// Takes the fields of `object` that name an owner.
fn take_owners(object: &mut Map<String, Value>) -> Vec<(String, Value)> {
    let names: Vec<String> = object.keys().filter(|name| names_owner(name)).cloned().collect();
    names.into_iter().filter_map(|name| object.remove_entry(&name)).collect()
}

/// Returns `true` if a field of this name names an owner: `(user|owner|account|customer|tenant)`,
/// with `id` or `name` after it or not.
fn names_owner(name: &str) -> bool {
    let name = plain(name);
    OWNERS.iter().any(|owner| {
        name.strip_prefix(owner)
            .is_some_and(|rest| matches!(rest, "" | "_id" | "id" | "_name" | "name"))
    })
}

/// Takes the field of `object` that has one of these spellings, as text.
///
/// # Errors
/// A message if two of them differ, or one is neither text nor a number.
pub(super) fn take_named(
    object: &mut Map<String, Value>,
    spellings: &[&str],
) -> Result<Option<String>, String> {
    let is_it = |name: &&String| spellings.contains(&plain(name).as_str());
    let names: Vec<String> = object.keys().filter(is_it).cloned().collect();
    let mut found: Option<(String, String)> = None;
    for name in names {
        // Objects of these names are something else, and stay.
        if object.get(&name).is_some_and(|value| value.is_object() || value.is_array()) {
            continue;
        }
        let Some(value) = name_of(&name, object.remove(&name))? else { continue };
        match &found {
            Some((other, known)) if *known != value => {
                return Err(format!("`{other}` and `{name}` differ"));
            }
            _ => found = Some((name, value)),
        }
    }
    Ok(found.map(|(_, value)| value))
}

/// A field's name in lower case with `_` between words: `userId`, `user-id` and `User_ID` are
/// `user_id`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 2);
    let mut before: Option<char> = None;
    for c in name.chars() {
        let starts_word = c.is_uppercase() && before.is_some_and(|it| it.is_lowercase());
        if starts_word {
            plain.push('_');
        }
        match c {
            '-' | ' ' => plain.push('_'),
            c => plain.extend(c.to_lowercase()),
        }
        before = Some(c);
    }
    plain
}

#[cfg(test)]
mod tests;
