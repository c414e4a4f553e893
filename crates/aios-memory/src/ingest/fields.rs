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

/// Spellings of the project, in the form of [`plain`]. A message names it in its `scope` only.
pub(super) const PROJECT: &[&str] = &["project", "project_id", "project_name"];

/// The first part of a field that names an owner; `id` or `name` may follow.
const OWNERS: &[&str] = &["user", "owner", "account", "customer", "tenant"];

/// The fields of an owner that is an object; the first that says something counts.
const OWNER_FIELDS: &[&str] = &["id", "name", "email"];

/// Takes the owner out of a record and its metadata, whatever spelling it has. Roles and speakers
/// do not count.
///
/// # Errors
/// A message if the record names two owners, or one that is neither text nor a number.
pub(super) fn owner_of(object: &mut Map<String, Value>) -> Result<Option<String>, String> {
    take_owner(object, &["metadata"])
}

/// Takes the owner out of `object` and out of those of its fields `nested` that are objects. A
/// nested object that says nothing else is taken with it.
///
/// # Errors
/// As [`owner_of`].
pub(crate) fn take_owner(
    object: &mut Map<String, Value>,
    nested: &[&str],
) -> Result<Option<String>, String> {
    let mut found = take_owners(object);
    object.retain(|name, value| match value {
        Value::Object(inner) if nested.iter().any(|it| name.eq_ignore_ascii_case(it)) => {
            let owners = take_owners(inner);
            let is_used_up = inner.is_empty() && !owners.is_empty();
            found.extend(owners);
            !is_used_up
        }
        _ => true,
    });
    let mut owner: Option<(String, String)> = None;
    for (field, value) in found {
        let Some(name) = owner_in(&field, value)? else { continue };
        match &owner {
            Some((other, known)) if *known != name => {
                return Err(format!("`{other}` and `{field}` name different owners"));
            }
            _ => owner = Some((field, name)),
        }
    }
    Ok(owner.map(|(_, name)| name))
}

/// The owner that a field says.
fn owner_in(field: &str, value: Value) -> Result<Option<String>, String> {
    let value = match value {
        Value::Object(mut fields) => {
            let mut values = OWNER_FIELDS.iter().filter_map(|name| fields.remove(*name));
            let named = values.find(|value| !says_nothing(value));
            named.ok_or_else(|| format!("`{field}` is an object without id, name or email"))?
        }
        value => value,
    };
    match value {
        Value::Array(_) => Err(format!("`{field}` is a list, or given twice; name one owner")),
        value => name_of(field, Some(value)),
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Takes the scope of `object`, if it is an object: `user`, `project`, `agent` and `session` in
/// any of their spellings, each optional. A `scope` of another type is an unknown field.
///
/// # Errors
/// A message if it has other fields, or values that are not text.
pub(super) fn take_scope(object: &mut Map<String, Value>) -> Result<Scope, String> {
    let Some(Value::Object(scope)) = object.get_mut("scope") else {
        return Ok(Scope::default());
    };
    let mut fields = std::mem::take(scope);
    object.remove("scope");
    let scope = Scope {
        user: take_owner(&mut fields, &[])?,
        project: take_named(&mut fields, PROJECT)?,
        agent: take_named(&mut fields, AGENT)?,
        session: take_named(&mut fields, SESSION)?,
    };
    match fields.keys().next() {
        Some(field) => Err(format!(
            "`scope`: `{field}` is not user, project, agent or session, or is not text"
        )),
        None => Ok(scope),
    }
}

/// Takes the scope that a conversation gives to its messages out of its own fields, its `scope`
/// and its `metadata`. The other fields stay.
///
/// # Errors
/// A message if two of these differ, or one is not text.
pub(super) fn take_place(object: &mut Map<String, Value>) -> Result<Scope, String> {
    let named = take_scope(object)?;
    let mut place = Scope {
        user: agreed("user", owner_of(object)?, named.user)?,
        project: agreed("project", take_named(object, PROJECT)?, named.project)?,
        agent: agreed("agent", take_named(object, AGENT)?, named.agent)?,
        session: agreed("session", take_named(object, SESSION)?, named.session)?,
    };
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        let named = take_scope(metadata)?;
        place = Scope {
            user: agreed("user", place.user, named.user)?,
            project: place.project.or(take_named(metadata, PROJECT)?).or(named.project),
            agent: place.agent.or(take_named(metadata, AGENT)?).or(named.agent),
            session: place.session.or(take_named(metadata, SESSION)?).or(named.session),
        };
        if metadata.is_empty() {
            object.remove("metadata");
        }
    }
    Ok(place)
}

/// Returns `true` if a field of this name says where a record belongs.
pub(super) fn names_place(name: &str) -> bool {
    let is_in = |spellings: &[&str]| spellings.contains(&plain(name).as_str());
    is_nested(name) || names_owner(name) || [SESSION, AGENT, PROJECT].into_iter().any(is_in)
}

/// Returns `true` if a field of this name is an object that may say where a record belongs.
pub(super) fn is_nested(name: &str) -> bool {
    matches!(name, "scope" | "metadata")
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
pub(crate) fn names_owner(name: &str) -> bool {
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
