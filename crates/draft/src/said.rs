//! Fields of a record that describe the utterance: text, role, speaker, time, id, tags. The text is
//! required. Any other field that is malformed is reported, and the record is kept.

use aios_record::{Timestamp, forms};
use serde_json::{Map, Value};

use crate::{
    moment,
    spellings::{
        EXPIRES, EXTERNAL_ID, Field, NAME, ROLE, SESSION, TAGS, TEXT, TIME, is_nested, is_role,
        looks_like_expiry, looks_like_session, looks_like_time, plain,
    },
};

/// Maximum length of a name, role, tag or id, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 1024;

/// Reason why an element of the input yields no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// The element has no content, so nothing is lost.
    Skipped(String),
    /// The element is refused.
    Refused(String),
}

impl Unfit {
    /// Returns the reason.
    #[must_use]
    pub fn into_reason(self) -> String {
        match self {
            Unfit::Skipped(reason) | Unfit::Refused(reason) => reason,
        }
    }
}

impl From<String> for Unfit {
    fn from(reason: String) -> Unfit {
        Unfit::Refused(reason)
    }
}

/// A malformed part of a record, with its repair. The record is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// The field, or `None` if the repair concerns the whole element.
    pub field: Option<String>,
    /// The problem and its repair.
    pub reason: String,
}

impl Mend {
    /// Describes the repair of a field.
    #[must_use]
    pub fn of(field: &str, reason: impl Into<String>) -> Mend {
        Mend { field: Some(field.to_owned()), reason: reason.into() }
    }

    /// Describes the repair of a whole element.
    #[must_use]
    pub fn whole(reason: impl Into<String>) -> Mend {
        Mend { field: None, reason: reason.into() }
    }

    /// Returns the field and the problem, without the repair, for a reader that refuses the input
    /// instead.
    #[must_use]
    pub fn problem(&self) -> String {
        let is_outcome = |part: &&str| part.starts_with("kept as ") || part.starts_with("stored ");
        let parts = self.reason.split("; ").filter(|part| !is_outcome(part));
        let problem = parts.collect::<Vec<_>>().join("; ");
        self.field.as_ref().map(|field| format!("`{field}`: {problem}")).unwrap_or(problem)
    }
}

/// Fields of one record.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) role: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) tags: Vec<String>,
    pub(crate) mended: Vec<Mend>,
    /// Fields whose spelling earlier versions of this program did not recognise.
    pub(crate) is_new: IsNew,
}

/// Fields whose spelling or notation earlier versions did not recognise.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IsNew {
    pub(crate) text: bool,
    pub(crate) role: bool,
    pub(crate) name: bool,
    pub(crate) external_id: bool,
    pub(crate) occurred_at: bool,
}

impl Said {
    /// Removes and reads these fields of `object`; the others stay.
    ///
    /// # Errors
    /// [`Unfit::Skipped`] if the text is empty, [`Unfit::Refused`] if it is missing or unreadable.
    pub(crate) fn take(object: &mut Map<String, Value>) -> Result<Said, Unfit> {
        let mut said = Said::default();
        said.take_text(object)?;
        said.take_time(object);
        said.take_expiry(object);
        said.take_speaker(object);
        said.take_id(object);
        said.take_tags(object);
        for name in object.keys().filter(|name| looks_like_session(name)) {
            let session = SESSION.name;
            let reason = format!(
                "looks like a {session}, but is not a known spelling; kept as metadata; write it \
                 as `{session}`"
            );
            said.mended.push(Mend::of(name, reason));
        }
        Ok(said)
    }

