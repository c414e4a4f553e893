//! Reads the values of a `config.json` by name, and records each of them.

use std::{cell::RefCell, collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::Error;

/// A `config.json`. A name with dots is a path of nested values. If several names are given, the
/// first one with a value is used.
pub(super) struct Reader<'a> {
    path: &'a Path,
    config: &'a Value,
    /// Models to suggest for a refused one.
    instead: &'static str,
    /// The values that were read, defaults included, by the first of their names.
    noted: RefCell<BTreeMap<String, String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a Path, config: &'a Value, instead: &'static str) -> Reader<'a> {
        Reader { path, config, instead, noted: RefCell::default() }
    }

    /// Returns all values that were read, sorted by name.
    pub(super) fn into_deciding(self) -> String {
        let noted = self.noted.into_inner();
        noted.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    pub(super) fn size(&self, names: &[&str]) -> Result<usize, Error> {
        let size = self.optional_size_of(names)?;
        size.ok_or_else(|| self.malformed(format!("missing setting `{}`", names.join("` or `"))))
    }

    pub(super) fn size_or(&self, names: &[&str], default: usize) -> Result<usize, Error> {
        let size = self.optional_size_of(names)?.unwrap_or(default);
        self.note(names[0], size);
        Ok(size)
    }

    pub(super) fn optional_size(&self, name: &str) -> Result<Option<usize>, Error> {
        self.optional_size_of(&[name])
    }

    pub(super) fn number(&self, names: &[&str]) -> Result<Option<f64>, Error> {
        let number = self.typed(names, "a number", Value::as_f64)?;
        if let Some(number) = number {
            self.note(names[0], number);
        }
        Ok(number)
    }

    pub(super) fn number_or(&self, names: &[&str], default: f64) -> Result<f64, Error> {
        let number = self.number(names)?.unwrap_or(default);
        self.note(names[0], number);
        Ok(number)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        let flag = self.typed(&[name], "true or false", Value::as_bool)?;
        self.note(name, flag.map_or("default", |flag| if flag { "true" } else { "false" }));
        Ok(flag)
    }

    /// Returns true if `name` is present and true.
    pub(super) fn is_true(&self, name: &str) -> Result<bool, Error> {
        Ok(self.flag(name)?.unwrap_or(false))
    }

    pub(super) fn text_or(&self, name: &str, default: &str) -> Result<String, Error> {
        let text = self.typed(&[name], "a text", |value| value.as_str().map(str::to_owned))?;
        let text = text.unwrap_or_else(|| default.to_owned());
        self.note(name, &text);
        Ok(text)
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let list = self.typed(&[name], "a list of texts", |value| {
            let text = |item: &Value| item.as_str().map(str::to_owned);
            value.as_array()?.iter().map(text).collect::<Option<Vec<String>>>()
        })?;
        if let Some(list) = &list {
            self.note(name, list.join("|"));
        }
        Ok(list)
    }

    /// Refuses every value of `name` except `known`; it may be absent.
    pub(super) fn only(&self, name: &str, known: &str) -> Result<(), Error> {
        let found = self.text_or(name, known)?;
        if found != known {
            return Err(self.unsupported(format!("`{name}` = `{found}`")));
        }
        Ok(())
    }

    /// Refuses `name` if it is true.
    pub(super) fn refuse_true(&self, name: &str) -> Result<(), Error> {
        if self.is_true(name)? {
            return Err(self.unsupported(format!("`{name}`")));
        }
        Ok(())
    }

    pub(super) fn unsupported(&self, feature: String) -> Error {
        Error::Unsupported { path: self.path.to_owned(), feature, instead: self.instead }
    }

    pub(super) fn malformed(&self, reason: String) -> Error {
        Error::Malformed { path: self.path.to_owned(), reason }
    }

    fn optional_size_of(&self, names: &[&str]) -> Result<Option<usize>, Error> {
        let size = self.typed(names, "a whole number", |value| {
            value.as_u64().and_then(|size| usize::try_from(size).ok())
        })?;
        if let Some(size) = size {
            self.note(names[0], size);
        }
        Ok(size)
    }

    /// Returns the first value that one of `names` has, converted by `take`.
    fn typed<T>(
        &self,
        names: &[&str],
        expected: &str,
        take: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let found = names.iter().find_map(|name| {
            let mut parts = name.split('.');
            let value = parts.try_fold(self.config, |value, part| value.get(part))?;
            (!value.is_null()).then_some((name, value))
        });
        let Some((name, value)) = found else { return Ok(None) };
        let wrong = || self.malformed(format!("`{name}` is {value}, expected {expected}"));
        take(value).map(Some).ok_or_else(wrong)
    }

    fn note(&self, name: &str, value: impl ToString) {
        self.noted.borrow_mut().insert(name.to_owned(), value.to_string());
    }
}
