//! Files of other programs in the memory: known records, copies and new records.

use std::{io::Cursor, path::Path};

use aios_exchange::ingest::{self, IngestOptions, IngestReport};
use aios_memory::{AgentMemory, Id, Key, Kind, MemoryView, Record};
use serde_json::{Value, json};

use crate::Fixture;

async fn ingest(memory: &MemoryView, text: &str) -> IngestReport {
    let bytes = Cursor::new(text.to_owned().into_bytes());
    let name = if text.starts_with('[') { "conversations.json" } else { "session.jsonl" };
    ingest::reader(memory, bytes, Some(Path::new(name)), IngestOptions::default()).await.unwrap()
}

/// Returns the numbers of added, known, updated and conflicting records.
fn counts(report: &IngestReport) -> [u64; 4] {
    let tally = &report.tally;
    assert_eq!((report.failed_count, tally.refused), (0, 0), "{report:?}");
    [tally.added, tally.known, tally.updated, tally.conflicting_count]
}

async fn all(memory: &MemoryView, kind: Kind) -> Vec<Record> {
    memory.list(kind, None, 100).await.unwrap().records
}

async fn texts(memory: &MemoryView) -> Vec<String> {
    all(memory, Kind::Message).await.into_iter().map(|it| it.text).collect()
}

/// Builds a row of a Claude Code session.
fn row(session: &str, uuid: &str, role: &str, content: Value, second: u32) -> String {
    let row = json!({"type": role, "uuid": uuid, "parentUuid": null, "sessionId": session,
        "message": {"role": role, "content": content},
        "timestamp": format!("2026-05-26T07:27:{second:02}Z")});
    format!("{row}\n")
}

