//! Ingest of streams.

use std::{
    io::Cursor,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aios_exchange::ingest::{self, Format, IngestOptions, IngestReport};
use aios_memory::{AgentMemory, Id, Key, Kind, MemoryView, Remedy, guard::Policy};

use serde_json::json;

use crate::{Fixture, id, of, sessions, texts};

async fn ingest(memory: &MemoryView, text: String, options: IngestOptions) -> IngestReport {
    ingest::reader(memory, Cursor::new(text.into_bytes()), None, options).await.unwrap()
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("{{\"role\": \"user\", \"content\": \"stone number {n}\"}}\n")).collect()
}

#[tokio::test]
async fn several_batches_are_stored_in_order_exactly_once() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let told = Arc::new(AtomicU64::new(0));
    let telling = Arc::clone(&told);
    let options =
        IngestOptions::default().with_format(Format::Jsonl).with_progress(move |progress| {
            telling.fetch_max(progress.done, Ordering::Relaxed);
        });
    let report = ingest(&memory, lines(0..1203), options.clone()).await;
    assert_eq!((report.tally.added, report.tally.known, report.sessions), (1203, 0, 1));
    assert_eq!(told.load(Ordering::Relaxed), lines(0..1203).len() as u64);
    let session = &sessions(&memory).await[0];
    let last = memory.working().messages().recent(&id(session), 2).await.unwrap();
    let last: Vec<_> = last.iter().map(|m| (m.position, m.content.as_str())).collect();
    assert_eq!(last, [(1201, "stone number 1201"), (1202, "stone number 1202")]);
    assert_eq!(texts(&memory, "stone number 1202").await[0], "stone number 1202");

    let again = ingest(&memory, lines(0..1210), options).await;
    assert_eq!((again.tally.added, again.tally.known), (7, 1203));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn equal_messages_of_one_stream_are_distinct() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let text = "{\"role\": \"user\", \"content\": \"yes\"}\n".repeat(3);
    let first = ingest(&memory, text.clone(), IngestOptions::default()).await.tally;
    let second = ingest(&memory, text, IngestOptions::default()).await.tally;
    assert_eq!((first.added, second.added, second.known), (3, 0, 3));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_conversation_that_grew_is_recognised_beside_others_that_began_alike() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let said = |texts: &[&str]| -> String {
        texts.iter().map(|it| format!("{{\"role\": \"user\", \"content\": \"{it}\"}}\n")).collect()
    };
    for (texts, added, sessions_count) in [
        (&["hi", "A"][..], 2, 1),
        (&["hi", "B"], 2, 2),
        (&["hi", "B", "C"], 1, 2),
        (&["hi", "B", "C", "E", "F"], 2, 2),
        (&["hi", "B", "D"], 3, 3),
        (&["hi", "B", "D", "G"], 1, 3),
        (&["hi", "A", "H"], 1, 3),
        (&["hi", "B", "C", "E", "F"], 0, 3),
    ] {
        let report = ingest(&memory, said(texts), IngestOptions::default()).await;
        assert_eq!(report.tally.added, added, "{texts:?}: {report:?}");
        assert_eq!(sessions(&memory).await.len(), sessions_count, "{texts:?}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_deleted_a_moment_ago_is_added_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let session = Id::new("s").unwrap();
    let chat = r#"{"role": "user", "content": "not that", "session": "s", "id": "a"}"#;
    // Long-term memory receives a deletion later, after a random delay.
    for round in 0..20 {
        let read = ingest(&memory, chat.to_owned(), IngestOptions::default()).await.tally;
        assert_eq!((read.added, read.known), (1, 0), "round {round}");
        memory.feed().catch_up().await.unwrap();
        memory.delete(&Key::new(Kind::Session, session.clone())).await.unwrap();
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_ingests_of_the_same_input_agree() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open().await, fixture.open().await);
    let (first, second) = tokio::join!(
        ingest(&one, lines(0..700), IngestOptions::default()),
        ingest(&two, lines(0..700), IngestOptions::default()),
    );
    let (first, second) = (first.tally, second.tally);
    assert_eq!(first.added + second.added, 700);
    assert_eq!(first.known + second.known, 700);
    assert_eq!(one.stats().await.unwrap().longterm.records, 700);
    two.shutdown().await.unwrap();
    one.shutdown().await.unwrap();
}

#[tokio::test]
async fn sessions_of_users_are_separate_and_a_line_of_another_user_fails() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    ingest(&ada, lines(0..2), IngestOptions::default()).await;
    let text = [
        r#"{"content": "mine", "session": "own"}"#,
        r#"{"role": "user", "content": "in a session of that name"}"#,
        r#"{"role": "user", "content": "forged", "user": "ada"}"#,
        r#"{"content": "also mine", "session": "own"}"#,
    ];
    let report = ingest(&bob, text.join("\n"), IngestOptions::default()).await;
    let tally = &report.tally;
    assert_eq!((tally.added, tally.refused, report.failed_count), (3, 1, 1), "{report:?}");
    assert_eq!(report.failed[0].line, Some(3));
    assert!(report.failed[0].error.contains("user"), "{report:?}");
    let said = async |view: &MemoryView| {
        let sessions = sessions(view).await;
        let session = sessions.iter().find(|name| name.starts_with("stdin")).unwrap();
        let messages = view.working().messages().recent(&id(session), 9).await.unwrap();
        messages.into_iter().map(|message| message.content).collect::<Vec<_>>()
    };
    assert_eq!(said(&ada).await, ["stone number 0", "stone number 1"]);
    assert_eq!(said(&bob).await, ["in a session of that name"]);
    memory.shutdown().await.unwrap();
}

