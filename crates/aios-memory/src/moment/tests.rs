//! Times as conversations write them.

use super::*;

fn check(read: Result<Timestamp, String>, expect: Option<&str>) {
    assert_eq!(read.ok().map(|time| time.to_string()).as_deref(), expect);
}

#[test]
fn moments_are_read_as_people_write_them() {
    for (text, expect) in [
        ("2026-05-08T13:56:00Z", Some("2026-05-08T13:56:00Z")),
        ("2026-05-08T13:56:00.25+02:00", Some("2026-05-08T11:56:00.25Z")),
        ("2026-05-08T13:56:00", Some("2026-05-08T13:56:00Z")),
        ("2026-05-08 13:56", Some("2026-05-08T13:56:00Z")),
        (" 2026-05-08 ", Some("2026-05-08T00:00:00Z")),
        ("1683554160", Some("2023-05-08T13:56:00Z")),
        ("1683554160000", Some("2023-05-08T13:56:00Z")),
        ("1683554160000000", Some("2023-05-08T13:56:00Z")),
        ("99999999999", Some("5138-11-16T09:46:39Z")),
        ("100000000000", Some("1973-03-03T09:46:40Z")),
        ("-1", Some("1969-12-31T23:59:59Z")),
        ("2027-03-28T12:30:00[Europe/Berlin]", Some("2027-03-28T10:30:00Z")),
        ("2027-03-28T12:30+02:00[Europe/Berlin]", Some("2027-03-28T10:30:00Z")),
        ("2027-01-28 12:30[America/New_York]", Some("2027-01-28T17:30:00Z")),
        ("2027-03-28[Asia/Tokyo]", Some("2027-03-27T15:00:00Z")),
        ("9999-12-30T21:00:00Z", Some("9999-12-30T21:00:00Z")),
        ("9999-12-31", Some("9999-12-30T22:00:00Z")),
        ("9999-12-31T23:59:59Z", Some("9999-12-30T22:00:00Z")),
        ("9999-12-31 23:59:59.999-12:00", Some("9999-12-30T22:00:00Z")),
        ("9999-12-31[Europe/Berlin]", Some("9999-12-30T22:00:00Z")),
        ("10000-01-01", None),
        ("2027-03-28T12:30:00[Mars/Olympus]", None),
        ("2027-03-28T12:30:00+05:00[Europe/Berlin]", None),
        ("yesterday", None),
        ("2026-13-01", None),
        ("NaN", None),
        ("1e300", None),
        ("", None),
    ] {
        check(parse_timestamp(text), expect);
    }
}

#[test]
fn hours_that_a_clock_shows_twice_or_never() {
    check(parse_timestamp("2027-03-28T02:30:00[Europe/Berlin]"), Some("2027-03-28T01:30:00Z"));
    check(parse_timestamp("2027-10-31T02:30:00[Europe/Berlin]"), Some("2027-10-31T00:30:00Z"));
}

#[test]
fn a_zone_that_is_not_known_is_named() {
    let told = parse_timestamp("2027-03-28T12:30[Mars/Olympus]").unwrap_err();
    assert!(told.contains("Mars/Olympus") && told.contains("zone"), "{told}");
}

#[test]
fn session_times_are_utc() {
    for (text, expect) in [
        ("1:56 pm on 8 May, 2023", Some("2023-05-08T13:56:00Z")),
        ("12:40 am on 27 March, 2022", Some("2022-03-27T00:40:00Z")),
        ("12:05 pm on 1 January, 2023", Some("2023-01-01T12:05:00Z")),
        ("13:56 on 8 May, 2023", None),
    ] {
        check(parse_session_time(text), expect);
    }
}

#[test]
fn json_times_are_text_or_numbers() {
    check(from_json(&serde_json::json!("2026-05-08")), Some("2026-05-08T00:00:00Z"));
    check(from_json(&serde_json::json!(1_683_554_160)), Some("2023-05-08T13:56:00Z"));
    check(from_json(&serde_json::json!(0)), Some("1970-01-01T00:00:00Z"));
    check(from_json(&serde_json::json!(true)), None);
    check(from_json(&serde_json::json!(null)), None);
}
