//! Storing, reading and checking one field: every conversion between a Rust value and a column.

use aios_record::{Id, Timestamp};
use rusqlite::types::{FromSqlError, FromSqlResult, ToSqlOutput, Value as Sql, ValueRef};
use serde_json::Value;

use crate::{
    Error,
    limits::{JSON_DEPTH_MAX, LABEL_BYTES_MAX},
};

/// A value stored in one column.
pub(crate) trait Column: Sized {
    fn bind(&self) -> ToSqlOutput<'_>;

    fn decode(value: ValueRef<'_>) -> FromSqlResult<Self>;

    /// Checks that the value can be stored; `limit` is the maximum length of text in bytes.
    fn check(&self, field: &'static str, limit: usize) -> Result<(), Error> {
        let _ = (field, limit);
        Ok(())
    }
}

/// Checks the length of a label.
pub(crate) fn label(text: &str, field: &'static str) -> Result<(), Error> {
    within(text.len(), field, LABEL_BYTES_MAX)
}

fn within(bytes: usize, field: &'static str, limit: usize) -> Result<(), Error> {
    if limit < bytes { Err(Error::TooLong { field, bytes, bytes_max: limit }) } else { Ok(()) }
}

impl Column for String {
    fn bind(&self) -> ToSqlOutput<'_> {
        self.as_str().into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<String> {
        value.as_str().map(str::to_owned)
    }

    fn check(&self, field: &'static str, limit: usize) -> Result<(), Error> {
        within(self.len(), field, limit)
    }
}

impl Column for Id {
    fn bind(&self) -> ToSqlOutput<'_> {
        self.as_str().into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<Id> {
        Id::new(value.as_str()?).map_err(FromSqlError::other)
    }
}

impl Column for Timestamp {
    fn bind(&self) -> ToSqlOutput<'_> {
        self.as_microsecond().into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<Timestamp> {
        Timestamp::from_microsecond(value.as_i64()?).map_err(FromSqlError::other)
    }

    fn check(&self, field: &'static str, _: usize) -> Result<(), Error> {
        // Truncated to microseconds, a time in the last second of 9999 cannot be read back.
        let kept = Timestamp::from_microsecond(self.as_microsecond()).is_ok();
        if kept && Timestamp::UNIX_EPOCH <= *self {
            return Ok(());
        }
        Err(Error::Time { field, time: *self })
    }
}

/// Returns the nesting depth: 0 for a value that is not an array or object.
fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        deepest = deepest.max(depth);
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => open.extend(fields.values().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    deepest
}

impl Column for Value {
    fn bind(&self) -> ToSqlOutput<'_> {
        self.to_string().into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<Value> {
        serde_json::from_str(value.as_str()?).map_err(FromSqlError::other)
    }

    fn check(&self, field: &'static str, limit: usize) -> Result<(), Error> {
        let depth = depth(self);
        if JSON_DEPTH_MAX < depth {
            return Err(Error::TooDeep { field, depth });
        }
        let mut counter = Counter(0);
        // Counting cannot fail, and a JSON value can always be serialised.
        let _ = serde_json::to_writer(&mut counter, self);
        within(counter.0, field, limit)
    }
}

/// A writer that counts bytes.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Column for Vec<String> {
    fn bind(&self) -> ToSqlOutput<'_> {
        Value::from(self.as_slice()).to_string().into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<Vec<String>> {
        serde_json::from_str(value.as_str()?).map_err(FromSqlError::other)
    }

    fn check(&self, field: &'static str, limit: usize) -> Result<(), Error> {
        within(self.iter().map(String::len).sum(), field, limit)
    }
}

impl Column for bool {
    fn bind(&self) -> ToSqlOutput<'_> {
        (*self).into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<bool> {
        Ok(value.as_i64()? != 0)
    }
}

impl Column for i64 {
    fn bind(&self) -> ToSqlOutput<'_> {
        (*self).into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<i64> {
        value.as_i64()
    }
}

impl Column for i32 {
    fn bind(&self) -> ToSqlOutput<'_> {
        (*self).into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<i32> {
        let number = value.as_i64()?;
        i32::try_from(number).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

impl Column for f64 {
    fn bind(&self) -> ToSqlOutput<'_> {
        (*self).into()
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<f64> {
        value.as_f64()
    }

    fn check(&self, field: &'static str, _: usize) -> Result<(), Error> {
        if self.is_finite() { Ok(()) } else { Err(Error::NotFinite { field }) }
    }
}

impl Column for f32 {
    fn bind(&self) -> ToSqlOutput<'_> {
        f64::from(*self).into()
    }

    #[expect(clippy::cast_possible_truncation, reason = "it was an f32 when it was stored")]
    fn decode(value: ValueRef<'_>) -> FromSqlResult<f32> {
        value.as_f64().map(|wide| wide as f32)
    }

    fn check(&self, field: &'static str, limit: usize) -> Result<(), Error> {
        f64::from(*self).check(field, limit)
    }
}

impl<T: Column> Column for Option<T> {
    fn bind(&self) -> ToSqlOutput<'_> {
        self.as_ref().map_or(ToSqlOutput::Owned(Sql::Null), Column::bind)
    }

    fn decode(value: ValueRef<'_>) -> FromSqlResult<Option<T>> {
        if matches!(value, ValueRef::Null) { Ok(None) } else { T::decode(value).map(Some) }
    }

    fn check(&self, field: &'static str, limit: usize) -> Result<(), Error> {
        self.as_ref().map_or(Ok(()), |value| value.check(field, limit))
    }
}
