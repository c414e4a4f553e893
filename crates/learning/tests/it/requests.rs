//! Requests to the agent, which are no facts, beside standing rules and statements, which are.

use aios_learning::{Extractor, Heard, Message, Role};

use crate::rows;

/// Returns the words of a message that become facts if every statement is worth one, without the
/// signs around them.
fn kept(text: &str, role: Role) -> String {
    let message = Message::new("m", text).with_role(role);
    let extractor = Extractor { worth_min: 0.0, ..Extractor::default() };
    let drafts = extractor.extract(&message, None, &mut Heard::default()).drafts;
    let quotes: Vec<&str> = drafts.iter().map(|draft| bare(&draft.quote)).collect();
    quotes.join(" | ")
}

fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

#[test]
fn a_request_is_no_fact_but_a_standing_rule_and_a_statement_are() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("../fixtures/requests.tsv"), 2) {
        let expected: Vec<&str> = row[1].split(" | ").map(bare).collect();
        let (expected, found) = (expected.join(" | "), kept(row[0], Role::Person));
        if found != expected {
            wrong.push(format!("{}\n  expected {expected}\n  found    {found}", row[0]));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
