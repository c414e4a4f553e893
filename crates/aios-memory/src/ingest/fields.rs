//! The fields that place a record: its owner, project, agent and session. The spellings are those
//! of the table in `spellings`; what only looks like an owner is refused.

use aios_record::Scope;
use serde_json::{Map, Value};

use super::{
    said::{is_blank, name_of},
    spellings::{
        AGENT, Field, NESTED, PROJECT, SESSION, is_nested, looks_like_owner, names_owner, plain,
    },
};

/// The fields of an owner that is an object; the first that says something counts.
const OWNER_FIELDS: &[&str] = &["id", "name", "email"];

/// The fields of a session, agent or project that is an object, in the form of [`plain`].
const NAMED_FIELDS: &[&str] = &["id", "uuid", "key", "name"];

/// The deepest objects within objects in which an owner is looked for.
const DEPTH_MAX: usize = 4;

/// The place of a record, as it says itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) scope: Scope,
    /// The place that former versions of this program read of the same record.
    pub(super) former: Scope,
}

/// Takes the place of a record, or the one that a conversation gives to its messages, out of its
/// own fields, its `scope` and its `metadata`. The other fields stay.
///
/// # Errors
/// A message if two of these name different owners, projects, agents or sessions, or one is not
/// text, or a field only looks like an owner.
pub(super) fn take_place(object: &mut Map<String, Value>) -> Result<Place, String> {
    let user = owner_of(object)?;
    let scope = take_scope(object)?;
    let [project, agent, session] = take_parts(object)?;
    let mut place = Place {
        scope: Scope {
            user: agreed("user", user.clone(), scope.user)?,
            project: agreed("project", value(&project), scope.project.clone())?,
            agent: agreed("agent", value(&agent), scope.agent.clone())?,
            session: agreed("session", value(&session), scope.session.clone())?,
        },
        former: Scope {
            user,
            project: scope.project,
            agent: former(agent, &AGENT).or(scope.agent),
            session: former(session, &SESSION).or(scope.session),
        },
    };
    let nested: Vec<String> = object.keys().filter(|name| is_nested(name)).cloned().collect();
    for name in nested {
        let Some(Value::Object(inner)) = object.get_mut(&name) else { continue };
        let before = inner.len();
        let scope = take_scope(inner)?;
        let own = &mut place.scope;
        for (field, part, named) in [
            (&PROJECT, &mut own.project, scope.project),
            (&AGENT, &mut own.agent, scope.agent),
            (&SESSION, &mut own.session, scope.session),
        ] {
            if part.is_none() {
                *part = value(&take_named(inner, field)?).or(named);
            }
        }
        if inner.is_empty() && 0 < before {
            object.remove(&name);
        }
    }
    Ok(place)
}

fn take_parts(object: &mut Map<String, Value>) -> Result<[Named; 3], String> {
    Ok([take_named(object, &PROJECT)?, take_named(object, &AGENT)?, take_named(object, &SESSION)?])
}

/// Takes the owner out of a record and the objects in it, whatever spelling it has. Roles and
/// speakers do not count.
///
/// # Errors
/// A message if the record names two owners, or one that is neither text nor a number, or a field
/// only looks like an owner.
pub(super) fn owner_of(object: &mut Map<String, Value>) -> Result<Option<String>, String> {
    take_owner(object, NESTED)
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
    let mut found = Vec::new();
    take_owners(object, nested, DEPTH_MAX, &mut found)?;
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

/// Takes the fields of `object` that name an owner, and those of the objects in it.
fn take_owners(
    object: &mut Map<String, Value>,
    nested: &[&str],
    depth: usize,
    found: &mut Vec<(String, Value)>,
) -> Result<(), String> {
    let doubtful = object.iter().find(|(name, value)| {
        looks_like_owner(name) && !says_nothing(value) && !value.is_boolean()
    });
    if let Some((name, _)) = doubtful {
        return Err(format!(
            "`{name}` looks like an owner, but is no spelling of one; write user, owner, account, \
             customer or tenant, alone or with id or name after it, or leave the field out"
        ));
    }
    let names: Vec<String> = object.keys().filter(|name| names_owner(name)).cloned().collect();
    found.extend(names.into_iter().filter_map(|name| object.remove_entry(&name)));
    if depth == 0 {
        return Ok(());
    }
    let mut used_up = Vec::new();
    for (name, value) in object.iter_mut() {
        let Value::Object(inner) = value else { continue };
        // A session that is an object may say whose it is.
        if nested.contains(&plain(name).as_str()) || SESSION.is_spelled(name) {
            let before = found.len();
            take_owners(inner, nested, depth - 1, found)?;
            if inner.is_empty() && before < found.len() {
                used_up.push(name.clone());
            }
        }
    }
    for name in used_up {
        object.remove(&name);
    }
    Ok(())
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

/// Returns `true` for values that stand for nothing: null, and text without a visible character.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => is_blank(text),
        _ => false,
    }
}

