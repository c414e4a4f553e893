//! Reads the scope of a record from its fields: owner, project, agent and session. `spellings`
//! lists the accepted names; a field that only looks like an owner is refused.

use aios_record::{Scope, forms};
use serde_json::{Map, Value};

use crate::{
    said::name_of,
    spellings::{
        AGENT, Field, NAME, OWNERS, PROJECT, RUN, SESSION, has_owner_mark, holds_claims,
        holds_owner, is_content, is_nested, is_one_of, is_role, looks_like_owner, may_mean_owner,
        names_owner, names_owner_by_name, plain,
    },
};

/// Fields of an owner that is an object. The first non-empty one is used.
const OWNER_FIELDS: &[&str] = &["id", "name", "email"];

/// Fields of a session, agent or project that is an object, in the form of [`plain`].
const NAMED_FIELDS: &[&str] = &["id", "uuid", "key", "name"];

/// Fields that suggest that an object describes a person.
const LIKE_NAMES: &[&str] = &[
    "id", "uuid", "guid", "uid", "name", "email", "login", "handle", "key", "sub", "subject",
    "oid", "upn", "nickname", "phone",
];

/// Maximum length in bytes of a text that may be a name. A longer one does not make its field look
/// like an owner.
const LIKE_NAME_BYTES_MAX: usize = 256;

/// Scope stated by a record.
#[derive(Debug, Default, PartialEq)]
pub struct Place {
    /// The scope.
    pub scope: Scope,
    /// Scope that earlier versions of this program read from the same record.
    pub former: Scope,
}

