//! The normal form of a record, and the checks that it must pass.

use aios_record::{Record, Timestamp};

use crate::{Error, library::TAG_SEPARATOR};

/// Normalises a record, so that every store returns it in the same form.
pub(crate) fn normalize(record: &mut Record) {
    for number in [&mut record.importance, &mut record.confidence] {
        *number = if number.is_finite() { number.clamp(0.0, 1.0) } else { 0.5 };
    }
    for tag in &mut record.tags {
        tag.retain(|c| c != TAG_SEPARATOR);
    }
    record.tags.retain(|tag| !tag.is_empty());
    record.recorded_at = whole_micros(record.recorded_at);
    let times = [&mut record.occurred_at, &mut record.valid_from, &mut record.valid_to];
    for time in times.into_iter().chain([&mut record.expires_at]) {
        *time = time.map(whole_micros);
    }
}

pub(super) fn check_length(record: &Record, bytes_max: usize) -> Result<(), Error> {
    let bytes = record.text.len();
    if bytes <= bytes_max {
        return Ok(());
    }
    let what = format!("the text of `{}`", record.identity());
    Err(Error::TooLong { what, bytes, bytes_max })
}

/// Checks that a record can be read back: JSON can be nested more deeply than the parser accepts.
pub(super) fn check_readable(record: &Record) -> Result<(), Error> {
    let json = serde_json::to_vec(record).expect("a record is plain data");
    serde_json::from_slice::<Record>(&json).map(drop).map_err(|error| Error::Unstorable {
        key: record.identity().to_string(),
        reason: error.to_string(),
    })
}

/// Truncates a text that is too long. The payload keeps the whole.
pub(crate) fn cut(record: &mut Record, bytes_max: usize) {
    if bytes_max < record.text.len() {
        let key = record.identity().to_string();
        tracing::warn!(key, bytes_max, "the text is too long; only its beginning is searchable");
        truncate(record, bytes_max);
    }
}

/// Truncates the text to at most `bytes_max` bytes.
pub(crate) fn truncate(record: &mut Record, bytes_max: usize) {
    record.text.truncate(record.text.floor_char_boundary(bytes_max));
}

/// Returns the time without the part below a microsecond, which no store keeps.
pub(super) fn whole_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).expect("it was a timestamp before")
}