#[tokio::test]
async fn a_secret_is_removed_from_a_session_file_however_it_is_read() {
    let secret = "The key is AKIAIOSFODNN7EXAMPLE, use it.";
    let claude = row("s1", "a", "assistant", json!(secret), 1)
        + &row(
            "s1",
            "b",
            "assistant",
            json!([{"type": "tool_use", "id": "t1", "name": "Bash",
            "input": {"command": secret}}]),
            2,
        )
        + &json!({"type": "summary", "summary": secret, "leafUuid": "a", "sessionId": "s1"})
            .to_string();
    let header = json!({"type": "session_meta", "timestamp": "2026-05-26T07:27:00Z",
        "payload": {"id": "c1"}});
    let said = json!({"type": "response_item", "timestamp": "2026-05-26T07:27:01Z",
        "payload": {"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": secret}]}});
    let codex = format!("{header}\n{said}\n");
    for text in [claude, codex] {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        let path = fixture.dir.path().join("session.jsonl");
        std::fs::write(&path, &text).unwrap();
        let options = IngestOptions::default();
        let bytes = ingest::FOLLOW_BYTES;
        let redacted = options.clone().with_secrets(ingest::Secrets::Redacted);
        let followed = ingest::follow(&memory, &path, None, bytes, redacted).await.unwrap();
        assert!(1 <= followed.report.tally.added);
        let report = ingest::file(&memory, &path, options.clone()).await.unwrap();
        let [added, _, updated, _] = counts(&report);
        assert_eq!((added, updated), (0, 0), "{text}");
        let other = Fixture::new();
        let alone = other.open().await;
        ingest::file(&alone, &path, options).await.unwrap();
        for memory in [&memory, &alone] {
            for kind in [Kind::Message, Kind::ToolCall, Kind::Session] {
                let records = all(memory, kind).await;
                assert!(!format!("{records:?}").contains("AKIAIOSFODNN7"), "{records:?}");
            }
            assert!(texts(memory).await[0].contains("[redacted: "));
        }
        memory.shutdown().await.unwrap();
        alone.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_secret_that_was_removed_does_not_come_back_with_its_file() {
    let fixture = Fixture::new();
    let chat = r#"{"role": "user", "content": "The key is AKIAIOSFODNN7EXAMPLE.", "id": "m1"}"#;
    let mut config = fixture.config();
    config.guard.secrets = "redact".parse().unwrap();
    let memory = AgentMemory::open(config).await.unwrap();
    assert_eq!(counts(&ingest(&memory, chat).await), [1, 0, 0, 0]);
    assert_eq!(counts(&ingest(&memory, chat).await), [0, 1, 0, 0]);
    memory.feed().catch_up().await.unwrap();
    memory.shutdown().await.unwrap();
    let memory = fixture.open().await;
    assert_eq!(counts(&ingest(&memory, chat).await), [0, 1, 0, 0]);
    assert_eq!(texts(&memory).await, ["The key is [redacted: aws-access-key]."]);
    let other = chat.replace("The key", "My key");
    assert_eq!(counts(&ingest(&memory, &other).await), [0, 0, 1, 0]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_fork_of_a_session_adds_only_its_new_messages() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let used = json!([{"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "a.py"}}]);
    let given = json!([{"type": "tool_result", "tool_use_id": "t1", "content": "print(1)"}]);
    let rows = |session: &str| {
        [
            row(session, "a", "user", json!("what does it print?"), 1),
            row(session, "b", "assistant", used.clone(), 2),
            row(session, "c", "user", given.clone(), 3),
            row(session, "d", "assistant", json!("It prints 1."), 4),
        ]
        .concat()
    };
    assert_eq!(counts(&ingest(&memory, &rows("s1")).await), [3, 0, 0, 0]);
    assert_eq!(counts(&ingest(&memory, &rows("s1")).await), [0, 3, 0, 0]);
    let fork = rows("s2") + &row("s2", "e", "user", json!("and then?"), 5);
    assert_eq!(counts(&ingest(&memory, &fork).await), [1, 3, 0, 0]);
    // Both in one file, in an empty memory.
    let other = Fixture::new();
    let memory = other.open().await;
    assert_eq!(counts(&ingest(&memory, &(rows("s1") + &fork)).await), [4, 3, 0, 0]);
    assert_eq!(all(&memory, Kind::ToolCall).await.len(), 1);
}

#[tokio::test]
async fn a_session_without_a_title_gets_that_of_a_later_reading() {
    let export = |name: &str| {
        json!([{"uuid": "c", "name": name, "created_at": "2026-05-26T07:27:00Z", "chat_messages": [
            {"uuid": "m", "sender": "human", "text": "hello", "created_at": "2026-05-26T07:27:01Z"}
        ]}])
        .to_string()
    };
    let titles = async |memory: &MemoryView| {
        all(memory, Kind::Session).await.into_iter().map(|it| it.text).collect::<Vec<_>>()
    };
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    assert_eq!(counts(&ingest(&memory, &export("")).await), [1, 0, 0, 0]);
    assert_eq!(titles(&memory).await, [""]);
    assert_eq!(counts(&ingest(&memory, &export("Tiles")).await), [0, 1, 0, 0]);
    assert_eq!(titles(&memory).await, ["Tiles"]);

    // So does a session that has moved out of working memory.
    let other = Fixture::new();
    let memory = other.open().await;
    let id = Id::new("claude/c").unwrap();
    let scope = aios_memory::Scope::default().with_session("claude/c");
    let payload = json!({"id": id, "message_count": 7, "scope": scope});
    let moved = Record { payload, ..Record::new(Kind::Session, id, "", scope) };
    memory.longterm().store(vec![moved]).await.unwrap();
    assert_eq!(counts(&ingest(&memory, &export("Tiles")).await), [1, 0, 0, 0]);
    memory.feed().catch_up().await.unwrap();
    assert_eq!(titles(&memory).await, ["Tiles"]);
    let session = &all(&memory, Kind::Session).await[0];
    assert_eq!((session.text.as_str(), &session.payload["message_count"]), ("Tiles", &json!(7)));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn equal_ids_of_two_conversations_are_two_messages() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let rows = |session: &str, second: u32, text: &str| {
        [
            row(session, "1", "user", json!("ok"), second),
            row(session, "2", "user", json!(text), second + 1),
        ]
        .concat()
    };
    let (one, two) = (rows("s1", 1, "tiles of Faenza"), rows("s2", 31, "key behind the radiator"));
    let report = ingest(&memory, &(one.clone() + &two)).await;
    assert_eq!((counts(&report), report.sessions), ([4, 0, 0, 0], 2));
    let expect = ["ok", "tiles of Faenza", "ok", "key behind the radiator"];
    assert_eq!(texts(&memory).await, expect);
    for again in [one.clone() + &two, one, two] {
        assert_eq!(counts(&ingest(&memory, &again).await)[0], 0);
    }
    assert_eq!(texts(&memory).await, expect);
}

#[tokio::test]
async fn a_corrected_message_is_updated_and_twice_in_one_file_conflicts() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let say = |text: &str| row("s", "a", "user", json!(text), 1);
    assert_eq!(counts(&ingest(&memory, &say("the port is 5432")).await), [1, 0, 0, 0]);
    assert_eq!(counts(&ingest(&memory, &say("the port is 5433")).await), [0, 0, 1, 0]);
    assert_eq!(texts(&memory).await, ["the port is 5433"]);
    let chat = |text: &str| {
        json!([{"uuid": "c", "name": "Ports", "chat_messages": [
            {"uuid": "m", "sender": "human", "text": text, "created_at": "2026-01-02T03:04:05Z"}]}])
    };
    let twice = format!("{}\n{}", chat("first"), chat("second"));
    assert_eq!(counts(&ingest(&memory, &twice).await), [1, 0, 0, 1]);
}

#[tokio::test]
async fn a_changed_role_speaker_time_or_tag_is_an_update() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let said = |change: Value| {
        let mut message = json!({"id": "m", "session": "s", "role": "user", "name": "Ada",
            "text": "hello", "timestamp": "2026-01-02T03:04:05Z", "tags": ["a"]});
        for (name, value) in change.as_object().unwrap() {
            message[name] = value.clone();
        }
        format!("{message}\n")
    };
    assert_eq!(counts(&ingest(&memory, &said(json!({}))).await), [1, 0, 0, 0]);
    // A missing field does not differ.
    let left_out = "{\"id\": \"m\", \"session\": \"s\", \"text\": \"hello\"}\n";
    assert_eq!(counts(&ingest(&memory, left_out).await), [0, 1, 0, 0]);
    let mut change = json!({});
    for (name, value) in [
        ("role", json!("assistant")),
        ("name", json!("Bob")),
        ("timestamp", json!("2026-01-02T03:04:06Z")),
        ("tags", json!(["b"])),
    ] {
        let before = said(change.clone());
        change[name] = value;
        let after = said(change.clone());
        assert_eq!(counts(&ingest(&memory, &after).await), [0, 0, 1, 0], "{name}");
        assert_eq!(counts(&ingest(&memory, &after).await), [0, 1, 0, 0], "{name}");
        let both = format!("{after}{before}");
        assert_eq!(counts(&ingest(&memory, &both).await), [0, 1, 0, 1], "{name}");
    }
    let stored = &all(&memory, Kind::Message).await[0];
    assert_eq!(stored.speaker.as_deref(), Some("Bob"));
    assert_eq!(stored.payload["role"], "assistant");
    assert_eq!(stored.occurred_at.unwrap().to_string(), "2026-01-02T03:04:06Z");
    // A corrected text without a role keeps the role.
    let text = left_out.replace("hello", "hello again");
    assert_eq!(counts(&ingest(&memory, &text).await), [0, 0, 1, 0]);
    assert_eq!(all(&memory, Kind::Message).await[0].payload["role"], "assistant");
}

#[tokio::test]
async fn a_time_before_1970_costs_only_the_time() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let text = "{\"role\": \"user\", \"text\": \"hello\", \"timestamp\": \"0001-01-01T00:00:00Z\"}";
    let report = ingest(&memory, text).await;
    assert_eq!((counts(&report), report.tally.mended_count), ([1, 0, 0, 0], 1));
    assert_eq!(counts(&ingest(&memory, text).await), [0, 1, 0, 0]);
}

#[tokio::test]
async fn the_result_of_a_call_may_come_with_a_later_reading() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let used = json!([{"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "a.py"}}]);
    let begun = row("s", "a", "assistant", used, 1);
    assert_eq!(counts(&ingest(&memory, &begun).await), [1, 0, 0, 0]);
    let given = json!([{"type": "tool_result", "tool_use_id": "t1", "content": "print(1)"}]);
    let whole = begun.clone() + &row("s", "b", "user", given, 2);
    assert_eq!(counts(&ingest(&memory, &whole).await), [0, 0, 1, 0]);
    assert_eq!(counts(&ingest(&memory, &whole).await), [0, 1, 0, 0]);
    // A truncated file removes nothing.
    assert_eq!(counts(&ingest(&memory, &begun).await), [0, 1, 0, 0]);
    let calls = all(&memory, Kind::ToolCall).await;
    let payload = &calls[0].payload;
    assert_eq!((&payload["output"], &payload["success"]), (&json!("print(1)"), &json!(true)));
    assert_eq!(calls[0].scope.session.as_deref(), Some("claude-code/s"));
}

#[tokio::test]
async fn the_title_of_a_conversation_is_the_summary_of_its_session() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let export = |title: &str| {
        json!([{"uuid": "c", "name": title, "created_at": "2026-01-02T03:04:05Z",
            "chat_messages": [{"uuid": "m", "sender": "human", "text": "hello"}]}])
        .to_string()
    };
    ingest(&memory, &export("")).await;
    let session = || async {
        let id = Id::new("claude/c").unwrap();
        memory.get(&Key::new(Kind::Session, id.clone())).await.unwrap().unwrap()
    };
    assert_eq!(session().await.text, "");
    assert_eq!(counts(&ingest(&memory, &export("Ferries")).await), [0, 1, 0, 0]);
    assert_eq!(session().await.text, "Ferries");
    // An existing summary stays.
    assert_eq!(counts(&ingest(&memory, &export("Boats")).await), [0, 1, 0, 0]);
    assert_eq!(session().await.text, "Ferries");
}
