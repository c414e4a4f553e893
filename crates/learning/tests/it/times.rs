//! Expressions of time, against the calendar.

use aios_learning::{Extractor, Granularity, Message, Relation};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use proptest::prelude::*;

use crate::{rows, said};

#[test]
fn expressions_are_resolved_as_finely_as_they_say() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("../fixtures/times.tsv"), 3) {
        let [day, text, expected] = row[..] else { unreachable!() };
        let found = Extractor::default().times(&said("m", text, day));
        let found = found.iter().map(|time| {
            let relation = match time.relation {
                Relation::Since => " since",
                Relation::Until => " until",
                _ => "",
            };
            format!("{} {}{relation}", time.iso, time.granularity)
        });
        let found = found.collect::<Vec<_>>().join(", ");
        if found != expected {
            wrong.push(format!("{day} {text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_message_without_a_time_resolves_nothing() {
    assert!(Extractor::default().times(&Message::new("m", "I left yesterday.")).is_empty());
}

#[test]
fn the_day_is_that_of_the_zone_of_the_message() {
    let at = "2023-08-14T22:30:00Z".parse().unwrap();
    let of = |offset: i32| {
        let message = Message::new("m", "I left yesterday.").with_time(at, offset);
        Extractor::default().times(&message)[0].clone()
    };
    assert_eq!(of(0).iso, "2023-08-13");
    assert_eq!(of(7_200).iso, "2023-08-14");
    assert_eq!(of(7_200).from.to_string(), "2023-08-13T22:00:00Z");
    // An offset outside the calendar counts as 0.
    assert_eq!(of(i32::MAX).iso, "2023-08-13");
}

proptest! {
    #[test]
    fn days_and_weeks_are_those_of_the_calendar(day in 0i32..800_000, back in 1i32..400) {
        let first: Date = "0001-01-02".parse().unwrap();
        let today = first.checked_add(day.days()).unwrap();
        let at = TimeZone::UTC.to_timestamp(today.at(12, 0, 0, 0)).unwrap();
        let text = format!("I left {back} days ago. I slept last week. I rest next month.");
        let found = Extractor::default().times(&Message::new("m", text).with_time(at, 0));
        let expected = today.checked_sub(back.days());
        let days = found.iter().find(|time| time.granularity == Granularity::Day);
        prop_assert_eq!(days.map(|it| it.iso.clone()), expected.ok().map(|it| it.to_string()));
        for time in &found {
            prop_assert!(time.from < time.to);
            let length = time.to.as_second() - time.from.as_second();
            let days = length / 86_400;
            match time.granularity {
                Granularity::Week => prop_assert_eq!(days, 7),
                Granularity::Month => prop_assert!((28..=31).contains(&days)),
                _ => prop_assert_eq!(days, 1),
            }
        }
    }
}
