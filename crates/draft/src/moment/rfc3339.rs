//! Times in the form of RFC 3339, for interfaces between programs.

use aios_record::Timestamp;

use super::{excerpt, parse_timestamp};

/// Form of a date with a time of day. `0` matches any digit.
const DATE_TIME: &str = "0000-00-00T00:00:00";

/// Form of an offset from UTC.
const OFFSET: &str = "+00:00";

/// Parses a point in time in the form of RFC 3339, from 1970 to 9999. Refuses other forms that
/// [`parse_timestamp`] accepts, such as a date alone or the name of a time zone.
///
/// # Errors
/// A message with the expected form.
pub fn parse_rfc3339(text: &str) -> Result<Timestamp, String> {
    let time = if is_written(text) { parse_timestamp(text).ok() } else { None };
    time.filter(|time| Timestamp::UNIX_EPOCH <= *time).ok_or_else(|| {
        format!(
            "`{}` is not a time of RFC 3339 from 1970 to 9999; write 2026-05-08T13:56:00Z or \
             2026-05-08T13:56:00+02:00",
            excerpt(text)
        )
    })
}

/// Returns true for a date and a time of day, with or without a fraction of a second, and an
/// offset.
fn is_written(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(DATE_TIME.len()) else { return false };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    has_form(date_time, DATE_TIME)
        && rest.len() != offset.len() + 1
        && (offset.eq_ignore_ascii_case("z") || has_form(offset, OFFSET))
}

/// Returns true if `text` has the form `form`.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        b'+' => matches!(byte, b'+' | b'-'),
        other => byte == other,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}
