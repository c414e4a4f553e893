//! Parses points in time that people and programs write. Does not read the clock.

mod rfc3339;
mod written;

use aios_record::Timestamp;
use jiff::{Zoned, civil, fmt::temporal::Pieces, tz::Offset, tz::TimeZone};
use serde_json::{Map, Value};

use self::written::OFFSET_SECONDS_MAX;

pub use self::{
    rfc3339::parse_rfc3339,
    written::{Written, read_span},
};

/// Minimum number of seconds (in 1973) that is read as a time of a message. Smaller numbers are
/// years, counts of days or rows, or placeholders.
pub const SECONDS_MIN: f64 = 1e8;

/// Seconds from 1970 to 2100. A larger number has another unit or epoch. The limit does not depend
/// on the clock, so reading a file gives the same result at any time.
pub const SAID_SECONDS_MAX: i64 = 4_102_444_800;

/// Numbers in this range are not times of messages. As nanoseconds since 1970 they are before 2001,
/// and other programs use them for ticks since the year 1 or 1601.
const TICKS: std::ops::Range<f64> = 1e17..1e18;

/// Form of a date.
const DATE: &str = "0000-00-00";

/// The last supported year. It is accepted because its end is often written for "never".
const LAST_YEAR: i16 = 9999;

/// Parses a point in time. Accepted forms:
/// - RFC 3339, with an offset below 24 hours, also with the name of a time zone
///   (`2027-03-28T02:30:00[Europe/Berlin]`);
/// - a date and time without a zone (in UTC), or a date alone (its start in UTC);
/// - RFC 2822 and other dates in English words (`8 May 2026, 1:56 PM`);
/// - a date of eight digits, also with hour, minute and second: ten digits from the years 2000 to
///   2039, which as seconds would be in 2033 or later, twelve or fourteen from 1970 to 2099;
/// - seconds, milliseconds, microseconds or nanoseconds since 1970.
///
/// Day and month are never guessed: a date with slashes is accepted only if just one of its numbers
/// can be the month. A local time that occurs twice is the earlier one; one that is skipped is
/// moved forward by the gap. Times after the last supported one, late on 9999-12-30, become that
/// time.
///
/// # Errors
/// A message with the expected forms if `text` has another form.
pub fn parse_timestamp(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Some(date) = compact(text) {
        return Ok(date);
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    let unknown = |()| {
        format!(
            "`{}` is not a time; write 2026-05-08, 2026-05-08T13:56:00Z or seconds since 1970",
            excerpt(text)
        )
    };
    let Ok(pieces) = Pieces::parse(text) else {
        return written::read(text).map_err(|fault| match fault {
            written::Fault::Unknown => unknown(()),
            written::Fault::Ambiguous => {
                let text = excerpt(text);
                format!("`{text}` is ambiguous: day and month may be swapped; write 2026-05-08")
            }
        });
    };
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let zone = pieces.to_time_zone().map_err(|_| {
        format!("the time zone of `{}` is unknown; write an offset such as +02:00", excerpt(text))
    })?;
    let timestamp = match zone {
        Some(_) => text.parse::<Zoned>().map(|zoned| zoned.timestamp()),
        None => {
            let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
            if OFFSET_SECONDS_MAX < offset.seconds().abs() {
                return Err(unknown(()));
            }
            offset.to_timestamp(civil)
        }
    };
    match timestamp {
        Err(_) if civil.year() == LAST_YEAR => Ok(latest()),
        timestamp => timestamp.map(|timestamp| timestamp.min(latest())).map_err(|_| unknown(())),
    }
}

/// Returns the last time that survives a round trip through microseconds, the stored form.
pub fn latest() -> Timestamp {
    Timestamp::from_second(Timestamp::MAX.as_second()).expect("whole seconds of the last timestamp")
}

/// Normalises the times in the fields `names` of `object` to the stored form.
///
/// # Errors
/// The message of [`parse_timestamp`] for the first field that is not a time.
pub fn settle<'a>(
    object: &mut Map<String, Value>,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), String> {
    for name in names {
        if let Some(value) = object.get_mut(name).filter(|value| !value.is_null()) {
            let time = from_json(value).map_err(|problem| format!("`{name}`: {problem}"))?;
            *value = Value::from(time.to_string());
        }
    }
    Ok(())
}

/// Parses a point in time from a JSON string, number or object.
///
/// # Errors
/// As [`parse_timestamp`].
pub fn from_json(value: &Value) -> Result<Timestamp, String> {
    match value {
        Value::String(text) => parse_timestamp(text),
        Value::Number(number) => match compact(&number.to_string()) {
            Some(date) => Ok(date),
            None => from_number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::Object(parts) => from_parts(parts),
        other => {
            let found = excerpt(&other.to_string());
            Err(format!("expected a timestamp as text or a number, not `{found}`"))
        }
    }
}

/// Parses the time of a message, as [`from_json`] does, but refuses numbers that are too small for
/// one, and times from 2100 on.
///
/// # Errors
/// As [`parse_timestamp`].
pub fn said_at(value: &Value) -> Result<Timestamp, String> {
    if let Some(inner) = value.as_object().and_then(wrapped) {
        return said_at(inner);
    }
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        value => value.to_string(),
    };
    let refused = |problem: &str| {
        let found = excerpt(&text);
        Err(format!("`{found}` {problem}; write 2026-05-08 or 2026-05-08T13:56:00Z"))
    };
    if let (None, Ok(number)) = (compact(&text), text.parse::<f64>()) {
        if number < SECONDS_MIN {
            return refused("is too small for seconds since 1970");
        }
        if TICKS.contains(&number) {
            return refused("counts another unit than time since 1970");
        }
    }
    match from_json(value)? {
        time if SAID_SECONDS_MAX <= time.as_second() => refused("is a time after 2099"),
        time => Ok(time),
    }
}

