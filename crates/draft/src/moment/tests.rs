//! Times in the formats of conversations.

use serde_json::json;

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
        ("2026-05-08T13:56:00+23:59", Some("2026-05-07T13:57:00Z")),
        ("2026-05-08T13:56:00+24:00", None),
        ("2026-05-08T13:56:00-25:00", None),
        ("8 May 2026 13:56 +2500", None),
        ("8 May 2026 13:56 +0270", None),
        ("2027-03-28T12:30:00[Mars/Olympus]", None),
        ("2027-03-28T12:30:00+05:00[Europe/Berlin]", None),
        ("1683554160000000000", Some("2023-05-08T13:56:00Z")),
        ("20230508", Some("2023-05-08T00:00:00Z")),
        ("2023050813", Some("2023-05-08T13:00:00Z")),
        ("202305081356", Some("2023-05-08T13:56:00Z")),
        ("20230508135607", Some("2023-05-08T13:56:07Z")),
        ("2023050824", Some("2034-02-08T22:33:44Z")),
        ("1999123123", Some("2033-05-07T23:58:43Z")),
        ("1700000000000", Some("2023-11-14T22:13:20Z")),
        ("Tue, 1 Jul 2003 10:52:37 +0200", Some("2003-07-01T08:52:37Z")),
        ("8 May 2026", Some("2026-05-08T00:00:00Z")),
        ("May 8th, 2026 at 1:56 p.m.", Some("2026-05-08T13:56:00Z")),
        ("May 8, 2026, 1:56\u{202f}PM", Some("2026-05-08T13:56:00Z")),
        ("12:05 am on 8 May, 2026", Some("2026-05-08T00:05:00Z")),
        ("Wed Oct 10 20:19:24 +0000 2018", Some("2018-10-10T20:19:24Z")),
        ("Fri May 08 2026 13:56:00 GMT+0200 (Somewhere)", Some("2026-05-08T11:56:00Z")),
        ("2026-05-08 13:56:00 UTC", Some("2026-05-08T13:56:00Z")),
        ("2026-05-08 13:56:00.5 +0200", Some("2026-05-08T11:56:00.5Z")),
        ("2023/05/20 (Sat) 02:21", Some("2023-05-20T02:21:00Z")),
        ("02.03.2026", Some("2026-03-02T00:00:00Z")),
        ("8-May-2026", Some("2026-05-08T00:00:00Z")),
        ("25/12/2026, 13:56:07", Some("2026-12-25T13:56:07Z")),
        ("12/25/2026 1:56pm", Some("2026-12-25T13:56:00Z")),
        ("05/05/2026", Some("2026-05-05T00:00:00Z")),
        ("05/08/2026", None),
        ("8-5-2026", None),
        ("8 May", None),
        ("May 2026", None),
        ("8 May 2026 13:56 PM", None),
        ("8 May 2026 and more", None),
        ("8 May 2026 9 June 2026", None),
        ("31 June 2026", None),
        ("8/5/26", None),
        ("Mayor 8 2026 x", None),
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
fn a_repeated_hour_is_the_first_and_a_skipped_one_moves_forward() {
    check(parse_timestamp("2027-03-28T02:30:00[Europe/Berlin]"), Some("2027-03-28T01:30:00Z"));
    check(parse_timestamp("2027-10-31T02:30:00[Europe/Berlin]"), Some("2027-10-31T00:30:00Z"));
}

#[test]
fn the_error_names_an_unknown_zone() {
    let told = parse_timestamp("2027-03-28T12:30[Mars/Olympus]").unwrap_err();
    assert!(told.contains("Mars/Olympus") && told.contains("zone"), "{told}");
}

#[test]
fn session_times_are_utc() {
    for (text, expect) in [
        ("1:56 pm on 8 May, 2023", Some("2023-05-08T13:56:00Z")),
        ("12:40 am on 27 March, 2022", Some("2022-03-27T00:40:00Z")),
        ("12:05 pm on 1 January, 2023", Some("2023-01-01T12:05:00Z")),
        ("13:56 on 8 May, 2023", Some("2023-05-08T13:56:00Z")),
        ("8 May 2023 13:56", Some("2023-05-08T13:56:00Z")),
        ("some day", None),
    ] {
        check(parse_session_time(text), expect);
    }
}