/// Ingests a chat of `ada` as `bob`, who is refused, and as `ada`.
async fn is_of_ada(chat: &str) {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let options = IngestOptions::default().with_format(Format::Chat);
    let report = ingest(&of(&memory, "bob"), chat.to_owned(), options.clone()).await;
    assert_eq!((report.tally.added, report.tally.refused), (0, 1), "{chat}: {report:?}");
    assert!(report.failed[0].line.is_some(), "{chat}: {report:?}");
    let report = ingest(&of(&memory, "ada"), chat.to_owned(), options).await;
    assert_eq!((report.tally.added, report.tally.refused), (1, 0), "{chat}: {report:?}");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_owner_of_a_conversation_owns_its_messages() {
    for chat in [
        r#"{"user": "ada", "messages": [{"role": "user", "content": "private"}]}"#,
        r#"{"messages": [{"role": "user", "content": "private"}], "tenantId": "ada"}"#,
        r#"[{"user_id": "ada", "messages": [{"role": "user", "content": "private"}]}]"#,
        r#"[{"messages": [{"content": "private"}], "User Name": "ada"}]"#,
        r#"{"scope": {"user": "ada"}, "messages": [{"content": "private"}]}"#,
        r#"{"scope": {"user_id": "ada"}, "messages": [{"content": "private"}]}"#,
        r#"{"metadata": {"customer_id": "ada"}, "messages": [{"content": "private"}]}"#,
        r#"{"metadata": {"scope": {"user": "ada"}}, "messages": [{"content": "private"}]}"#,
        r#"{"user": {"id": null, "name": "ada"}, "messages": [{"content": "private"}]}"#,
        r#"{"user": "ada", "messages": [{"content": "private", "owner": "ada"}]}"#,
        r#"{"user": "ada", "messages": [{"messages": [{"content": "private"}]}]}"#,
    ] {
        Box::pin(is_of_ada(chat)).await;
    }
}

#[tokio::test]
async fn an_ambiguous_owner_is_refused() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for chat in [
        r#"{"user": "ada", "messages": [{"content": "x", "user": "bob"}]}"#,
        r#"{"user": "ada", "owner": "bob", "messages": [{"content": "x"}]}"#,
        r#"{"user": "bob", "user": "ada", "messages": [{"content": "x"}]}"#,
        r#"{"user": "bob", "messages": [{"content": "x"}], "user": "ada"}"#,
        r#"[{"content": "x", "user": "bob", "user": "ada"}]"#,
        r#"[{"content": "x", "user": {"id": "bob", "id": "ada"}}]"#,
        r#"[{"content": "x", "metadata": {"user": "bob"}, "metadata": {"user": "ada"}}]"#,
        r#"[{"content": "x", "user": {"id": null, "name": ""}}]"#,
        r#"{"user": "ada", "messages": [{"user": "bob", "messages": [{"content": "x"}]}]}"#,
        r#"{"messages": [{"content": "x"}], "user": "bo"#,
    ] {
        for format in [Format::Chat, Format::Auto] {
            let options = IngestOptions::default().with_format(format);
            let report = ingest(&of(&memory, "ada"), chat.to_owned(), options).await;
            assert_eq!((report.tally.added, report.tally.refused), (0, 1), "{chat}: {report:?}");
        }
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn conversations_of_one_file_are_separate_and_unknown_fields_are_reported() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let chat = r#"[
        {"session": "a1", "agent": "helper", "project": "p", "title": "one", "messages": [
            {"content": "first"}, {"content": "elsewhere", "session": "b"}]},
        {"messages": [{"content": "second"}], "thread_id": "a2", "title": "two", "mood": 5}]"#;
    let options = IngestOptions::default().with_format(Format::Chat);
    let report = ingest(&memory, chat.to_owned(), options).await;
    assert_eq!((report.tally.added, report.sessions), (3, 3), "{report:?}");
    assert_eq!(report.tally.unknown.get("mood"), Some(&1), "{report:?}");
    for (session, content) in [("a1", "first"), ("a2", "second"), ("b", "elsewhere")] {
        let said = memory.working().messages().recent(&id(session), 9).await.unwrap();
        assert_eq!(said.len(), 1, "{session}");
        assert_eq!(said[0].content, content);
    }
    let first = &memory.working().messages().recent(&id("a1"), 9).await.unwrap()[0];
    assert_eq!(first.meta.scope.agent.as_deref(), Some("helper"));
    assert_eq!(first.meta.scope.project.as_deref(), Some("p"));
    assert_eq!(first.metadata["conversation_title"], "one");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_conversation_keeps_its_session_whatever_its_title() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let said = |range: std::ops::Range<u32>| -> Vec<serde_json::Value> {
        range.map(|n| json!({"role": "user", "content": format!("stone {n}")})).collect()
    };
    let one = |title: &str, range| json!({"title": title, "messages": said(range)});
    let path = fixture.dir.path().join("chat.json");
    for (chat, added, known, sessions_count) in [
        (json!({"messages": said(0..2)}), 2, 0, 1),
        (one("New chat", 0..2), 0, 2, 1),
        (one("Greetings", 0..3), 1, 2, 1),
        (json!([one("Salutations", 0..4)]), 1, 3, 1),
        // Another conversation at the first place.
        (json!([one("Other", 10..12), one("Salutations", 0..4)]), 6, 0, 3),
    ] {
        std::fs::write(&path, chat.to_string()).unwrap();
        let report = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap();
        assert_eq!((report.tally.added, report.tally.known), (added, known), "{chat}: {report:?}");
        assert_eq!(sessions(&memory).await.len(), sessions_count, "{chat}");
    }
    for (title, added, known) in [("New chat", 2, 0), ("Greetings", 0, 2)] {
        let chat = one(title, 20..22).to_string();
        let tally = ingest(&memory, chat, IngestOptions::default()).await.tally;
        assert_eq!((tally.added, tally.known), (added, known), "{title}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_surplus_parts_of_a_shortened_long_message_are_retired() {
    /// Maximum length of the text of one record.
    const PART: usize = ingest::TEXT_BYTES_MAX;
    let long = |parts: usize, last: &str| {
        // Words of three bytes, and the rest of a part.
        let rest = " ".repeat(PART % 3);
        let parts = (0..parts - 1).map(|n| format!("w{n} ").repeat(PART / 3) + &rest);
        parts.collect::<String>() + last
    };
    let message = |text: &str| {
        let message = serde_json::json!({"role": "user", "id": "m", "session": "s",
            "content": text});
        // An id that only looks like that of a part belongs to another message.
        let alike = serde_json::json!({"role": "user", "id": "m#9", "session": "s",
            "content": "alike"});
        format!("{message}\n{alike}\n")
    };
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let read = async |text: &str| {
        let tally = ingest(&memory, message(text), IngestOptions::default()).await.tally;
        assert_eq!(tally.refused, 0, "{tally:?}");
        [tally.added, tally.known, tally.updated, tally.retired]
    };
    let finds = async |word: &str| texts(&memory, word).await.iter().any(|text| text == word);
    let listed = async || {
        let listed = memory.list(Kind::Message, None, 100).await.unwrap().records;
        let mut ids: Vec<_> = listed.into_iter().filter_map(|it| it.external_id).collect();
        ids.sort();
        ids
    };
    assert_eq!(long(2, "").len(), PART);
    assert_eq!(read(&long(3, "pomegranate")).await, [4, 0, 0, 0]);
    assert!(finds("pomegranate").await);
    assert_eq!(listed().await, ["m", "m#2", "m#3", "m#9"]);
    // The second part is truncated, and the third is gone.
    assert_eq!(read(&long(2, "quince")).await, [0, 2, 1, 1]);
    assert!(finds("quince").await);
    assert!(!finds("pomegranate").await);
    assert_eq!(read(&long(2, "quince")).await, [0, 3, 0, 0]);
    // Exactly the first part is left, which is known.
    assert_eq!(read(&long(2, "")).await, [0, 2, 0, 1]);
    assert!(!finds("quince").await);
    // It grows again, also after its parts have left working memory.
    assert_eq!(read(&long(3, "medlar")).await, [0, 2, 2, 0]);
    assert!(finds("medlar").await);
    assert_eq!(read("short").await, [0, 1, 1, 2]);
    assert!(!finds("medlar").await);
    assert!(finds("alike").await);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_refused_line_has_the_remedy_of_its_error() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.guard.secrets = "refuse".parse().unwrap();
    let memory = AgentMemory::open(config).await.unwrap();
    let lines = "{\"text\": \"password: hunter2hunter2\"}\n{\"text\": \"the shed is green\"}\n[1]";
    let options = IngestOptions::default().with_format(Format::Jsonl);
    let report = ingest(&memory, lines.to_owned(), options).await;
    let failed: Vec<_> = report.failed.iter().map(|it| (it.line, it.remedy.clone())).collect();
    assert_eq!(failed, [(Some(3), None), (Some(1), Some(Remedy::RelaxGuard))], "{report:?}");

    let export = "{\"aios_memory_export\":2}\n";
    let report = ingest(&memory, export.to_owned(), IngestOptions::default()).await;
    let path = PathBuf::from("FILE");
    assert_eq!(report.failed[0].remedy, Some(Remedy::Import { path }), "{report:?}");
    memory.shutdown().await.unwrap();
}

async fn note_content(memory: &MemoryView, content: &str) -> Vec<String> {
    let notes = memory.list(Kind::Note, None, 100).await.unwrap().records;
    let mut texts: Vec<String> = notes.into_iter().map(|note| note.text).collect();
    texts.retain(|text| text.contains(content));
    texts
}

async fn change(memory: &MemoryView, content: &str) {
    let note = memory.list(Kind::Note, None, 1).await.unwrap().records.pop().unwrap();
    let changes = serde_json::json!({"content": content}).as_object().cloned().unwrap();
    memory.update(&note.key(), changes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_source_leaves_a_changed_note_as_it_is() {
    for (secrets, field) in [
        (Policy::Mark, String::new()),
        (Policy::Mark, r#""id": "c1", "#.to_owned()),
        (Policy::Redact, String::new()),
    ] {
        let fixture = Fixture::new();
        let mut config = fixture.config();
        config.guard.secrets = secrets;
        let memory = AgentMemory::open(config).await.unwrap();
        let line = |text: &str| format!("{{{field}\"text\": \"the car is {text}\"}}\n");
        let green = line("green, its password is hunter2-Xy7!");
        let read = ingest(&memory, green.clone(), IngestOptions::default()).await.tally;
        assert_eq!(read.added, 1);
        change(&memory, "the car is blue").await;
        for _ in 0..2 {
            let again = ingest(&memory, green.clone(), IngestOptions::default()).await.tally;
            assert_eq!((again.added, again.known, again.updated), (0, 1, 0), "{field}");
            assert_eq!(note_content(&memory, "car").await, ["the car is blue"]);
        }
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_source_updates_a_changed_note() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let line = |text: &str| format!("{{\"id\": \"c1\", \"text\": \"the car is {text}\"}}\n");
    let mut outcomes = Vec::new();
    for text in ["green", "red", "green", "", "green", "red", "", "green"] {
        if text.is_empty() {
            change(&memory, "the car is blue").await;
            continue;
        }
        let read = ingest(&memory, line(text), IngestOptions::default()).await.tally;
        outcomes.push((read.added, read.known, read.updated));
    }
    let updated = (0, 0, 1);
    assert_eq!(outcomes, [(1, 0, 0), updated, updated, (0, 1, 0), updated, updated]);
    assert_eq!(note_content(&memory, "car").await, ["the car is green"]);
    memory.shutdown().await.unwrap();
}
