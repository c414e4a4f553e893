//! Files of other programs, read by the binary.

use serde_json::{Value, json};

use crate::program::{Program, text};

/// Returns the records of a kind, as `session | role | name | text | time`.
fn stored(program: &Program, user: &[&str], kind: &str) -> Vec<String> {
    let listed = program.json(&[user, &["list", kind]].concat());
    let field = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let shown = listed["items"].as_array().unwrap().iter().map(|item| {
        let payload = &item["payload"];
        let session = item["scope"]["session"].as_str().or(item["session"].as_str());
        [
            session.unwrap_or_default().to_owned(),
            field(payload, "role"),
            field(payload, "name"),
            field(item, "text"),
            field(item, "occurred_at"),
        ]
        .join(" | ")
    });
    shown.collect()
}

/// Ingests a file twice. Panics if a record fails, or if the second run adds one.
fn ingest_twice(program: &Program, name: &str, content: &str, user: &[&str]) -> Value {
    let file = program.file(name, content);
    let ingest = [user, &["ingest", text(&file)]].concat();
    let first = program.json(&ingest);
    assert_eq!(first["failed_count"], 0, "{name}");
    assert_eq!(program.json(&ingest)["added"], 0, "{name}");
    first
}

#[test]
fn files_of_other_programs_are_read() {
    for (name, content, added, expect) in [
        (
            "conversations-000.json",
            include_str!("formats/conversations-000.json"),
            2,
            vec![
                "chatgpt/68260000-aaaa-bbbb-cccc-000000000002 | user |  | Suggest a name for my \
                 father's old wooden boat. | 2025-05-23T11:33:20Z",
                "chatgpt/68260000-aaaa-bbbb-cccc-000000000002 | assistant |  | How about Skarven? \
                 It is Norwegian for cormorant. | 2025-05-23T11:33:25Z",
            ],
        ),
        (
            "codex_rollout.jsonl",
            include_str!("formats/codex_rollout.jsonl"),
            3,
            vec![
                "codex/01a063e5-c480-7ee3-b7f0-ada5183fade0 | user |  | Rename the pier table to \
                 quay | 2026-06-02T20:53:27.1Z",
                "codex/01a063e5-c480-7ee3-b7f0-ada5183fade0 | assistant |  | Done: migration 0042 \
                 renames pier to quay. | 2026-06-02T20:53:40Z",
            ],
        ),
        (
            "openclaw_session.jsonl",
            include_str!("formats/openclaw_session.jsonl"),
            2,
            vec![
                "openclaw/sess-1 | user |  | Note that the lighthouse keeper is called Jorunn. | \
                 2026-03-22T02:21:30.054Z",
                "openclaw/sess-1 | assistant |  | Noted: Jorunn keeps the lighthouse. | \
                 2026-03-22T02:21:32.054Z",
            ],
        ),
        (
            "gemini_session.json",
            include_str!("formats/gemini_session.json"),
            2,
            vec![
                "gemini/g-1 | user |  | Where is the tide table? | 2026-03-30T10:28:04.07Z",
                "gemini/g-1 | assistant |  | It is pinned in the boathouse. | \
                 2026-03-30T10:28:16.793Z",
            ],
        ),
        (
            "longmemeval.json",
            include_str!("formats/longmemeval.json"),
            4,
            vec![
                "longmemeval/q1/s1 | user |  | I graduated with a degree in Hydrology. | \
                 2023-05-20T02:21:00Z",
                "longmemeval/q1/s1 | assistant |  | Congratulations! | 2023-05-20T02:21:00Z",
                "longmemeval/q1/s2 | user |  | Any tips for rye bread? | 2023-05-21T10:00:00Z",
                "longmemeval/q1/s2 | assistant |  | Use a sourdough starter. | \
                 2023-05-21T10:00:00Z",
            ],
        ),
    ] {
        let program = Program::new();
        let report = ingest_twice(&program, name, content, &[]);
        assert_eq!(report["added"], added, "{name}");
        assert_eq!(stored(&program, &[], "message"), expect, "{name}");
    }
}

