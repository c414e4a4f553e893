//! Collects the fields of a record from a message. Their names are those of the table of kinds,
//! which checks them, so gRPC stores records by the same rules as every other interface.

use aios_memory::{Key, Kind};
use serde_json::{Map, Value, json};

use super::{answer::Answer, values};
use crate::{call::Call, failure::Failure, wire::Empty};

/// The given fields of a record.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn text(self, name: &str, text: String) -> Fields {
        match text.is_empty() {
            true => self,
            false => self.with(name, text.into()),
        }
    }

    pub(super) fn texts(self, name: &str, texts: Vec<String>) -> Fields {
        match texts.is_empty() {
            true => self,
            false => self.with(name, texts.into()),
        }
    }

    pub(super) fn truth(self, name: &str, truth: bool) -> Fields {
        self.with(name, truth.into())
    }

    /// Sets a signed number.
    pub(super) fn number(self, name: &str, number: i64) -> Fields {
        match number {
            0 => self,
            number => self.with(name, number.into()),
        }
    }

    /// Sets a count or a duration in milliseconds.
    pub(super) fn count(self, name: &str, count: i64) -> Result<Fields, Failure> {
        match count {
            0.. => Ok(self.number(name, count)),
            _ => Err(Failure::invalid(format!(
                "`{name}`: expected a number of at least 0, not {count}"
            ))),
        }
    }

    /// Sets a time in seconds.
    pub(super) fn time(self, name: &str, seconds: i64) -> Result<Fields, Failure> {
        Ok(match values::time(name, seconds)? {
            // As text, because a small number could be parsed as a date.
            Some(time) => self.with(name, json!(time)),
            None => self,
        })
    }

    /// Sets a JSON value, which the message has in the field `{name}_json`.
    pub(super) fn json(self, name: &str, bytes: &[u8]) -> Result<Fields, Failure> {
        Ok(match values::json(&format!("{name}_json"), bytes)? {
            Some(value) => self.with(name, value),
            None => self,
        })
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Fields {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// Stores the record.
    pub(super) async fn store(self, call: &Call, kind: Kind) -> Result<Answer<Empty>, Failure> {
        let view = call.caller.view().clone();
        let fields = Value::Object(self.0);
        let id = call.write(async move { Box::pin(view.record(kind, fields)).await }).await?;
        Ok(Answer::changed(Empty {}, [Key::new(kind, id).to_string()]))
    }
}