    fn take_text(&mut self, object: &mut Map<String, Value>) -> Result<(), Unfit> {
        let mut empty = None;
        let mut unreadable = None;
        for name in spelled(object, &TEXT) {
            let text = match text_of(&object[&name]) {
                Ok(text) => text,
                Err(problem) => {
                    unreadable.get_or_insert(format!("`{name}`: {problem}"));
                    continue;
                }
            };
            if forms::is_blank(&text) {
                empty.get_or_insert(name);
                continue;
            }
            if self.text.is_empty() {
                object.remove(&name);
                self.is_new.text = !TEXT.was_spelled(&name);
                self.text = text;
            } else if text == self.text {
                object.remove(&name);
            } else {
                self.mended.push(Mend::of(&name, "another text comes first; kept as metadata"));
            }
        }
        if !self.text.is_empty() {
            if let Some(name) = empty {
                object.remove(&name);
            }
            return Ok(());
        }
        match (empty, unreadable) {
            (Some(name), _) => Err(Unfit::Skipped(format!("`{name}` is empty"))),
            (None, Some(problem)) => Err(Unfit::Refused(problem)),
            (None, None) => {
                Err(Unfit::Refused(format!("missing text; expected one of {}", TEXT.listed())))
            }
        }
    }

    fn take_time(&mut self, object: &mut Map<String, Value>) {
        self.find_time(object);
        if self.occurred_at.is_some() {
            return;
        }
        let nested: Vec<String> = object.keys().filter(|name| is_nested(name)).cloned().collect();
        for name in nested {
            let Some(Value::Object(inner)) = object.get_mut(&name) else { continue };
            self.find_time(inner);
            if self.occurred_at.is_some() {
                if inner.is_empty() {
                    object.remove(&name);
                }
                self.is_new.occurred_at = true;
                return;
            }
        }
        let doubtful = object.iter().filter(|(name, value)| is_like_time(name, value));
        self.mended.extend(doubtful.map(|(name, _)| {
            let time = TIME.name;
            let reason = format!(
                "looks like a time, but is not a known spelling; stored undated; write it as \
                 `{time}`"
            );
            Mend::of(name, reason)
        }));
    }

    /// Reads the time from the first field with a valid one. Removes that field and fields with the
    /// same time. Invalid and different times stay and are reported.
    fn find_time(&mut self, object: &mut Map<String, Value>) {
        for name in spelled(object, &TIME) {
            self.find_time_in(object, &name);
        }
    }

    fn find_time_in(&mut self, object: &mut Map<String, Value>, name: &str) {
        let value = &object[name];
        if value.is_null() || value.as_str().is_some_and(forms::is_blank) {
            object.remove(name);
            return;
        }
        let read = moment::said_at(value).or_else(|problem| {
            // Date and time of day may be separate fields.
            let of_day =
                |other: &str| Some(format!("{} {}", object.get(other)?.as_str()?, value.as_str()?));
            let whole = if plain(name) == "time" { of_day("date") } else { None };
            whole.and_then(|whole| moment::said_at(&whole.into()).ok()).ok_or(problem)
        });
        match (read, self.occurred_at) {
            (Ok(time), None) => {
                self.is_new.occurred_at = !TIME.was_spelled(name);
                self.occurred_at = Some(time);
                object.remove(name);
            }
            (Ok(time), Some(known)) if time == known => drop(object.remove(name)),
            (Ok(_), Some(_)) => {
                let reason = "another time comes first; kept as metadata";
                self.mended.push(Mend::of(name, reason));
            }
            (Err(problem), _) => {
                self.mended.push(Mend::of(name, format!("{problem}; kept as metadata")));
            }
        }
    }

    /// Removes and reads the time of expiry, also from nested objects that may hold it.
    fn take_expiry(&mut self, object: &mut Map<String, Value>) {
        self.find_expiry(object);
        let nested: Vec<String> = object.keys().filter(|name| is_nested(name)).cloned().collect();
        for name in nested {
            let Some(Value::Object(inner)) = object.get_mut(&name) else { continue };
            let before = inner.len();
            self.find_expiry(inner);
            if inner.is_empty() && 0 < before {
                object.remove(&name);
            }
        }
    }