/// Removes and returns the scope of a record, or the one that a conversation gives to its messages.
/// Reads its own fields, its `scope` and its `metadata`. The other fields stay.
///
/// # Errors
/// A message if two fields state different owners, projects, agents or sessions, if a value is
/// neither text nor a number, or if a field only looks like an owner.
pub fn take_place(object: &mut Map<String, Value>) -> Result<Place, String> {
    let user = owner_of_record(object)?;
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

/// Removes and returns the owner, in any spelling, from an element of a format and from the nested
/// objects that may hold one. Roles and speakers do not count.
///
/// # Errors
/// A message if the record names two owners, or one that is neither text nor a number, or if a
/// field only looks like an owner.
pub fn owner_of(object: &mut Map<String, Value>) -> Result<Option<String>, String> {
    Owners::within(holds_owner).take(object)
}

/// Like [`owner_of`], for an object that is a complete record: any nested object except the content
/// may hold the owner.
///
/// # Errors
/// Same as [`owner_of`].
pub fn owner_of_record(object: &mut Map<String, Value>) -> Result<Option<String>, String> {
    Owners::within(|name| !is_content(name)).take(object)
}

/// Moves an owner from a nested object of a record to the record's own fields, because the nested
/// object may be unwrapped later, or a speaker removed from it.
///
/// # Errors
/// Same as [`owner_of`].
pub fn lift_owner(object: &mut Map<String, Value>) -> Result<(), String> {
    if object.values().any(Value::is_object)
        && let Some(owner) = owner_of_record(object)?
    {
        object.insert(OWNERS[0].to_owned(), owner.into());
    }
    Ok(())
}

/// Removes and returns the owner of `object`, also from those of its fields `nested` that are
/// objects. A nested object that becomes empty is removed as well.
///
/// # Errors
/// Same as [`owner_of`].
pub fn take_owner(
    object: &mut Map<String, Value>,
    nested: &[&str],
) -> Result<Option<String>, String> {
    Owners::within(|name| is_one_of(name, nested) || SESSION.is_spelled(name)).take(object)
}

/// Collector of the owners that an object and its nested objects name.
struct Owners<F> {
    /// Returns `true` for a field of the object whose nested objects may hold an owner.
    may_hold: F,
    /// Values that name an owner, with the paths of their fields.
    found: Vec<(String, Value)>,
}

impl<F: Fn(&str) -> bool> Owners<F> {
    fn within(may_hold: F) -> Owners<F> {
        Owners { may_hold, found: Vec::new() }
    }

    fn take(mut self, object: &mut Map<String, Value>) -> Result<Option<String>, String> {
        self.take_from(object)?;
        for name in inner_names(object) {
            // A list in any other field contains messages, calls and the like.
            let is_open = (self.may_hold)(&name)
                && (holds_owner(&name) || object.get(&name).is_some_and(Value::is_object));
            if is_open {
                self.take_within(&name, object, &name)?;
            }
        }
        let mut owner: Option<(String, String)> = None;
        for (field, value) in self.found {
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

    /// Removes the direct fields of `object` that name an owner.
    fn take_from(&mut self, object: &mut Map<String, Value>) -> Result<(), String> {
        if let Some((name, _)) = object.iter().find(|(name, value)| is_doubtful(name, value)) {
            return Err(doubt(name));
        }
        let names: Vec<String> = object.keys().filter(|name| names_owner(name)).cloned().collect();
        self.found.extend(names.into_iter().filter_map(|name| object.remove_entry(&name)));
        Ok(())
    }

    /// Removes the owners in the field `name` of `object`, and the field itself if it becomes
    /// empty.
    fn take_within(
        &mut self,
        name: &str,
        object: &mut Map<String, Value>,
        path: &str,
    ) -> Result<(), String> {
        let Some(value) = object.get_mut(name) else { return Ok(()) };
        let before = self.found.len();
        self.take_inside(value, NAME.is_spelled(name))?;
        let is_empty = value.as_object().is_some_and(Map::is_empty);
        if is_empty && before < self.found.len() {
            object.remove(name);
        }
        let found = &mut self.found[before..];
        found.iter_mut().for_each(|(field, _)| *field = format!("{path}.{field}"));
        Ok(())
    }

    fn take_inside(&mut self, value: &mut Value, is_speaker: bool) -> Result<(), String> {
        match value {
            Value::Object(inner) => {
                let names: Map<String, Value> = match is_speaker {
                    // In a speaker, an account name is the speaker's name.
                    true => take_names(inner),
                    false => Map::new(),
                };
                if let Some(name) = paired_owner(inner) {
                    return Err(doubt(name));
                }
                self.take_from(inner)?;
                inner.extend(names);
                for name in inner_names(inner).iter().filter(|name| !is_content(name)) {
                    self.take_within(name, inner, name)?;
                }
                Ok(())
            }
            Value::Array(items) => {
                if let [Value::String(name), value] = &items[..]
                    && is_owner_pair(name, value)
                {
                    return Err(doubt(name));
                }
                items.iter_mut().try_for_each(|item| self.take_inside(item, is_speaker))
            }
            _ => Ok(()),
        }
    }
}

fn take_names(object: &mut Map<String, Value>) -> Map<String, Value> {
    let names: Vec<String> =
        object.keys().filter(|name| names_owner_by_name(name)).cloned().collect();
    names.into_iter().filter_map(|name| object.remove_entry(&name)).collect()
}

/// Returns the names of the fields of `object` that are objects or lists.
fn inner_names(object: &Map<String, Value>) -> Vec<String> {
    let is_inner = |value: &Value| value.is_object() || value.is_array();
    object.iter().filter(|(_, value)| is_inner(value)).map(|(name, _)| name.clone()).collect()
}

/// Returns the error message for a field that looks like an owner.
fn doubt(name: &str) -> String {
    format!(
        "`{name}` looks like an owner, but is not a known spelling; write user, owner, account, \
         customer or tenant, alone or followed by id or name, or omit the field"
    )
}

/// Returns the owner's field name if an object is a pair such as `{"key": "user_id", "value": ..}`.
fn paired_owner(object: &Map<String, Value>) -> Option<&str> {
    let value = ["value", "val", "v"].iter().find_map(|name| object.get(*name))?;
    let names = ["key", "name", "field", "k", "attribute", "property"];
    let mut names = names.iter().filter_map(|name| object.get(*name)?.as_str());
    names.find(|name| is_owner_pair(name, value))
}

/// Returns `true` if a name and a value are a pair that names an owner.
fn is_owner_pair(name: &str, value: &Value) -> bool {
    let is_owner = names_owner(name) || has_owner_mark(name);
    is_owner && !says_nothing(value) && !value.is_boolean()
}

/// Returns `true` for a field that may name an owner in an unknown spelling.
fn is_doubtful(name: &str, value: &Value) -> bool {
    if !looks_like_owner(name) || says_nothing(value) || value.is_boolean() {
        return false;
    }
    has_owner_mark(name) || is_like_name(value)
}

/// Returns the name of a field that may be meant as the owner of `object`, also in a nested object
/// that may hold the scope.
pub fn like_owner(object: &Map<String, Value>) -> Option<String> {
    object.iter().find_map(|(name, value)| match value {
        Value::Object(inner) if is_nested(name) => like_owner(inner),
        Value::Object(inner) if holds_claims(name) && like_owner(inner).is_some() => {
            like_owner(inner)
        }
        Value::String(role) if is_role(role) => None,
        value if says_nothing(value) => None,
        value => (may_mean_owner(name) && is_like_name(value)).then(|| name.clone()),
    })
}

/// Returns `true` for a value that may be an id or a name: a number, a short text, an object that
/// contains one, or a list of these. A long text is content.
fn is_like_name(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => text.len() <= LIKE_NAME_BYTES_MAX && !text.contains('\n'),
        Value::Object(inner) => inner.iter().any(|(name, value)| {
            let is_like = is_one_of(name, LIKE_NAMES) || names_owner(name) || has_owner_mark(name);
            is_like && !says_nothing(value)
        }),
        Value::Array(items) => items.iter().any(is_like_name),
    }
}

/// Returns the owner from the value of a field.
///
/// # Errors
/// A message if the value is a list, an object without id, name or email, too long, or cannot be
/// stored.
fn owner_in(field: &str, value: Value) -> Result<Option<String>, String> {
    let value = match value {
        Value::Object(fields) => {
            let of = |wanted: &&str| fields.iter().find(|(name, _)| plain(name) == **wanted);
            let mut values = OWNER_FIELDS.iter().filter_map(of).map(|(_, value)| value);
            let named = values.find(|value| !says_nothing(value)).cloned();
            named.ok_or_else(|| format!("expected an id, name or email in `{field}`"))?
        }
        value => value,
    };
    match value {
        Value::Array(_) => Err(format!("`{field}` is a list, or given twice; give one owner")),
        // These characters replace others, so two different owners could become one.
        Value::String(text) if text.contains([char::REPLACEMENT_CHARACTER, '\0']) => {
            Err(format!("`{field}` has characters that cannot be stored"))
        }
        value => name_of(field, Some(value)),
    }
}

/// Returns `true` for null, and for text without a visible character.
pub fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => forms::is_blank(text),
        _ => false,
    }
}

