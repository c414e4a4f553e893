//! Facts and messages of one session, given to the next one.

use std::{fs, path::Path};

use serde_json::json;

use super::{Home, row, session};

const PORT: &str = "Please remember: the staging database of Kestrel listens on port 7421.";
const ASKED: &str = "Which port does the staging database of Kestrel listen on?";

fn told(home: &Home, id: &str, cwd: &Path, file: &Path, uuid: &str, said: &str) {
    let mut rows = fs::read_to_string(file).unwrap_or_default();
    rows += &row(id, uuid, "user", json!(said));
    rows += &row(id, &format!("{uuid}a"), "assistant", json!("Done."));
    fs::write(file, rows).unwrap();
    home.hook("claude-code", "Stop", &session(id, cwd, json!({"transcript_path": file})));
    assert_eq!(home.run(&["facts"]).code, 0, "facts are read after all messages");
}

#[test]
fn what_a_session_was_told_is_given_to_the_next_one_once_and_in_its_project_alone() {
    let home = Home::new();
    let here = home.repository("site", "https://example.com/ada/site");
    let elsewhere = home.repository("shop", "https://example.com/ada/shop");
    let file = home.program.path("s1.jsonl");
    told(&home, "s1", &here, &file, "u1", PORT);
    let begun = |id: &str, cwd: &Path| {
        let input = session(id, cwd, json!({"source": "startup"}));
        home.context("claude-code", "SessionStart", &input).unwrap_or_default()
    };
    let asked = |id: &str, cwd: &Path| {
        let input = session(id, cwd, json!({"prompt": ASKED}));
        home.context("claude-code", "UserPromptSubmit", &input).unwrap_or_default()
    };
    let whole = begun("s2", &here) + &asked("s2", &here);
    assert_eq!(whole.matches("7421").count(), 1, "{whole}");
    let foreign = begun("s3", &elsewhere) + &asked("s3", &elsewhere);
    assert_eq!(foreign, "", "another project");
    let own = asked("s1", &here);
    assert!(!own.contains("7421"), "its own session has it: {own}");
    // Without a context at the start, the prompt finds it.
    let late = asked("s4", &here);
    assert_eq!(late.matches("7421").count(), 1, "{late}");
}

#[test]
fn a_message_whose_statement_has_ended_is_not_given() {
    let home = Home::new();
    let cwd = home.program.path("");
    told(&home, "s1", &cwd, &home.program.path("s1.jsonl"), "u1", "I live in Ghent.");
    told(&home, "s2", &cwd, &home.program.path("s2.jsonl"), "u2", "I live in Oslo now.");
    let input = session("s3", &cwd, json!({"prompt": "Tell me, where do I live now?"}));
    let context = home.context("claude-code", "UserPromptSubmit", &input).unwrap();
    assert!(context.contains("Oslo") && !context.contains("Ghent"), "{context}");
}

#[test]
fn a_fork_is_not_given_what_its_parent_was_told() {
    let home = Home::new();
    let cwd = home.program.path("");
    let (parent, fork) = (home.program.path("s1.jsonl"), home.program.path("s2.jsonl"));
    told(&home, "s1", &cwd, &parent, "u1", PORT);
    let begin = json!({"source": "fork", "transcript_path": &fork});
    assert_eq!(home.context("claude-code", "SessionStart", &session("s2", &cwd, begin)), None);
    let asked = |id: &str, file: &Path| {
        let input = session(id, &cwd, json!({"prompt": ASKED, "transcript_path": file}));
        home.context("claude-code", "UserPromptSubmit", &input)
    };
    assert_eq!(asked("s2", &fork), None, "the file of the session is not there yet");
    let repeated = fs::read_to_string(&parent).unwrap().replace("\"s1\"", "\"s2\"");
    fs::write(&fork, repeated).unwrap();
    assert_eq!(asked("s2", &fork), None, "the fork repeats it");
    let other = home.program.path("s3.jsonl");
    assert!(asked("s3", &other).is_some(), "a session of its own");
}
