//! The project of a session, its own messages and those of its sub-agents, and long texts.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{Home, row, session};

fn stopped(home: &Home, id: &str, cwd: &Path, rows: &str) {
    let file = home.program.path(&format!("{id}.jsonl"));
    fs::write(&file, rows).unwrap();
    home.hook("claude-code", "Stop", &session(id, cwd, json!({"transcript_path": file})));
}

fn asked(home: &Home, id: &str, cwd: &Path, prompt: &str) -> Option<String> {
    let input = session(id, cwd, json!({"prompt": prompt}));
    home.context("claude-code", "UserPromptSubmit", &input)
}

fn begun(home: &Home, id: &str, cwd: &Path, source: &str) -> Option<String> {
    let input = session(id, cwd, json!({"source": source}));
    home.context("claude-code", "SessionStart", &input)
}

/// Returns a row of a sub-agent of Claude Code.
fn side_row(session: &str, uuid: &str, role: &str, text: &str) -> String {
    let mut row: Value = serde_json::from_str(&row(session, uuid, role, json!(text))).unwrap();
    row["isSidechain"] = json!(true);
    row["agentId"] = json!("a1");
    format!("{row}\n")
}

#[test]
fn a_session_keeps_its_project_when_its_directory_changes() {
    let home = Home::new();
    let here = home.repository("site", "https://example.com/ada/site");
    let elsewhere = home.repository("shop", "https://example.com/ada/shop");
    for (project, port) in [(&here, "5433"), (&elsewhere, "6544")] {
        let note = format!("The staging database listens on port {port}.");
        let project = project.to_str().unwrap();
        assert_eq!(home.run(&["--project", project, "remember", &note]).code, 0);
        let goal = format!("Ship the page of port {port}");
        let goal = ["--project", project, "record", "goal", "--description", &goal];
        assert_eq!(home.run(&goal).code, 0);
    }
    stopped(&home, "s1", &here, &row("s1", "u1", "user", json!("Boil the water.")));
    let question = "Which port does the staging database listen on?";
    let context = asked(&home, "s1", &elsewhere, question).unwrap();
    assert!(context.contains("5433") && !context.contains("6544"), "{context}");
    let removed = home.program.path("removed");
    for cwd in [&elsewhere, &removed] {
        let context = begun(&home, "s1", cwd, "compact").unwrap();
        assert!(context.contains("page of port 5433"), "{context}");
        assert!(!context.contains("6544"), "{context}");
    }
    // A session without messages belongs to the project of its directory.
    let context = asked(&home, "s2", &elsewhere, question).unwrap();
    assert!(context.contains("6544") && !context.contains("5433"), "{context}");
}

#[test]
fn many_messages_of_the_own_session_do_not_crowd_out_others() {
    let home = Home::new();
    let cwd = home.program.path("");
    assert_eq!(home.run(&["remember", "Kestrel's staging database: port 5433."]).code, 0);
    let said = |number: usize| {
        let text = format!("{number}: Which port does the staging database of Kestrel listen on?");
        row("s1", &format!("u{number}"), "user", json!(text))
    };
    let rows: String = (0..100).map(said).collect();
    stopped(&home, "s1", &cwd, &rows);
    let question = "Which port does the staging database of Kestrel listen on?";
    let context = asked(&home, "s1", &cwd, question).unwrap();
    assert!(context.contains("5433"), "{context}");
}

#[test]
fn a_sub_agent_belongs_to_its_session_and_is_not_the_session_before() {
    let home = Home::new();
    let cwd = home.program.path("");
    let found = "The staging database of Kestrel listens on port 7421.";
    let mut rows = row("s1", "u1", "user", json!("Boil the water."));
    rows += &row("s1", "u2", "assistant", json!("The water boils."));
    rows += &side_row("s1", "u3", "user", "Look for the port of the staging database of Kestrel.");
    rows += &side_row("s1", "u4", "assistant", found);
    stopped(&home, "s1", &cwd, &rows);
    let question = "Which port does the staging database of Kestrel listen on?";
    assert_eq!(asked(&home, "s1", &cwd, question), None, "its own sub-agent found it");
    assert!(asked(&home, "s2", &cwd, question).unwrap().contains("7421"));
    let context = begun(&home, "s3", &cwd, "startup").unwrap();
    assert!(context.contains("The water boils.") && !context.contains("7421"), "{context}");
}

#[test]
fn the_beginning_of_a_long_text_is_given() {
    let home = Home::new();
    let cwd = home.program.path("");
    let long = format!("The staging database of Kestrel is on port 7421 {}", "blah ".repeat(3_000));
    let mut rows = row("s1", "u1", "user", json!("Boil the water."));
    rows += &row("s1", "u2", "assistant", json!(long));
    stopped(&home, "s1", &cwd, &rows);
    let context = begun(&home, "s2", &cwd, "startup").unwrap();
    assert!(context.contains("Boil the water.") && context.contains("port 7421"), "{context}");
    assert!(context.contains("cut=\"yes\""), "{context}");
    assert!(context.encode_utf16().count() <= 9_000);
}
