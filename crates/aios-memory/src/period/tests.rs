//! Dates as people write them, and ambiguous ones.

use jiff::Zoned;

use super::Period;

/// A Wednesday, in summer time.
fn now() -> Zoned {
    "2026-05-13T15:30:00+02:00[Europe/Berlin]".parse().unwrap()
}

fn shown(text: &str) -> String {
    let now = now();
    let zone = now.time_zone();
    let local = |moment: jiff::Timestamp| {
        moment.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
    };
    match Period::parse(text, &now) {
        Ok(Period { begin, end }) if begin == end => local(begin),
        Ok(Period { begin, end }) => format!("{} to {}", local(begin), local(end)),
        Err(problem) => problem,
    }
}

#[test]
fn days_months_and_years_are_whole_in_the_local_zone() {
    for (texts, begin, end) in [
        (&["2026"][..], "2026-01-01", "2027-01-01"),
        (
            &["2026-05", "2026/05", "2026.05", "05.2026", "5.2026", "this month"],
            "2026-05-01",
            "2026-06-01",
        ),
        (
            &["2026-05-08", "2026-5-8", "2026/05/08", "08.05.2026", "8.5.2026", " 8 May 2026 "],
            "2026-05-08",
            "2026-05-09",
        ),
        (&["8 may 2026", "May 8, 2026", "8. May 2026", "8 May 2026"], "2026-05-08", "2026-05-09"),
        (&["May 2026", "may 2026", "MAY, 2026", "2026 May"], "2026-05-01", "2026-06-01"),
        (&["Mar 2026", "March 2026"], "2026-03-01", "2026-04-01"),
        (
            &[
                "20th May 2026",
                "20260520",
                "2026.05.20",
                "20-May-2026",
                "Wed, 20 May 2026",
                "May 20th, 2026",
                "20th of May 2026",
            ],
            "2026-05-20",
            "2026-05-21",
        ),
        // With dots, the day is always first.
        (&["02.03.2026"], "2026-03-02", "2026-03-03"),
        // These have one reading only.
        (&["25/12/2026", "12/25/2026"], "2026-12-25", "2026-12-26"),
        (&["05/05/2026"], "2026-05-05", "2026-05-06"),
        (&["today", "Today", "wednesday"], "2026-05-13", "2026-05-14"),
        (&["yesterday", "tuesday", "last tuesday"], "2026-05-12", "2026-05-13"),
        (&["tomorrow"], "2026-05-14", "2026-05-15"),
        (&["last monday", "monday"], "2026-05-11", "2026-05-12"),
        (&["last wednesday"], "2026-05-06", "2026-05-07"),
        (&["last friday"], "2026-05-08", "2026-05-09"),
        (&["this week"], "2026-05-11", "2026-05-18"),
        (&["last week"], "2026-05-04", "2026-05-11"),
        (&["last month"], "2026-04-01", "2026-05-01"),
        (&["last year", "2025"], "2025-01-01", "2026-01-01"),
        // The day of the change to summer time.
        (&["2026-03-29"], "2026-03-29", "2026-03-30"),
    ] {
        for text in texts {
            assert_eq!(shown(text), format!("{begin}T00:00:00 to {end}T00:00:00"), "{text}");
        }
    }
}