/// Parses the time at which a record expires, as [`from_json`] does. A date alone includes its day.
///
/// # Errors
/// As [`parse_timestamp`], and for numbers that are too small for a time.
pub fn expires_at(value: &Value) -> Result<Timestamp, String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        value => value.to_string(),
    };
    let is_number = compact(&text).is_none();
    if is_number && text.parse::<f64>().is_ok_and(|number| number < SECONDS_MIN) {
        let found = excerpt(&text);
        return Err(format!("`{found}` is too small for seconds since 1970"));
    }
    let time = from_json(value)?;
    let day = text.parse::<civil::Date>().ok().filter(|_| text.len() <= DATE.len());
    let end = day.and_then(|day| day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok());
    Ok(end.map_or(time, |end| end.timestamp().min(latest())))
}

/// Returns the day whose start programs write for a missing time, if `time` is one: any of
/// the year 1 and before (Go, .NET), and the first days of 1601, 1753, 1900 and 1970 and the last
/// days of 1899 (Windows, SQL Server, spreadsheets, Unix).
pub fn zero_date(time: Timestamp) -> Option<civil::Date> {
    const STARTS: &[(i16, i8, i8)] =
        &[(1601, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1)];
    let civil = Offset::UTC.to_datetime(time);
    let day = civil.date();
    let is_start = civil.time() == civil::Time::midnight()
        && STARTS.contains(&(day.year(), day.month(), day.day()));
    (day.year() <= 1 || is_start).then_some(day)
}

/// Returns the time in a MongoDB object.
fn wrapped(parts: &Map<String, Value>) -> Option<&Value> {
    parts.get("$date").or_else(|| parts.get("$numberLong"))
}

/// Parses a time given as an object: MongoDB's `{"$date": ...}`, or seconds and nanoseconds as
/// protobuf and Firestore write them.
fn from_parts(parts: &Map<String, Value>) -> Result<Timestamp, String> {
    if let Some(value) = wrapped(parts) {
        return from_json(value);
    }
    let part = |names: &[&str]| names.iter().find_map(|name| parts.get(*name)?.as_f64());
    let seconds = part(&["seconds", "_seconds"]).ok_or("expected `seconds` in a time object")?;
    let nanos = part(&["nanos", "nanoseconds", "_nanoseconds"]).unwrap_or_default();
    from_number(seconds + nanos / 1e9)
}

/// Parses a date of eight digits, such as 20260508 (which as seconds would be in 1970), optionally
/// followed by hour, minute and second.
fn compact(text: &str) -> Option<Timestamp> {
    let years = match text.len() {
        8 => 1900..=2099,
        10 => 2000..=2039,
        12 | 14 => 1970..=2099,
        _ => return None,
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| text.get(at..at + 2).map_or(Some(0), |digits| digits.parse().ok());
    let day = compact_day(&text[..8]).filter(|day| years.contains(&day.year()))?;
    let time = civil::Time::new(part(8)?, part(10)?, part(12)?, 0).ok()?;
    Some(day.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Parses a date of eight digits.
pub fn compact_day(text: &str) -> Option<civil::Date> {
    let is_date = text.len() == 8 && (text.starts_with("19") || text.starts_with("20"));
    is_date.then(|| text.parse().ok()).flatten()
}

/// Formats of a LoCoMo session heading, the data set's own first.
const SESSION_TIMES: &[&str] = &[
    "%I:%M %p on %d %B, %Y",
    "%I:%M %p on %d %B %Y",
    "%H:%M on %d %B, %Y",
    "%d %B %Y %H:%M",
    "%d %B, %Y %H:%M",
    "%d %B %Y %I:%M %p",
    "%B %d, %Y %H:%M",
    "%B %d, %Y %I:%M %p",
];

/// Parses the heading of a LoCoMo session, such as `1:56 pm on 8 May, 2023`, as UTC.
///
/// # Errors
/// A message with the expected form.
pub fn parse_session_time(text: &str) -> Result<Timestamp, String> {
    let read = |form: &&str| civil::DateTime::strptime(*form, text.trim());
    let civil = read(&SESSION_TIMES[0])
        .or_else(|error| SESSION_TIMES.iter().find_map(|form| read(form).ok()).ok_or(error));
    let timestamp = civil.and_then(|civil| civil.to_zoned(TimeZone::UTC)).map(|z| z.timestamp());
    timestamp.map_err(|_| {
        format!("`{}` is not a session time like `1:56 pm on 8 May, 2023`", excerpt(text))
    })
}

/// Interprets a number as seconds up to the year 5138, then as milliseconds and as microseconds up
/// to the same year, then as nanoseconds. Current timestamps are unambiguous in each of these
/// units.
fn from_number(number: f64) -> Result<Timestamp, String> {
    let seconds = match number.abs() {
        magnitude if magnitude < 1e11 => number,
        magnitude if magnitude < 1e14 => number / 1e3,
        magnitude if magnitude < 1e17 => number / 1e6,
        _ => number / 1e9,
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

/// Returns at most 40 characters of `text`, for an error message.
pub fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    match text.char_indices().nth(CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
