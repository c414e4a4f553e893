//! Arguments of tools. Unknown arguments are refused by name, and every refusal states the accepted
//! values.

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use aios_memory::{Key, Kind, period::Period, record::forms};
use jiff::Zoned;
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    failure::Failure,
    http::{key_of, kind_named},
};

/// Maximum number of characters of a value that a refusal quotes.
const QUOTED_CHARS_MAX: usize = 60;

/// Arguments of one call, removed by name.
pub(crate) struct Arguments(JsonObject);

impl Arguments {
    /// Starts reading the arguments of `tool`, which are named in `known`. A null counts as absent.
    pub(crate) fn of(
        tool: &str,
        known: &[&str],
        arguments: Option<JsonObject>,
    ) -> Result<Arguments, Failure> {
        let mut arguments = arguments.unwrap_or_default();
        if let Some(other) = arguments.keys().find(|name| !known.contains(&name.as_str())) {
            let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(Failure::invalid(format!(
                "unknown argument `{}`; `{tool}` has {known}",
                other.chars().take(QUOTED_CHARS_MAX).collect::<String>()
            )));
        }
        arguments.retain(|_, value| !value.is_null());
        Ok(Arguments(arguments))
    }

    /// Removes and returns a required text.
    pub(crate) fn text(&mut self, name: &str, chars_max: usize) -> Result<String, Failure> {
        let expected = format!("a text of 1 to {chars_max} characters");
        match self.0.remove(name) {
            None => Err(missing(name, &expected)),
            Some(value) => text_of(name, &value, chars_max, &expected),
        }
    }

    /// Removes and returns a required text of any length, which may be empty.
    pub(crate) fn verbatim(&mut self, name: &str) -> Result<String, Failure> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Ok(text),
            None => Err(missing(name, "a text")),
            Some(other) => Err(unexpected(name, "a text", &other)),
        }
    }

    /// Removes and returns a required text, which may be empty.
    pub(crate) fn label(&mut self, name: &str, chars_max: usize) -> Result<String, Failure> {
        let expected = format!("a text of at most {chars_max} characters");
        match self.0.remove(name) {
            Some(Value::String(text)) => match text.chars().count() {
                chars if chars <= chars_max => Ok(text),
                chars => {
                    Err(Failure::invalid(format!("`{name}`: expected {expected}, not {chars}")))
                }
            },
            None => Err(missing(name, &expected)),
            Some(other) => Err(unexpected(name, &expected, &other)),
        }
    }

    /// Removes and returns a list of at most `count_max` objects with the members in `known`, each
    /// parsed by `read`. A refusal names the object.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        known: &[&str],
        count_max: usize,
        read: impl Fn(&mut Arguments) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let expected = format!("a list of at most {count_max} objects");
        let values = match self.0.remove(name) {
            None => return Err(missing(name, &expected)),
            Some(Value::Array(values)) if values.len() <= count_max => values,
            Some(Value::Array(values)) => {
                let count = values.len();
                return Err(Failure::invalid(format!(
                    "`{name}`: expected {expected}, not {count}"
                )));
            }
            Some(other) => return Err(unexpected(name, &expected, &other)),
        };
        let of_place = |(place, value): (usize, Value)| {
            let at = format!("{name}[{place}]");
            let Value::Object(value) = value else {
                return Err(unexpected(&at, "an object", &value));
            };
            let item = Arguments::of(name, known, Some(value));
            item.and_then(|mut item| read(&mut item)).map_err(|it| it.within(&format!("`{at}`")))
        };
        values.into_iter().enumerate().map(of_place).collect()
    }

    /// Removes and returns a required integer, which may be negative.
    pub(crate) fn integer(&mut self, name: &str) -> Result<i64, Failure> {
        match self.0.remove(name) {
            Some(value) => {
                integer(&value).ok_or_else(|| unexpected(name, "a whole number", &value))
            }
            None => Err(missing(name, "a whole number")),
        }
    }

    /// Removes and returns an optional list of integers.
    pub(crate) fn integers(&mut self, name: &str) -> Result<Option<Vec<i64>>, Failure> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let numbers = value.as_array().and_then(|them| them.iter().map(integer).collect());
        match numbers {
            Some(numbers) => Ok(Some(numbers)),
            None => Err(unexpected(name, "a list of whole numbers", &value)),
        }
    }

    /// Removes and returns an optional text.
    pub(crate) fn optional(
        &mut self,
        name: &str,
        chars_max: usize,
    ) -> Result<Option<String>, Failure> {
        match self.0.contains_key(name) {
            true => self.text(name, chars_max).map(Some),
            false => Ok(None),
        }
    }

    /// Removes and returns a non-negative integer, or its default.
    pub(crate) fn number(
        &mut self,
        name: &str,
        bounds: RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize, Failure> {
        let Some(value) = self.0.remove(name) else { return Ok(default) };
        let number = whole(&value).filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
            unexpected(name, &expected, &value)
        })
    }

    /// Removes and returns a list of texts. An absent list is empty, which `counts` may exclude.
    pub(crate) fn texts(
        &mut self,
        name: &str,
        counts: RangeInclusive<usize>,
        chars_max: usize,
    ) -> Result<Vec<String>, Failure> {
        let (least, most) = (counts.start(), counts.end());
        let expected = format!("a list of {least} to {most} texts");
        let values = match self.0.remove(name) {
            None if counts.contains(&0) => return Ok(Vec::new()),
            None => return Err(missing(name, &expected)),
            Some(Value::Array(values)) if counts.contains(&values.len()) => values,
            Some(Value::Array(values)) => {
                let count = values.len();
                return Err(Failure::invalid(format!(
                    "`{name}`: expected {expected}, not {count}"
                )));
            }
            Some(other) => return Err(unexpected(name, &expected, &other)),
        };
        let of_place = |(place, value): (usize, &Value)| {
            let place = format!("{name}[{place}]");
            let expected = format!("a text of 1 to {chars_max} characters");
            text_of(&place, value, chars_max, &expected)
        };
        values.iter().enumerate().map(of_place).collect()
    }

    /// Removes and returns a required list of texts, which may be empty.
    pub(crate) fn given_texts(
        &mut self,
        name: &str,
        count_max: usize,
        chars_max: usize,
    ) -> Result<Vec<String>, Failure> {
        match self.0.contains_key(name) {
            true => self.texts(name, 0..=count_max, chars_max),
            false => Err(missing(name, &format!("a list of 0 to {count_max} texts"))),
        }
    }

    /// Removes and returns a list of keys.
    pub(crate) fn keys(
        &mut self,
        name: &str,
        counts: RangeInclusive<usize>,
    ) -> Result<Vec<Key>, Failure> {
        let texts = self.texts(name, counts, KEY_CHARS_MAX)?;
        let of_place = |(place, text): (usize, &String)| {
            key_of(text).map_err(|failure| failure.within(&format!("`{name}[{place}]`")))
        };
        texts.iter().enumerate().map(of_place).collect()
    }

    /// Removes and returns an optional key.
    pub(crate) fn key(&mut self, name: &str) -> Result<Option<Key>, Failure> {
        let text = self.optional(name, KEY_CHARS_MAX)?;
        let key = text.map(|text| key_of(&text)).transpose();
        key.map_err(|failure| failure.within(&format!("`{name}`")))
    }

    /// Removes and returns a list of kinds; `None` if it is absent or empty.
    pub(crate) fn kinds(&mut self, name: &str) -> Result<Option<Vec<Kind>>, Failure> {
        let texts = self.texts(name, 0..=Kind::ALL.len(), KEY_CHARS_MAX)?;
        let of_place = |(place, text): (usize, &String)| {
            kind_named(text).map_err(|failure| failure.within(&format!("`{name}[{place}]`")))
        };
        let kinds = texts.iter().enumerate().map(of_place).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(kinds).filter(|kinds| !kinds.is_empty()))
    }

    /// Deserialises the remaining arguments.
    pub(crate) fn rest<T: DeserializeOwned>(self) -> Result<T, Failure> {
        serde_json::from_value(Value::Object(self.0))
            .map_err(|error| Failure::invalid(format!("arguments: {error}")))
    }

    /// Removes and returns a time span, in the time zone of this machine.
    pub(crate) fn period(&mut self, name: &str) -> Result<Option<Period>, Failure> {
        let Some(text) = self.optional(name, KEY_CHARS_MAX)? else { return Ok(None) };
        let period = Period::parse(&text, &Zoned::now());
        period.map(Some).map_err(|problem| Failure::invalid(format!("`{name}`: {problem}")))
    }
}

