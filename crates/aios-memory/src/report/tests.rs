//! Tests of counts and texts with given times.

use aios_record::{Id, Kind, Record, Scope};
use jiff::Timestamp;

use super::{
    DAYS_MAX, ReportOptions,
    excerpt::excerpt,
    tally::{Tally, day_of},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn note(text: &str, user: Option<&str>, recorded_at: &str) -> Record {
    let scope = Scope { user: user.map(str::to_owned), ..Scope::default() };
    let record = Record::new(Kind::Note, Id::generate(), text, scope);
    Record { recorded_at: at(recorded_at), ..record }
}

#[test]
fn a_period_of_days_begins_at_midnight_and_counts_today() {
    let now = at("2026-11-30T15:30:00Z");
    let begin = |options: ReportOptions| options.begin(now).to_string();
    let days = |days| ReportOptions::default().with_days(days);
    assert_eq!(begin(days(1)), "2026-11-30T00:00:00Z");
    assert_eq!(begin(days(30)), "2026-11-01T00:00:00Z");
    let since = |time| ReportOptions::default().with_since(at(time));
    assert_eq!(begin(since("2026-11-29T12:34:56Z")), "2026-11-29T12:34:56Z");
    assert_eq!(begin(since("2027-01-01T00:00:00Z")), "2026-11-30T15:30:00Z");
}

#[test]
fn each_day_has_its_records_and_the_sums_until_its_end() {
    let mut tally = Tally::new(at("2026-11-29T00:00:00Z"));
    tally.add(&note("four", None, "2026-11-01T12:00:00Z"));
    tally.add(&note("ten letter", Some("ada"), "2026-11-28T23:59:59.999999Z"));
    tally.add(&note("two", Some("ada"), "2026-11-29T00:00:00Z"));
    tally.add(&note("six...", Some("bob"), "2026-11-30T00:00:00Z"));
    let (days, omitted) =
        tally.days(day_of(at("2026-11-28T12:00:00Z")), day_of(at("2026-11-30T01:00:00Z")));
    let days: Vec<_> =
        days.iter().map(|day| (&*day.date, day.added, day.records, day.text_bytes)).collect();
    assert_eq!(
        days,
        [("2026-11-28", 0, 2, 14), ("2026-11-29", 1, 3, 17), ("2026-11-30", 1, 4, 23)]
    );
    assert_eq!(omitted, 0);
    let totals = tally.totals();
    assert_eq!((totals.records, totals.added, totals.text_bytes), (4, 2, 23));
    assert_eq!(totals.first_at, Some(at("2026-11-01T12:00:00Z")));
    let users: Vec<_> =
        tally.users().rows.into_iter().map(|row| (row.name, row.records, row.added)).collect();
    assert_eq!(
        users,
        [(Some("ada".to_owned()), 2, 1), (None, 1, 0), (Some("bob".to_owned()), 1, 1)]
    );
}

#[test]
fn lists_are_bounded_and_say_what_they_leave_out() {
    let mut tally = Tally::new(Timestamp::UNIX_EPOCH);
    for user in 0..60 {
        for _ in 0..=user {
            tally.add(&note("text", Some(&format!("user-{user:02}")), "2026-11-30T00:00:00Z"));
        }
    }
    let users = tally.users();
    assert_eq!((users.rows.len(), users.omitted, users.omitted_records), (50, 10, 55));
    assert_eq!(users.rows[0].name.as_deref(), Some("user-59"));
    let today = day_of(at("2026-11-30T00:00:00Z"));
    let (days, omitted) = tally.days(today - 5000, today);
    assert_eq!((days.len(), omitted), (DAYS_MAX, 5001 - DAYS_MAX as u64));
    assert_eq!(days.last().unwrap().records, 1830);
}

#[test]
fn an_excerpt_is_one_line_and_ends_between_characters() {
    assert_eq!(excerpt(" two\n\n lines\tof text "), "two lines of text");
    let long = excerpt(&"\u{e9}".repeat(1000));
    assert_eq!(long.chars().count(), 203);
    assert!(long.ends_with("\u{e9}..."));
    assert_eq!(excerpt(&"ab ".repeat(10_000)).chars().count(), 203);
}
