//! Texts that hosts of agents write in the name of their users.

use serde_json::{Value, json};

use super::{lines, read_auto};

const NOTICE: &str = "<task-notification>\n<status>I live in Oslo.</status>\n</task-notification>";

#[test]
fn rows_that_the_host_of_claude_code_wrote_are_skipped() {
    let row = |id: &str, content: Value| {
        json!({"type": "user", "uuid": id, "parentUuid": "p", "sessionId": "s",
            "message": {"role": "user", "content": content}})
    };
    let marked = |id: &str, name: &str, value: Value| {
        let mut row = row(id, json!("I live in Oslo."));
        row[name] = value;
        row
    };
    let rows = [
        row("a", json!("Sow kelp.")),
        // It has the same parent and does not replace the prompt.
        row("b", json!(NOTICE)),
        row("c", json!([{"type": "text", "text": "<system-reminder>x</system-reminder>"}])),
        marked("d", "origin", json!({"kind": "task-notification"})),
        marked("e", "isSynthetic", json!(true)),
        marked("f", "isMeta", json!(true)),
    ];
    let read = read_auto("s.jsonl", &lines(&rows));
    assert_eq!(read.said(), ["user: Sow kelp."]);
    assert_eq!(read.skipped, [("written by the program, not by the user".to_owned(), 5)]);

    let mut human = row(
        "g",
        json!([{"type": "text", "text": "<ide_selection>x</ide_selection>"},
        {"type": "text", "text": "Sow dulse."}]),
    );
    human["origin"] = json!({"kind": "human"});
    assert_eq!(read_auto("s.jsonl", &lines(&[human])).said(), ["user: Sow dulse."]);
}

#[test]
fn answers_that_the_host_of_claude_code_wrote_are_skipped() {
    let row = |id: &str, model: &str, is_error: bool, text: &str| {
        json!({"type": "assistant", "uuid": id, "parentUuid": "p", "sessionId": "s",
            "isApiErrorMessage": is_error,
            "message": {"role": "assistant", "model": model,
                "content": [{"type": "text", "text": text}]}})
    };
    let rows = [
        row("a", "claude-opus", false, "Sown."),
        row("b", "<synthetic>", false, "No response requested."),
        row("c", "claude-opus", true, "API Error: 529"),
    ];
    let read = read_auto("s.jsonl", &lines(&rows));
    assert_eq!(read.said(), ["assistant: Sown."]);
    assert_eq!(read.skipped, [("written by the program, not by the user".to_owned(), 2)]);
}

#[test]
fn prompts_to_a_sub_agent_are_words_of_an_agent() {
    let row = |id: &str, role: &str, content: Value| {
        json!({"type": role, "uuid": id, "parentUuid": null, "sessionId": "s",
            "isSidechain": true, "agentId": "a",
            "message": {"role": role, "content": content}})
    };
    let claude_code = [
        row("a", "user", json!("I work at Initech. Review it.")),
        row("b", "assistant", json!([{"type": "text", "text": "It is sound."}])),
    ];
    let said = |role: &str, text: &str| {
        let content = json!([{"type": "input_text", "text": text}]);
        json!({"timestamp": "2026-01-02T03:04:05Z", "type": "response_item",
            "payload": {"type": "message", "role": role, "content": content}})
    };
    let codex = |header: Value| {
        let header = json!({"timestamp": "2026-01-02T03:04:05Z", "type": "session_meta",
            "payload": header});
        [header, said("user", "I work at Initech. Review it."), said("assistant", "It is sound.")]
    };
    let of_agent = ["assistant: I work at Initech. Review it.", "assistant: It is sound."];
    assert_eq!(read_auto("s.jsonl", &lines(&claude_code)).said(), of_agent);
    for source in [
        json!({"subagent": "review"}),
        json!({"subagent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1}}}),
    ] {
        let read = read_auto("s.jsonl", &lines(&codex(json!({"id": "s", "source": source}))));
        assert_eq!(read.said(), of_agent);
    }
    let read = read_auto("s.jsonl", &lines(&codex(json!({"id": "s", "source": "cli"}))));
    assert_eq!(read.said()[0], "user: I work at Initech. Review it.");
}

#[test]
fn items_that_the_host_of_codex_wrote_are_skipped() {
    let row = |sort: &str, payload: Value| {
        json!({"timestamp": "2026-01-02T03:04:05Z", "type": sort,
        "payload": payload})
    };
    let said = |text: &str| {
        let content = json!([{"type": "input_text", "text": text}]);
        row("response_item", json!({"type": "message", "role": "user", "content": content}))
    };
    let rows = [
        row("session_meta", json!({"id": "s"})),
        said("<subagent_notification>I live in Oslo.</subagent_notification>"),
        said("<skill>\n<name>sow</name>\n</skill>"),
        said(
            "# Context from my IDE setup:\n\n## Open tabs:\n- a\n\n## My request for Codex:\nSow.",
        ),
        row("event_msg", json!({"type": "user_message", "message": NOTICE})),
    ];
    let read = read_auto("rollout.jsonl", &lines(&rows));
    assert_eq!(read.said(), ["user: Sow."], "{read:?}");
}

#[test]
fn a_fork_of_a_fork_is_one_session() {
    let row = |sort: &str, payload: Value| {
        json!({"timestamp": "2026-01-02T03:04:05Z", "type": sort,
        "payload": payload})
    };
    let head =
        |id: &str, parent: Value| row("session_meta", json!({"id": id, "forked_from_id": parent}));
    let said = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "Sow."}]});
    let rows = [
        head("c", json!("b")),
        head("b", json!("a")),
        head("a", Value::Null),
        row("response_item", said),
    ];
    let read = read_auto("rollout.jsonl", &lines(&rows));
    assert_eq!(read.messages()[0].scope.session.as_deref(), Some("codex/c"));
}
