//! Values of messages: 0 and empty mean "unset". A value out of range is refused with the name of
//! its field.

use aios_memory::{
    Id, Kind, Timestamp,
    draft::{moment, repeated},
};
use serde_json::Value;

use crate::failure::Failure;

/// Returns a text, or `None` if it is unset.
pub(super) fn text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Returns a time, or `None` if it is unset.
pub(super) fn time(field: &str, seconds: i64) -> Result<Option<Timestamp>, Failure> {
    if seconds == 0 {
        return Ok(None);
    }
    let time = Timestamp::from_second(seconds).ok();
    match time.filter(|time| (Timestamp::UNIX_EPOCH..=moment::latest()).contains(time)) {
        Some(time) => Ok(Some(time)),
        None => Err(Failure::invalid(format!(
            "`{field}`: expected seconds since 1970, up to the year 9999, not {seconds}"
        ))),
    }
}

/// Returns a time in seconds; 0 if it is unknown.
pub(super) fn seconds(time: Option<Timestamp>) -> i64 {
    time.map_or(0, Timestamp::as_second)
}

/// Returns a count, or `None` if it is unset.
pub(super) fn count(field: &str, count: i32, count_max: usize) -> Result<Option<usize>, Failure> {
    match usize::try_from(count) {
        Ok(0) => Ok(None),
        Ok(count) if count <= count_max => Ok(Some(count)),
        _ => Err(Failure::invalid(format!(
            "`{field}`: expected a number from 0 to {count_max}, not {count}"
        ))),
    }
}

/// Returns a fraction from 0 to 1, or `None` if it is unset.
pub(super) fn share(field: &str, share: f64) -> Result<Option<f64>, Failure> {
    match share {
        0.0 => Ok(None),
        share if (0.0..=1.0).contains(&share) => Ok(Some(share)),
        _ => {
            Err(Failure::invalid(format!("`{field}`: expected a number from 0 to 1, not {share}")))
        }
    }
}

/// Returns a required id.
pub(super) fn id(field: &str, id: String) -> Result<Id, Failure> {
    Id::new(id).map_err(|error| Failure::invalid(format!("`{field}`: {error}")))
}

/// Returns a JSON value, or `None` if it is unset.
pub(super) fn json(field: &str, bytes: &[u8]) -> Result<Option<Value>, Failure> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let refused = |problem: String| Failure::invalid(format!("`{field}`: {problem}"));
    repeated::check(bytes).map_err(refused)?;
    let value = serde_json::from_slice(bytes);
    value.map(Some).map_err(|error| refused(format!("not JSON: {error}")))
}

/// Returns the bytes of a JSON value; empty for null.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        value => value.to_string().into_bytes(),
    }
}

/// Returns the kinds with these names, or `None` if none is given.
pub(super) fn kinds(field: &str, names: &[String]) -> Result<Option<Vec<Kind>>, Failure> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut kinds = Vec::new();
    for name in names {
        let kind = kind(field, name)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(Some(kinds))
}

/// Returns the kind with this name or this collection.
pub(super) fn kind(field: &str, name: &str) -> Result<Kind, Failure> {
    Kind::meant_by(name).map_err(|_| {
        let collections: Vec<&str> = Kind::ALL.iter().map(|kind| kind.collection()).collect();
        Failure::invalid(format!(
            "`{field}`: unknown collection `{}`; expected one of {}",
            moment::excerpt(name),
            collections.join(", ")
        ))
    })
}

/// Converts a number to a narrower type, saturating at its maximum.
pub(super) fn narrow<T, N: TryFrom<T> + Bounded>(number: T) -> N {
    N::try_from(number).unwrap_or(N::MOST)
}

/// A type with a maximum.
pub(super) trait Bounded {
    const MOST: Self;
}

impl Bounded for i32 {
    const MOST: i32 = i32::MAX;
}

impl Bounded for i64 {
    const MOST: i64 = i64::MAX;
}