    /// Reads the time of expiry from the first field with a valid one. Others are reported.
    fn find_expiry(&mut self, object: &mut Map<String, Value>) {
        for name in spelled(object, &EXPIRES) {
            let value = &object[&name];
            if value.is_null() || value.as_str().is_some_and(forms::is_blank) {
                object.remove(&name);
                continue;
            }
            match (moment::expires_at(value), self.expires_at) {
                (Ok(time), None) => {
                    self.expires_at = Some(time);
                    object.remove(&name);
                }
                (Ok(time), Some(known)) if time == known => drop(object.remove(&name)),
                (Ok(_), Some(_)) => {
                    let reason = "another time of expiry comes first; kept as metadata";
                    self.mended.push(Mend::of(&name, reason));
                }
                (Err(problem), _) => {
                    let reason = format!("{problem}; stored without expiry; kept as metadata");
                    self.mended.push(Mend::of(&name, reason));
                }
            }
        }
        let says = |value: &Value| {
            value.as_f64().is_some_and(|span| 0.0 < span)
                || value.as_str().is_some_and(|text| !forms::is_blank(text))
        };
        for (name, _) in
            object.iter().filter(|(name, value)| looks_like_expiry(name) && says(value))
        {
            let field = EXPIRES.name;
            let reason = format!(
                "looks like a time of expiry, but is not a known spelling; stored without expiry; \
                 kept as metadata; write it as `{field}`"
            );
            self.mended.push(Mend::of(name, reason));
        }
    }

    /// Removes and reads role and name. A role word in a speaker field is the role.
    fn take_speaker(&mut self, object: &mut Map<String, Value>) {
        for name in spelled(object, &ROLE) {
            let Some(value) = self.side(object, &name) else { continue };
            match &self.role {
                None => {
                    self.is_new.role = !ROLE.was_spelled(&name);
                    self.role = Some(value);
                }
                Some(role) if *role == value => {}
                // In Zep's messages, `role` is the speaker and `role_type` the role.
                Some(role) if !is_role(role) && is_role(&value) && self.name.is_none() => {
                    self.name = self.role.replace(value);
                    (self.is_new.role, self.is_new.name) = (true, true);
                }
                Some(_) => {
                    self.mended.push(Mend::of(&name, "another role comes first"));
                }
            }
        }
        for name in spelled(object, &NAME) {
            let is_name = plain(&name) == "name";
            if let Some(Value::Object(author)) = object.get(&name) {
                let part = |part: &str| author.get(part).and_then(Value::as_str).map(str::to_owned);
                let (role, called) = (part("role"), part("name"));
                if role.is_none() && called.is_none() {
                    continue;
                }
                object.remove(&name);
                if self.role.is_none() && role.is_some() {
                    (self.role, self.is_new.role) = (role, true);
                }
                if self.name.is_none() && called.is_some() {
                    (self.name, self.is_new.name) = (called, true);
                }
                continue;
            }
            let Some(value) = self.side(object, &name) else { continue };
            if !is_name && is_role(&value) {
                if self.role.is_none() {
                    (self.role, self.is_new.role) = (Some(value), true);
                }
            } else if self.name.is_none() {
                self.is_new.name = !NAME.was_spelled(&name);
                self.name = Some(value);
            } else if self.name.as_ref() != Some(&value) {
                object.insert(name, Value::String(value));
            }
        }
    }

    fn take_id(&mut self, object: &mut Map<String, Value>) {
        for name in spelled(object, &EXTERNAL_ID) {
            if self.external_id.is_some() {
                return;
            }
            self.external_id = self.side(object, &name);
            self.is_new.external_id = !EXTERNAL_ID.was_spelled(&name);
        }
    }