/// Removes and reads `scope` of `object` if it is an object: `user`, `project`, `agent` and
/// `session`, each optional and in any spelling. A `scope` of another type is an unknown field.
///
/// # Errors
/// A message if it has other fields, or a value that is neither text nor a number.
fn take_scope(object: &mut Map<String, Value>) -> Result<Scope, String> {
    let Some(Value::Object(scope)) = object.get_mut("scope") else {
        return Ok(Scope::default());
    };
    let mut fields = std::mem::take(scope);
    object.remove("scope");
    let user = take_owner(&mut fields, &[])?;
    let [project, agent, session] = take_parts(&mut fields)?;
    match fields.keys().next() {
        Some(field) => {
            Err(format!("`scope`: expected user, project, agent or session as text, not `{field}`"))
        }
        None => Ok(Scope {
            user,
            project: value(&project),
            agent: value(&agent),
            session: value(&session),
        }),
    }
}

/// Returns the value of a part of a scope that two fields may give.
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
            Err(format!("`scope` and the record name different values of `{part}`"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// A value with the spelling of its field.
type Named = Option<(String, String)>;

fn value(named: &Named) -> Option<String> {
    named.as_ref().map(|(_, value)| value.clone())
}

/// Returns the value if earlier versions recognised its spelling.
fn former(named: Named, field: &Field) -> Option<String> {
    named.filter(|(name, _)| field.was_spelled(name)).map(|(_, value)| value)
}

/// Removes the field of `object` that has one of the spellings of `field`, and returns it as text.
/// If it is an object, its id or name is used and the field stays.
///
/// # Errors
/// A message if two such fields differ, or if one is neither text nor a number.
fn take_named(object: &mut Map<String, Value>, field: &Field) -> Result<Named, String> {
    let mut names: Vec<String> =
        object.keys().filter(|name| field.is_spelled(name)).cloned().collect();
    let is_run = |name: &String| is_one_of(name, &[RUN]);
    if names.iter().any(|name| !is_run(name) && !says_nothing(&object[name])) {
        names.retain(|name| !is_run(name) || says_nothing(&object[name]));
    }
    let mut found: Named = None;
    for name in names {
        let value = match object.get(&name) {
            Some(Value::Object(inner)) => name_of(&name, name_in(inner))?,
            // A list of names is ambiguous; a list of anything else has another meaning and stays.
            Some(Value::Array(items))
                if items.iter().any(|it| it.is_string() || it.is_number()) =>
            {
                return Err(format!("`{name}` is a list, or given twice; give one value"));
            }
            Some(Value::Array(_)) => continue,
            _ => name_of(&name, object.remove(&name))?,
        };
        // No call can name a part of a scope that has no visible character.
        let Some(value) = value.filter(|value| !forms::is_blank(value)) else { continue };
        match &found {
            Some((other, known)) if *known != value => {
                return Err(format!("`{other}` and `{name}` differ"));
            }
            _ => found = Some((name, value)),
        }
    }
    Ok(found)
}

/// Returns the id or name of a session, agent or project that is an object.
fn name_in(object: &Map<String, Value>) -> Option<Value> {
    NAMED_FIELDS.iter().find_map(|wanted| {
        let named = object.iter().find(|(name, _)| plain(name) == *wanted);
        named.map(|(_, value)| value).filter(|it| it.is_number() || it.is_string()).cloned()
    })
}

#[cfg(test)]
mod tests;
