//! Reading moments as people and files write them. Not here: the clock.

use aios_record::Timestamp;
use jiff::{civil, tz::TimeZone};
use serde_json::Value;

/// Reads a moment: RFC 3339, a date and time without a zone (taken as UTC), a date alone (its
/// first instant in UTC), or seconds, milliseconds or microseconds since 1970.
///
/// # Errors
/// What was expected, in words, when `text` is none of these.
pub fn parse_timestamp(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    let civil = text.parse::<civil::DateTime>();
    let timestamp = civil.and_then(|civil| civil.to_zoned(TimeZone::UTC)).map(|z| z.timestamp());
    timestamp.map_err(|_| {
        format!(
            "`{}` is not a time; write 2026-05-08, 2026-05-08T13:56:00Z or seconds since 1970",
            excerpt(text)
        )
    })
}

/// Reads a moment from a JSON string or number.
///
/// # Errors
/// As [`parse_timestamp`].
pub(crate) fn from_json(value: &Value) -> Result<Timestamp, String> {
    match value {
        Value::String(text) => parse_timestamp(text),
        Value::Number(number) => from_number(number.as_f64().unwrap_or(f64::NAN)),
        other => {
            Err(format!("a timestamp is text or a number, not `{}`", excerpt(&other.to_string())))
        }
    }
}

/// Reads the heading of a LoCoMo session, such as `1:56 pm on 8 May, 2023`, as UTC.
///
/// # Errors
/// What was expected, in words.
pub(crate) fn parse_session_time(text: &str) -> Result<Timestamp, String> {
    let civil = civil::DateTime::strptime("%I:%M %p on %d %B, %Y", text.trim());
    let timestamp = civil.and_then(|civil| civil.to_zoned(TimeZone::UTC)).map(|z| z.timestamp());
    timestamp.map_err(|_| {
        format!("`{}` is not a session time like `1:56 pm on 8 May, 2023`", excerpt(text))
    })
}

/// Seconds up to the year 5138, milliseconds up to that year, then microseconds: no clock in use
/// writes a value that falls into the wrong one of these.
fn from_number(number: f64) -> Result<Timestamp, String> {
    let seconds = match number.abs() {
        magnitude if magnitude < 1e11 => number,
        magnitude if magnitude < 1e14 => number / 1e3,
        _ => number / 1e6,
    };
    let microseconds = (seconds * 1e6).round();
    if !microseconds.is_finite() || 9e18 <= microseconds.abs() {
        return Err(format!("`{number}` is not a time since 1970"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "finite and within i64, checked above")]
    let microseconds = microseconds as i64;
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| format!("`{number}` is not a time since 1970"))
}

/// At most 40 characters of `text`, for an error message.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    match text.char_indices().nth(CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