    fn take_tags(&mut self, object: &mut Map<String, Value>) {
        for name in spelled(object, &TAGS) {
            match &object[&name] {
                Value::Null => {}
                Value::String(tags) => {
                    let tags = tags.split(',').map(str::trim).filter(|tag| !forms::is_blank(tag));
                    self.tags.extend(tags.map(str::to_owned));
                }
                Value::Array(tags) => {
                    for tag in tags {
                        match name_of(&name, Some(tag.clone())) {
                            Ok(tag) => self.tags.extend(tag),
                            Err(problem) => self.mended.push(Mend::of(&name, problem)),
                        }
                    }
                }
                other => {
                    let given = moment::excerpt(&other.to_string());
                    let reason =
                        format!("expected a list of texts, not `{given}`; kept as metadata");
                    self.mended.push(Mend::of(&name, reason));
                    continue;
                }
            }
            object.remove(&name);
        }
    }

    /// Removes a field and returns it as text. A field that is not text stays and is reported.
    fn side(&mut self, object: &mut Map<String, Value>, name: &str) -> Option<String> {
        let value = object.get(name)?;
        // `{"$oid": "..."}` of MongoDB, `{"name": "user"}`, `{"type": "human"}`.
        let inner = value.as_object().and_then(|inner| {
            ["$oid", "name", "role", "type", "id"].iter().find_map(|part| inner.get(*part))
        });
        match name_of(name, Some(inner.unwrap_or(value).clone())) {
            Ok(text) => {
                object.remove(name);
                text
            }
            Err(problem) => {
                self.mended.push(Mend::of(name, format!("{problem}; kept as metadata")));
                None
            }
        }
    }
}

/// Removes and returns the time of a conversation: the first spelling that is a valid time. Others
/// stay.
pub fn take_time(fields: &mut Map<String, Value>, mended: &mut Vec<Mend>) -> Option<Timestamp> {
    let mut said = Said::default();
    for name in spelled(fields, &TIME) {
        if said.occurred_at.is_none() {
            said.find_time_in(fields, &name);
        }
    }
    mended.append(&mut said.mended);
    said.occurred_at
}

/// Returns the fields of `object` that are spellings of `field`, in the order of the table.
fn spelled(object: &Map<String, Value>, field: &Field) -> Vec<String> {
    let mut found: Vec<(usize, &String)> =
        object.keys().filter_map(|name| Some((field.place(name)?, name))).collect();
    found.sort();
    found.into_iter().map(|(_, name)| name.clone()).collect()
}

fn is_like_time(name: &str, value: &Value) -> bool {
    let may_be = match value {
        Value::Number(_) => true,
        Value::String(text) => text.parse::<f64>().is_err(),
        _ => false,
    };
    may_be && looks_like_time(name) && moment::said_at(value).is_ok()
}

/// Returns the text of a record: text, a number, or the text parts of a list of content parts as in
/// chat interfaces.
fn text_of(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| {
                part.as_str().or_else(|| part.get("text").and_then(Value::as_str))
            });
            Ok(texts.collect::<Vec<_>>().join("\n"))
        }
        other => match text_alone(other) {
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("expected text, not `{}`", moment::excerpt(&other.to_string()))),
        },
    }
}

/// Returns the text of a single content part. An object with other fields is not a part.
fn text_alone(part: &Value) -> Option<&str> {
    let is_part = |name: &String| ["type", "text", "content", "annotations"].contains(&&**name);
    let part = part.as_object().filter(|part| part.keys().all(is_part))?;
    part.get("text").or_else(|| part.get("content")).and_then(Value::as_str)
}

/// Returns a name or an id: text or a number. `None` if it is missing, null or empty.
///
/// # Errors
/// A message if it is neither, or too long.
pub fn name_of(key: &str, value: Option<Value>) -> Result<Option<String>, String> {
    let name = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) => name,
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => {
            let given = moment::excerpt(&other.to_string());
            return Err(format!("`{key}`: expected text, not `{given}`"));
        }
    };
    match name.len() {
        0 => Ok(None),
        1..=NAME_BYTES_MAX => Ok(Some(name)),
        bytes => Err(format!("`{key}` has {bytes} bytes, more than {NAME_BYTES_MAX}")),
    }
}
