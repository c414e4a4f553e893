//! The guard over a whole record: every text in it, at whatever depth, before anything is stored.
//!
//! What names things (ids, scope, status, times) is left alone: redacted, it would name nothing.
//! Not here: what a secret or an injection is, and what the policies do about them.

use aios_guard::{Error, Guard};
use serde_json::{Map, Value};

use crate::fields::is_name;

/// `object` as `guard` lets it through.
///
/// # Errors
/// [`Error::Refused`] and [`Error::Unchecked`] for the first text that it does not let through.
pub(crate) fn object(
    guard: Guard,
    object: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    // To mark is to store as it is; what was found is told when it is rendered.
    if guard == Guard::default() {
        return Ok(object);
    }
    let paired = paired_name(&object);
    let guarded = |(name, value): (String, Value)| {
        let value = if is_name(&name) {
            value
        } else {
            guarded(&guard, told_name(&name, paired.as_deref()), value)?
        };
        Ok((name, value))
    };
    object.into_iter().map(guarded).collect()
}

/// `value` as `guard` lets it through.
///
/// # Errors
/// As [`object`].
pub(crate) fn value(guard: Guard, value: Value) -> Result<Value, Error> {
    if guard == Guard::default() { Ok(value) } else { guarded(&guard, "", value) }
}

/// `value`, which stands under `name`: a name such as `password` makes a secret of its text.
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

/// The name that an object gives to its `value`, as in `{"name": "DB_PASSWORD", "value": ".."}`.
fn paired_name(fields: &Map<String, Value>) -> Option<String> {
    let name = ["name", "key", "Name", "Key"].iter().find_map(|name| fields.get(*name)?.as_str());
    name.map(str::to_owned)
}

/// The name that tells what a field holds: its own, or the one that its object gives to it.
fn told_name<'n>(name: &'n str, paired: Option<&'n str>) -> &'n str {
    match paired {
        Some(paired) if name.eq_ignore_ascii_case("value") => paired,
        _ => name,
    }
}