/// Maximum number of characters of a key, a kind and a time.
const KEY_CHARS_MAX: usize = 256;

fn text_of(name: &str, value: &Value, chars_max: usize, expected: &str) -> Result<String, Failure> {
    let Some(text) = value.as_str() else { return Err(unexpected(name, expected, value)) };
    let chars = text.chars().count();
    if chars_max < chars {
        return Err(Failure::invalid(format!("`{name}`: expected {expected}, not {chars}")));
    }
    match forms::is_blank(text) {
        true => Err(Failure::invalid(format!("`{name}`: expected {expected}, not an empty one"))),
        false => Ok(text.to_owned()),
    }
}

/// Returns a non-negative integer, also from the form `8.0`.
fn whole(value: &Value) -> Option<usize> {
    if let Some(number) = value.as_u64() {
        return usize::try_from(number).ok();
    }
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    (0.0..=1e9).contains(&number).then_some(number as usize)
}

/// Returns an integer, also from the form `-8.0`.
fn integer(value: &Value) -> Option<i64> {
    let written = || {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "in range")]
        (-1e9..=1e9).contains(&number).then_some(number as i64)
    };
    value.as_i64().or_else(written)
}

fn missing(name: &str, expected: &str) -> Failure {
    Failure::invalid(format!("`{name}` is missing; expected {expected}"))
}

fn unexpected(name: &str, expected: &str, value: &Value) -> Failure {
    let mut shown: String = value.to_string().chars().take(QUOTED_CHARS_MAX + 1).collect();
    if QUOTED_CHARS_MAX < shown.chars().count() {
        shown = shown.chars().take(QUOTED_CHARS_MAX).chain("...".chars()).collect();
    }
    Failure::invalid(format!("`{name}`: expected {expected}, not {shown}"))
}