/// Takes the scope of `object`, if it is an object: `user`, `project`, `agent` and `session` in
/// any of their spellings, each optional. A `scope` of another type is an unknown field.
///
/// # Errors
/// A message if it has other fields, or values that are not text.
fn take_scope(object: &mut Map<String, Value>) -> Result<Scope, String> {
    let Some(Value::Object(scope)) = object.get_mut("scope") else {
        return Ok(Scope::default());
    };
    let mut fields = std::mem::take(scope);
    object.remove("scope");
    let user = take_owner(&mut fields, &[])?;
    let [project, agent, session] = take_parts(&mut fields)?;
    match fields.keys().next() {
        Some(field) => Err(format!(
            "`scope`: `{field}` is not user, project, agent or session, or is not text"
        )),
        None => Ok(Scope {
            user,
            project: value(&project),
            agent: value(&agent),
            session: value(&session),
        }),
    }
}

/// The value that two places give to one part of a scope.
///
/// # Errors
/// A message if they differ.
fn agreed(
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

/// A value with the spelling under which it stood.
type Named = Option<(String, String)>;

fn value(named: &Named) -> Option<String> {
    named.as_ref().map(|(_, value)| value.clone())
}

/// The value, if former versions knew its spelling.
fn former(named: Named, field: &Field) -> Option<String> {
    named.filter(|(name, _)| field.was_spelled(name)).map(|(_, value)| value)
}

/// Takes the field of `object` that has one of the spellings of `field`, as text. One that is an
/// object stays, and the id or name in it counts.
///
/// # Errors
/// A message if two of them differ, or one is neither text nor a number.
fn take_named(object: &mut Map<String, Value>, field: &Field) -> Result<Named, String> {
    let names: Vec<String> = object.keys().filter(|name| field.is_spelled(name)).cloned().collect();
    let mut found: Named = None;
    for name in names {
        let value = match object.get(&name) {
            Some(Value::Object(inner)) => name_of(&name, name_in(inner))?,
            // A list given twice is not clear; another one is something else, and stays.
            Some(Value::Array(items))
                if items.iter().any(|it| it.is_string() || it.is_number()) =>
            {
                return Err(format!("`{name}` is a list, or given twice; name one"));
            }
            Some(Value::Array(_)) => continue,
            _ => name_of(&name, object.remove(&name))?,
        };
        let Some(value) = value else { continue };
        match &found {
            Some((other, known)) if *known != value => {
                return Err(format!("`{other}` and `{name}` differ"));
            }
            _ => found = Some((name, value)),
        }
    }
    Ok(found)
}

/// The id of a session, agent or project that is an object.
fn name_in(object: &Map<String, Value>) -> Option<Value> {
    NAMED_FIELDS.iter().find_map(|wanted| {
        let named = object.iter().find(|(name, _)| plain(name) == *wanted);
        named.map(|(_, value)| value).filter(|it| it.is_number() || it.is_string()).cloned()
    })
}

#[cfg(test)]
mod tests;
