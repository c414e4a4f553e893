//! Parses JSON and detects duplicate fields. `serde_json` keeps only the last of them.

mod once;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, map::Entry};

pub use self::once::check;
use crate::spellings::{TEXT, is_nested, names_owner, names_place};

/// Suffix of the field name under which replaced texts are kept; several are a list. No known field
/// has this suffix, so such a field is kept as metadata and reported as unrecognised.
const GIVEN_BEFORE: &str = " (given before)";

/// Parses a value. The last of several duplicate fields is used, with two exceptions: a field of
/// the scope becomes a list of the different values, which is never accepted as a name, and earlier
/// texts are kept under another name.
///
/// # Errors
/// The error of the parser.
pub fn parse(json: &[u8]) -> serde_json::Result<Value> {
    parse_as(json, Seed::default())
}

/// Parses the value of a field, as [`parse`] does.
///
/// # Errors
/// The error of the parser.
pub fn parse_as(json: &[u8], seed: Seed) -> serde_json::Result<Value> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let value = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

/// Adds a field to `object`, as [`parse`] does.
pub fn put(object: &mut Map<String, Value>, name: String, value: Value) {
    insert(object, name, value, false);
}

/// Deserializer of one value, as [`parse`] reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seed {
    /// True within an owner or a scope, where a duplicate of any field becomes a list.
    is_place: bool,
}

impl Seed {
    /// Returns the seed for the value of the field with this name.
    pub fn of(name: &str) -> Seed {
        Seed { is_place: names_owner(name) || name == "scope" }
    }
}

fn insert(object: &mut Map<String, Value>, name: String, value: Value, is_place: bool) {
    let counts = is_place || names_place(&name);
    let may_merge = is_nested(&name);
    let inner_counts = name == "scope";
    if TEXT.is_spelled(&name)
        && let Some(before) = object.get(&name).filter(|it| !it.is_null() && **it != value)
    {
        let before = before.clone();
        keep_before(object, format!("{name}{GIVEN_BEFORE}"), before);
    }
    match object.entry(name) {
        Entry::Vacant(entry) => drop(entry.insert(value)),
        Entry::Occupied(mut entry) => match (entry.get_mut(), value) {
            (Value::Object(first), Value::Object(second)) if may_merge => {
                for (name, value) in second {
                    insert(first, name, value, inner_counts);
                }
            }
            (first, second) if counts && *first != second => {
                *first = Value::Array(vec![first.take(), second]);
            }
            (first, second) => *first = second,
        },
    }
}

fn keep_before(object: &mut Map<String, Value>, name: String, text: Value) {
    match object.entry(name) {
        Entry::Vacant(entry) => drop(entry.insert(text)),
        Entry::Occupied(mut entry) => match entry.get_mut() {
            Value::Array(texts) => texts.push(text),
            first => *first = Value::Array(vec![first.take(), text]),
        },
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Seed::default())? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Seed::of(&name))?;
            insert(&mut object, name, value, self.is_place);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests;