#[test]
fn roles_of_other_programs_are_mapped_to_ours() {
    let program = Program::new();
    ingest_twice(&program, "roles.jsonl", include_str!("formats/roles.jsonl"), &[]);
    let roles: Vec<String> = stored(&program, &[], "message")
        .iter()
        .map(|row| row.split(" | ").skip(1).take(2).collect::<Vec<_>>().join(" "))
        .map(|row| row.trim_end().to_owned())
        .collect();
    let expect = [
        "user",
        "assistant",
        "system",
        "tool f",
        "assistant",
        "assistant",
        "user",
        "user",
        "user",
        "user",
        "user x",
        "user",
    ];
    assert_eq!(roles, expect);
}

#[test]
fn a_sample_of_locomo_is_stored_for_the_user_who_reads_it() {
    let program = Program::new();
    let alice = ["--user", "alice"];
    ingest_twice(&program, "locomo.json", include_str!("formats/locomo.json"), &alice);
    assert_eq!(stored(&program, &alice, "message").len(), 1);
    assert_eq!(stored(&program, &["--user", "bob"], "message"), Vec::<String>::new());
}

#[test]
fn help_lists_every_format_and_each_name_is_accepted() {
    let program = Program::new();
    let help = program.run(&["ingest", "--help"]).stdout;
    for format in aios_exchange::ingest::Format::all() {
        assert!(help.contains(&format!("- {}:", format.name())), "{help}");
        assert!(help.contains(format.about()), "{help}");
        let ingest = ["ingest", "-", "--format", format.name()];
        let ended = program.run_with(&ingest, b"", &[]);
        assert!(ended.stderr.contains("the input is empty"), "{ended:?}");
    }
}

#[test]
fn an_unknown_file_is_refused_with_the_list_of_formats() {
    let program = Program::new();
    let file = program.file("x.json", "[{\"uuid\": \"c\", \"name\": \"n\", \"created_at\": \"\"}]");
    let ended = program.run(&["ingest", text(&file)]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let guess = "looks like `claude`, but `chat_messages` is missing; known formats are chatgpt";
    assert!(ended.stderr.contains(guess), "{ended:?}");
}

#[test]
fn import_does_not_mistake_conversations_for_entries() {
    let program = Program::new();
    let files = [
        json!([{"role": "user", "content": "x", "name": "Ada"}]),
        json!([{"sender": "human", "text": "x", "title": "t"}]),
        json!([{"title": "t", "messages": [{"role": "user", "content": "x"}]}]),
        json!([{"title": "t", "mapping": {}}]),
        json!([{"name": "n", "chat_messages": []}]),
        json!({"messages": [{"role": "user", "content": "x"}]}),
    ];
    for content in &files {
        let file = program.file("x.json", content.to_string());
        let ended = program.run(&["import", "--from", text(&file)]);
        assert_ne!(ended.code, 0, "{content}");
        assert!(ended.stderr.contains("use `aios-memory ingest '"), "{ended:?}");
    }
    // A list of objects with a name and a type, but without content, is refused as well.
    let file = program.file("x.json", "[{\"name\": \"n\", \"type\": \"t\"}]");
    assert_ne!(program.run(&["import", "--from", text(&file)]).code, 0);
}

#[test]
fn eval_detects_longmemeval_files() {
    let program = Program::new();
    let file = program.file("longmemeval.json", include_str!("formats/longmemeval.json"));
    for format in [&[][..], &["--format", "longmemeval"]] {
        let eval = [&["eval"], format, &[text(&file)]].concat();
        let report = program.json(&eval);
        assert_eq!((&report["queries"], &report["records"]), (&json!(1), &json!(4)), "{report}");
        assert_eq!(report["sessions"]["queries"], 1, "{report}");
    }
}
