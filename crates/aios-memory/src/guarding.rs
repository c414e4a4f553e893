//! Applies the guard to every text of a record, at any depth, before the record is stored.
//!
//! Fields that name things (ids, scope, status, times) are skipped, because a redacted name would
//! be useless: those that the table of kinds exempts, and other fields with the name of an id or a
//! time. The detection of secrets and injections, and the policies, are in `aios_guard`.

use aios_guard::{Error, Guard};
use aios_record::Kind;
use serde_json::{Map, Value};

/// Returns the fields of a record of `kind` after the guard.
///
/// # Errors
/// [`Error::Refused`] or [`Error::Unchecked`] for the first text that the guard refuses.
pub(crate) fn object(
    guard: Guard,
    kind: Kind,
    object: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    // With the policy `mark`, texts are stored unchanged; findings are marked when a context is
    // rendered.
    if guard == Guard::default() {
        return Ok(object);
    }
    let paired = paired_name(&object);
    let guarded = |(name, value): (String, Value)| {
        let value = if is_name(kind, &name) {
            value
        } else {
            guarded(&guard, told_name(&name, paired.as_deref()), value)?
        };
        Ok((name, value))
    };
    object.into_iter().map(guarded).collect()
}

/// Returns `true` if a field names something, so that its value is not examined.
fn is_name(kind: Kind, field: &str) -> bool {
    match kind.field(field) {
        Some(known) => !known.is_guarded,
        None => field.ends_with("_id") || field.ends_with("_at"),
    }
}

/// Returns `value` after the guard.
///
/// # Errors
/// As [`object`].
pub(crate) fn value(guard: Guard, value: Value) -> Result<Value, Error> {
    if guard == Guard::default() { Ok(value) } else { guarded(&guard, "", value) }
}

/// Applies the guard to `value`, a field called `name`: a name such as `password` makes its text a
/// secret.
fn guarded(guard: &Guard, name: &str, value: Value) -> Result<Value, Error> {
    Ok(match value {
        Value::String(text) => guard.apply_named(name, &text)?.text.into_owned().into(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| guarded(guard, name, item))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Value::Object(fields) => {
            let paired = paired_name(&fields);
            let fields = fields.into_iter().map(|(name, value)| {
                let value = guarded(guard, told_name(&name, paired.as_deref()), value)?;
                Ok((name, value))
            });
            Value::Object(fields.collect::<Result<_, Error>>()?)
        }
        other => other,
    })
}

/// Returns the name that an object gives to its `value`, as in
/// `{"name": "DB_PASSWORD", "value": ".."}`.
fn paired_name(fields: &Map<String, Value>) -> Option<String> {
    let name = ["name", "key", "Name", "Key"].iter().find_map(|name| fields.get(*name)?.as_str());
    name.map(str::to_owned)
}

/// Returns the name that describes a field's content: its own, or the one that its object gives to
/// it.
fn told_name<'n>(name: &'n str, paired: Option<&'n str>) -> &'n str {
    match paired {
        Some(paired) if name.eq_ignore_ascii_case("value") => paired,
        _ => name,
    }
}