#[test]
fn json_times_are_text_or_numbers() {
    check(from_json(&serde_json::json!("2026-05-08")), Some("2026-05-08T00:00:00Z"));
    check(from_json(&serde_json::json!(1_683_554_160)), Some("2023-05-08T13:56:00Z"));
    check(from_json(&serde_json::json!(0)), Some("1970-01-01T00:00:00Z"));
    check(from_json(&serde_json::json!({"$date": "2026-05-08"})), Some("2026-05-08T00:00:00Z"));
    let long = serde_json::json!({"$date": {"$numberLong": "1683554160000"}});
    check(from_json(&long), Some("2023-05-08T13:56:00Z"));
    let parts = serde_json::json!({"seconds": 1_683_554_160, "nanos": 250_000_000});
    check(from_json(&parts), Some("2023-05-08T13:56:00.25Z"));
    check(from_json(&serde_json::json!({"hours": 5})), None);
    check(from_json(&serde_json::json!(true)), None);
    check(from_json(&serde_json::json!(null)), None);
}

#[test]
fn a_message_is_neither_of_another_epoch_nor_of_a_far_future() {
    let said = |value: Value| said_at(&value);
    for (value, expect) in [
        (serde_json::json!("20260105100000"), "2026-01-05T10:00:00Z"),
        (serde_json::json!(20_260_105_100_000_i64), "2026-01-05T10:00:00Z"),
        (serde_json::json!("202601051000"), "2026-01-05T10:00:00Z"),
        (serde_json::json!("2026010510"), "2026-01-05T10:00:00Z"),
        (serde_json::json!(1_767_607_200), "2026-01-05T10:00:00Z"),
        (serde_json::json!(1_767_607_200_000_000_000_i64), "2026-01-05T10:00:00Z"),
        (serde_json::json!("2099-12-31T23:59:59Z"), "2099-12-31T23:59:59Z"),
    ] {
        check(said(value), Some(expect));
    }
    for value in [
        serde_json::json!(13_411_699_200_000_000_i64),
        serde_json::json!("13411699200000000"),
        serde_json::json!(134_116_992_000_000_000_i64),
        serde_json::json!(639_032_040_000_000_000_i64),
        serde_json::json!(789_300_000_000_000_000_i64),
        serde_json::json!("20261305100000"),
        serde_json::json!("2100-01-01"),
        serde_json::json!("9999-12-31"),
        serde_json::json!({"$date": {"$numberLong": "20260105100060999"}}),
        serde_json::json!(2026),
    ] {
        check(said(value), None);
    }
}

#[test]
fn day_and_month_are_not_guessed() {
    let told = parse_timestamp("05/08/2026").unwrap_err();
    assert!(told.contains("05/08/2026") && told.contains("is ambiguous"), "{told}");
}

#[test]
fn only_the_form_of_rfc_3339_is_a_time_between_programs() {
    for (text, expect) in [
        ("2026-01-03T00:00:00Z", "2026-01-03T00:00:00Z"),
        ("2026-01-03t00:00:00z", "2026-01-03T00:00:00Z"),
        ("2026-01-03 01:00:00.123456+01:00", "2026-01-03T00:00:00.123456Z"),
        ("2026-01-03T00:00:00-23:59", "2026-01-03T23:59:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00Z"),
    ] {
        assert_eq!(parse_rfc3339(text).map(|time| time.to_string()), Ok(expect.to_owned()));
    }
    for text in [
        "",
        "2026-01-03",
        "2026-01-03T00:00:00",
        "2026-01-03T00:00Z",
        "2026-01-03T00:00:00.Z",
        "2026-01-03T00:00:00+24:00",
        "2026-01-03T00:00:00-99:59",
        "2026-01-03T00:00:00+01",
        "2026-01-03T00:00:00+01:00[America/New_York]",
        "2026-01-03T00:00:00Z[Nowhere/X]",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1767398400",
        "3 January 2026",
        "2026-01-03T00:00:0\u{e9}",
    ] {
        let problem = parse_rfc3339(text).unwrap_err();
        assert!(problem.contains("write 2026-05-08T13:56:00Z"), "{text}: {problem}");
    }
}

#[test]
fn a_date_of_expiry_includes_its_day() {
    for (value, expect) in [
        (json!("2026-05-08"), Some("2026-05-09T00:00:00Z")),
        (json!("20260508"), Some("2026-05-09T00:00:00Z")),
        (json!("2026-05-08T13:56:00Z"), Some("2026-05-08T13:56:00Z")),
        (json!(1_683_554_160), Some("2023-05-08T13:56:00Z")),
        (json!("9999-12-31"), Some("9999-12-30T22:00:00Z")),
        (json!(3600), None),
        (json!("soon"), None),
    ] {
        check(expires_at(&value), expect);
    }
}

#[test]
fn a_zero_date_is_no_time() {
    for zero in [
        "0001-01-01T00:00:00Z",
        "0000-06-01T12:00:00Z",
        "1900-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
    ] {
        assert!(zero_date(zero.parse().unwrap()).is_some(), "{zero}");
    }
    for time in ["1970-01-01T00:00:01Z", "1950-05-08T00:00:00Z", "1900-01-02T00:00:00Z"] {
        assert_eq!(zero_date(time.parse().unwrap()), None, "{time}");
    }
}