#[test]
fn moments_are_relative_local_or_in_their_named_zone() {
    for (texts, expect) in [
        (&["now"][..], "2026-05-13T15:30:00"),
        (&["3h", "3 hours", "3 hours ago", "3h ago"], "2026-05-13T12:30:00"),
        (&["90m", "90 minutes ago", "1h30m"], "2026-05-13T14:00:00"),
        (&["7d", "7 days ago", "1w", "a week ago", "1 week"], "2026-05-06T15:30:00"),
        (&["2w", "2 weeks ago", "2 WEEKS AGO"], "2026-04-29T15:30:00"),
        (&["an hour ago"], "2026-05-13T14:30:00"),
        // The same time of day, before the change to summer time.
        (&["2mo", "2 months ago"], "2026-03-13T15:30:00"),
        (&["1y", "a year ago"], "2025-05-13T15:30:00"),
        (&["2026-05-08T13:56", "2026-05-08 13:56", "2026-05-08T13:56:00"], "2026-05-08T13:56:00"),
        (&["2026-05-08T11:56:00Z", "2026-05-08T11:56Z", "1778241360"], "2026-05-08T13:56:00"),
        (&["2026-05-08T05:56:00-06:00", "2026-05-08 13:56+02:00"], "2026-05-08T13:56:00"),
        (&["8 May 2026 13:56", "May 8, 2026, 1:56 PM", "8.5.2026 13:56"], "2026-05-08T13:56:00"),
        (&["Fri, 8 May 2026 11:56:00 +0000", "8 May 2026 11:56 UTC"], "2026-05-08T13:56:00"),
        (&["2026-05-20 10:00", "20 May 2026 10:00"], "2026-05-20T10:00:00"),
        (&["9999-12-31"], "9999-12-30T23:00:00"),
        (&["2026-05-08T20:56:00[Asia/Tokyo]"], "2026-05-08T13:56:00"),
    ] {
        for text in texts {
            assert_eq!(shown(text), expect, "{text}");
        }
    }
}

#[test]
fn errors_name_both_readings_or_the_accepted_forms() {
    for (text, expect) in [
        ("02/03/2026", "`02/03/2026` is ambiguous: 2026-03-02 or 2026-02-03; write one of these"),
        ("", "`` is not a time; expected a form such as 2026,"),
        ("soon", "`soon` is not a time; expected a form such as 2026,"),
        ("last tango", "is not a time"),
        ("this monday ago", "is not a time"),
        ("13.25.2026", "is not a time"),
        ("2026-13", "is not a time"),
        ("2026-02-30", "is not a time"),
        ("02.03.26", "is not a time"),
        ("02/03/26", "is not a time"),
        ("99999999999999d", "is not a time"),
        ("9999999 years ago", "is not a time"),
        ("-7d", "is not a time"),
        ("7 parsecs", "is not a time"),
        ("26", "`26` is not a time; expected a form such as 2026,"),
        ("202605", "with at least nine digits"),
        ("99999999", "is not a time"),
        ("-5", "is not a time"),
        ("8.5", "is not a time"),
        ("May 26", "is not a time"),
        ("Monday May 2026", "is not a time"),
    ] {
        assert!(shown(text).contains(expect), "{text}: {}", shown(text));
    }
}

#[test]
fn spans_past_the_last_moment_end_with_it() {
    for (text, begin) in [("9999", "9999-01-01T00:00:00"), ("9999-12", "9999-12-01T00:00:00")] {
        assert_eq!(shown(text), format!("{begin} to 9999-12-30T23:00:00"), "{text}");
    }
}

#[test]
fn the_last_moment_of_a_day_is_before_the_next() {
    let day = Period::parse("2026-05-08", &now()).unwrap();
    assert!(day.begin < day.last() && day.last() < day.end);
    let moment = Period::parse("3h", &now()).unwrap();
    assert_eq!(moment.last(), moment.begin);
}

#[test]
fn a_time_of_the_repeated_hour_ends_with_its_second_occurrence() {
    let utc = |text: &str| {
        let Period { begin, end } = Period::parse(text, &now()).unwrap();
        format!("{begin} to {end}")
    };
    let twice = "2026-10-25T00:59:00Z to 2026-10-25T01:59:00Z";
    assert_eq!(utc("2026-10-25T02:59"), twice);
    assert_eq!(utc("2026-10-25 02:59"), twice);
    let once = "2026-10-25T02:00:00Z to 2026-10-25T02:00:00Z";
    assert_eq!(utc("2026-10-25T03:00"), once);
    assert_eq!(utc("2026-10-25T02:59+02:00"), "2026-10-25T00:59:00Z to 2026-10-25T00:59:00Z");
    // The skipped hour.
    assert_eq!(utc("2026-03-29T02:30"), "2026-03-29T01:30:00Z to 2026-03-29T01:30:00Z");
}
