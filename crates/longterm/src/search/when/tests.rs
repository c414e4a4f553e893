//! Which time a query speaks of.

use super::*;

/// `days` are those that `query` means; the day before and after each must not be.
fn check(query: &str, days: &[(&str, &str)]) {
    let when = When::parse(query);
    assert_eq!(when.is_empty(), days.is_empty(), "`{query}` gives {when:?}");
    let at = |day: &str, step: i64| {
        let day: Date = day.parse().unwrap();
        let day = day.checked_add(step.days()).unwrap();
        when.nearness(day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp())
    };
    for (first, last) in days {
        assert_eq!((at(first, 0), at(last, 0)), (1.0, 1.0), "`{query}`: {first} to {last}");
        assert!(at(first, -1) < 1.0 && at(last, 1) < 1.0, "`{query}`: {first} to {last}");
    }
}

#[test]
fn days_months_seasons_and_years_are_understood() {
    check("What happened on 2023-07-03?", &[("2023-07-03", "2023-07-03")]);
    check("on 3 July, 2023", &[("2023-07-03", "2023-07-03")]);
    check("on the 3rd of July 2023", &[("2023-07-03", "2023-07-03")]);
    check("July 3rd, 2023", &[("2023-07-03", "2023-07-03")]);
    check("in July 2023", &[("2023-07-01", "2023-07-31")]);
    check("in Feb. 2024", &[("2024-02-01", "2024-02-29")]);
    check("the summer of 2023", &[("2023-06-01", "2023-08-31")]);
    check("winter 2022", &[("2022-12-01", "2023-02-28")]);
    check("since 2023", &[("2023-01-01", "2023-12-31")]);
}

#[test]
fn without_a_year_it_is_every_year_or_the_one_named_elsewhere() {
    check("in December", &[("2022-12-01", "2022-12-31"), ("2023-12-01", "2023-12-31")]);
    check(
        "between August 11 and August 15 2023",
        &[("2023-08-11", "2023-08-11"), ("2023-08-15", "2023-08-15")],
    );
}

#[test]
fn words_that_only_look_like_a_time_are_not() {
    for query in ["what may he do?", "they march on", "May I ask?", "room 2023", ""] {
        check(query, &[]);
    }
    check("in May", &[("2023-05-01", "2023-05-31")]);
}

#[test]
fn nearness_falls_with_the_distance() {
    let when = When::parse("on 10 June 2023");
    let at = |day: &str| when.nearness(format!("{day}T12:00:00Z").parse().unwrap());
    assert!(at("2023-06-24") < at("2023-06-12") && at("2023-06-12") < 1.0);
    assert!(at("2023-06-08") < at("2023-06-12"), "things are told of afterwards");
    assert!(at("2020-06-10") < 1e-9);
}
