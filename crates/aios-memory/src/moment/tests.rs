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
