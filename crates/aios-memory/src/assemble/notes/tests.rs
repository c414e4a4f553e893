//! Notes on messages.

use aios_record::{Scope, Tier};
use serde_json::json;

use super::*;

const SAID_AT: &str = "2023-05-08T13:56:00Z";

fn message(text: &str) -> Record {
    let id = "m".parse().unwrap();
    let occurred_at = Some(SAID_AT.parse().unwrap());
    Record { occurred_at, ..Record::new(Kind::Message, id, text, Scope::default()) }
}

fn check(text: &str, facts: &[Fact], expect: Option<&str>) {
    let message = message(text);
    let now = "2023-07-01T00:00:00Z".parse().unwrap();
    let notes = Notes::on(&message, facts, now);
    let mut candidate = Candidate::from_record(Tier::Longterm, &message, 0.5);
    notes.add_to(&mut candidate, true);
    assert_eq!(candidate.text.strip_prefix(text).filter(|it| !it.is_empty()), expect);
    assert_eq!(candidate.annotation, None);
}

fn fact(statement: &str, expression: &str) -> Fact {
    Fact {
        origin: FactOrigin::Rules,
        time: json!({"expression": expression}),
        ..Fact::new(statement)
    }
}

#[test]
fn resolved_times_stand_beside_their_expressions_once() {
    check(
        "I went to a support group yesterday, and I met my boss last winter.",
        &[
            fact(
                "Ada went to a support group yesterday (7 May 2023), and Ada met Ada's boss last \
                 winter (winter 2022).",
                "yesterday",
            ),
            fact("Ada went to a support group yesterday (7 May 2023).", "yesterday"),
        ],
        Some(" [yesterday: 7 May; winter 2022]"),
    );
}

#[test]
fn times_that_the_day_of_the_message_gives_are_left_out() {
    let facts = [
        fact("Ada met Ada's boss last week (the week before 8 May 2023).", "last week"),
        fact("Ada sings today (8 May 2023).", "today"),
        fact("Ada likes tea (green).", ""),
    ];
    check("I met my boss last week. I sing today. I like tea (green).", &facts, None);
}

#[test]
fn a_statement_that_ended_is_named_with_the_day() {
    let end = Some("2023-06-02T10:00:00Z".parse().unwrap());
    let ended = Fact { ended_at: end, ..Fact::new("Ada lives in Ghent.") };
    check("I live in Ghent.", std::slice::from_ref(&ended), Some(" [no longer since 2 June 2023]"));
    let both = [ended, Fact::new("Ada has a dog.")];
    let expect = " [no longer since 2 June 2023: Ada lives in Ghent.]";
    check("I live in Ghent, and I have a dog.", &both, Some(expect));
    let limited = Fact { valid_to: end, ..Fact::new("Ada is in Paris.") };
    check("I'm in Paris.", &[limited], Some(" [no longer since 2 June 2023]"));
    let later = Some("2023-08-02T10:00:00Z".parse().unwrap());
    let limited = Fact { valid_to: later, ..Fact::new("Ada is in Paris.") };
    check("I'm in Paris.", &[limited], None);
}

#[test]
fn notes_are_bounded() {
    let end = Some("2023-06-02T10:00:00Z".parse().unwrap());
    let facts: Vec<Fact> = (0..50)
        .map(|n| Fact { ended_at: end, ..Fact::new(format!("Ada has the number {n}.")) })
        .collect();
    let notes = Notes::on(&message("Numbers."), &facts, Timestamp::now());
    let mut candidate = Candidate::from_record(Tier::Longterm, &message("Numbers."), 0.5);
    notes.add_to(&mut candidate, false);
    assert!(candidate.text.chars().count() <= CHARS_MAX + 40, "{}", candidate.text);
}

#[test]
fn times_take_no_room_from_messages_unless_the_task_asks_for_a_time() {
    let end = Some("2023-06-02T10:00:00Z".parse().unwrap());
    let time = fact("Ada met Ada's boss yesterday (7 May 2023).", "yesterday");
    let facts = [Fact { ended_at: end, ..Fact::new("Ada lives in Ghent.") }, time];
    let message = message("I live in Ghent. I met my boss yesterday.");
    let notes = Notes::on(&message, &facts, Timestamp::now());
    let mut candidate = Candidate::from_record(Tier::Longterm, &message, 0.5);
    notes.add_to(&mut candidate, false);
    assert!(candidate.text.ends_with(" [no longer since 2 June 2023: Ada lives in Ghent.]"));
    assert_eq!(candidate.annotation.as_deref(), Some(" [yesterday: 7 May]"));
}

#[test]
fn the_only_time_of_a_message_stands_without_its_expression() {
    let facts = [fact("Ada met Ada's boss yesterday (7 May 2023).", "yesterday")];
    check("I met my boss yesterday.", &facts, Some(" [7 May]"));
}
