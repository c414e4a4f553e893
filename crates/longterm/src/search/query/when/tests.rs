//! Times that queries name.

use super::*;

/// Checks that `query` names `days`, and not the days before and after each.
fn check(query: &str, days: &[(&str, &str)]) {
    // A Wednesday.
    let when = When::parse(query, "2024-05-15T23:30:00Z".parse().unwrap());
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
    let when = When::parse("on 10 June 2023", Timestamp::UNIX_EPOCH);
    let at = |day: &str| when.nearness(format!("{day}T12:00:00Z").parse().unwrap());
    assert!(at("2023-06-24") < at("2023-06-12") && at("2023-06-12") < 1.0);
    assert!(at("2023-06-08") < at("2023-06-12"), "things are told of afterwards");
    assert!(at("2020-06-10") < 1e-9);
}

#[test]
fn what_is_said_from_now_is_understood() {
    check("What did we do yesterday?", &[("2024-05-14", "2024-05-14")]);
    check("the day before yesterday", &[("2024-05-13", "2024-05-13")]);
    check("who called this morning?", &[("2024-05-15", "2024-05-15")]);
    check("three days ago", &[("2024-05-12", "2024-05-12")]);
    check("A couple of weeks ago", &[("2024-04-28", "2024-05-04")]);
    check("2 years ago", &[("2022-01-01", "2022-12-31")]);
    check("in the last two weeks", &[("2024-05-01", "2024-05-15")]);
    check("this week", &[("2024-05-13", "2024-05-19")]);
    check("Last week?", &[("2024-05-06", "2024-05-12")]);
    check("last month", &[("2024-04-01", "2024-04-30")]);
    check("this year", &[("2024-01-01", "2024-12-31")]);
    check("last year", &[("2023-01-01", "2023-12-31")]);
    check("last Tuesday", &[("2024-05-14", "2024-05-14")]);
    check("last Wednesday", &[("2024-05-08", "2024-05-08")]);
}

#[test]
fn the_last_of_what_comes_every_year_is_over() {
    check("last spring", &[("2023-03-01", "2023-05-31")]);
    check("last winter", &[("2023-12-01", "2024-02-29")]);
    check("this summer", &[("2024-06-01", "2024-08-31")]);
    check("last April", &[("2024-04-01", "2024-04-30")]);
    check("last May", &[("2023-05-01", "2023-05-31")]);
    // With a year, the phrase is not relative to now.
    check("last summer of 2021", &[("2021-06-01", "2021-08-31")]);
    check("last May 2022", &[("2022-05-01", "2022-05-31")]);
}

#[test]
fn words_that_only_look_relative_are_not() {
    for query in ["the last straw", "a week of rain", "this is it", "how long ago", "day"] {
        check(query, &[]);
    }
    check("999 years ago", &[("1025-01-01", "1025-12-31")]);
}

#[test]
fn a_question_for_a_time_is_known() {
    for query in ["When did Ada move?", "how long was it?", "In which year was he born?"] {
        assert!(asks_for_time(query), "{query}");
    }
    for query in ["What did Ada say when leaving?", "who is she?", "the whenever clause", ""] {
        assert!(!asks_for_time(query), "{query}");
    }
}
