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
    let guarded = |(name, value): (String, Value)| {
        let value = if is_name(&name) { value } else { guarded(&guard, value)? };
        Ok((name, value))
    };
    object.into_iter().map(guarded).collect()
}

/// `value` as `guard` lets it through.
///
/// # Errors
/// As [`object`].
pub(crate) fn value(guard: Guard, value: Value) -> Result<Value, Error> {
    if guard == Guard::default() { Ok(value) } else { guarded(&guard, value) }
}

fn guarded(guard: &Guard, value: Value) -> Result<Value, Error> {
    Ok(match value {
        Value::String(text) => guard.apply(&text)?.text.into_owned().into(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| guarded(guard, item))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| Ok((name, guarded(guard, value)?)));
            Value::Object(fields.collect::<Result<_, Error>>()?)
        }
        other => other,
    })
}
