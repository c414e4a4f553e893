//! Forgetting applies to the parts of returning records, and to nothing else.

use std::fs;

use aios_exchange::{
    export,
    ingest::{self, IngestOptions},
};
use aios_memory::{
    AgentMemory, ForgetOptions, ForgetQuery, ForgetTarget, Identity, Kind, Mode, Owner,
    admission::Tally,
};
use serde_json::{Value, json};

use crate::{Fixture, texts};

const TEXT: &str = "Anna's vault code is zanzibarquux";

async fn take(memory: &AgentMemory, fixture: &Fixture, name: &str, content: &str) -> Tally {
    let path = fixture.dir.path().join(name);
    fs::write(&path, content).unwrap();
    ingest::file(memory, &path, IngestOptions::default()).await.unwrap().tally
}

async fn forget(memory: &AgentMemory, target: ForgetTarget) {
    memory.forget(ForgetOptions::new(target)).await.unwrap();
}

async fn forget_text(memory: &AgentMemory, text: &str) {
    memory.remember(text).await.unwrap();
    forget(memory, ForgetTarget::Query(ForgetQuery::new(text))).await;
}

fn chat(content: &str) -> String {
    format!("{}\n", json!({"role": "user", "content": content, "session": "s"}))
}

async fn forget_record(memory: &AgentMemory, kind: Kind, record: Value) {
    memory.record(kind, record).await.unwrap();
    let found = memory.list(kind, None, 9).await.unwrap().records;
    let named = found.iter().map(|it| Identity::new(Owner::SHARED, kind, it.id.clone()));
    forget(memory, ForgetTarget::Records(named.collect())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_call_does_not_keep_out_other_calls_of_its_tool() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    let (memory, source) = (fixture.open().await, other.open().await);
    let call = |id: &str, run: &str| {
        json!({
            "id": id, "tool_name": "search_the_web", "input": {"run": run}, "output": "well",
        })
    };
    forget_record(&memory, Kind::ToolCall, call("a", TEXT)).await;
    for (id, run) in [("a", "other words at all"), ("b", TEXT), ("c", "cheese from the shop")] {
        source.record(Kind::ToolCall, call(id, run)).await.unwrap();
    }
    let exported = other.dir.path().join("all.jsonl");
    export::to_file(&source, &exported, |_| {}).await.unwrap();
    let tally = export::read_back(&memory, &exported, Mode::Apply, |_| {}).await.unwrap().tally;
    // One by its id, one by its input.
    assert_eq!((tally.added, tally.forgotten), (1, 2), "{tally:?}");
    let tally = take(&memory, &fixture, "chat.jsonl", &chat(TEXT)).await;
    assert_eq!((tally.added, tally.forgotten), (0, 1), "{tally:?}");
    memory.shutdown().await.unwrap();
    source.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_a_forgotten_title_is_stored_without_it() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    forget_text(&memory, TEXT).await;
    let conversation = json!({
        "title": TEXT, "id": "c", "cwd": TEXT,
        "messages": [{"role": "user", "content": "cheese is fine", "branch": TEXT}],
    });
    for _ in 0..2 {
        take(&memory, &fixture, "chat.json", &conversation.to_string()).await;
        assert_eq!(texts(&memory, "cheese").await, ["cheese is fine"]);
    }
    let exported = fixture.dir.path().join("all.jsonl");
    export::to_file(&memory, &exported, |_| {}).await.unwrap();
    assert!(!fs::read_to_string(&exported).unwrap().contains("zanzibarquux"));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_forgotten_record_stay_out_as_any_kind() {
    for (kind, record) in [
        (Kind::Interaction, json!({"user_transcript": TEXT, "assistant_response": "well"})),
        (Kind::Interaction, json!({"user_transcript": "well", "assistant_response": TEXT})),
        (Kind::Decision, json!({"context": TEXT, "options": ["a"], "chosen": "a"})),
        (Kind::Decision, json!({"context": "gates", "options": ["a"], "chosen": TEXT})),
        (Kind::Preference, json!({"key": "p", "value": TEXT})),
        (Kind::Fact, json!({"subject": "a", "attribute": "b", "value": TEXT, "text": "so it is"})),
        (Kind::ToolCall, json!({"tool_name": "sh", "output": {"said": [TEXT]}})),
    ] {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        forget_record(&memory, kind, record).await;
        let mem0 = json!({"results": [{"id": "9", "memory": TEXT}]}).to_string();
        for (name, content) in [("chat.jsonl", chat(TEXT)), ("mem0.json", mem0)] {
            let tally = take(&memory, &fixture, name, &content).await;
            assert_eq!((tally.added, tally.forgotten), (0, 1), "{kind} {name}: {tally:?}");
        }
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_around_a_forgotten_text_does_not_bring_it_back() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    forget_text(&memory, TEXT).await;
    let s = TEXT;
    for (at, part) in [
        format!("1. {s}"),
        format!("- [ ] {s}"),
        format!("- [x] {s}"),
        format!("**{s}**"),
        format!("| {s} |"),
        format!("{s}."),
        format!("\"{s}\""),
        format!("> {s}!"),
        format!("\u{201c}{s}\u{201d}"),
        s.replace('\'', "\u{2019}"),
    ]
    .iter()
    .enumerate()
    {
        let long = format!("Hi there\n\n{part}\n\nbye now");
        let document = format!("# Guide\n\n{long}\n");
        for (name, content, added) in [
            (format!("{at}.md"), document, 1),
            (format!("{at}a.jsonl"), chat(&long), 1),
            (format!("{at}b.jsonl"), chat(part), 0),
            (format!("{at}c.jsonl"), chat(&format!("{part}\n[file: plan.pdf]")), 0),
        ] {
            let tally = take(&memory, &fixture, &name, &content).await;
            assert_eq!((tally.added, tally.forgotten), (added, 1), "{name} {part}: {tally:?}");
        }
    }
    let exported = fixture.dir.path().join("all.jsonl");
    export::to_file(&memory, &exported, |_| {}).await.unwrap();
    let exported = fs::read_to_string(&exported).unwrap();
    assert!(exported.contains("bye now") && !exported.contains("zanzibarquux"), "{exported}");
    // A number that belongs to the text makes it another text.
    forget_text(&memory, "4. Mai ist der Geburtstag von Anna").await;
    let tally = take(&memory, &fixture, "day.txt", "5. Mai ist der Geburtstag von Anna").await;
    assert_eq!((tally.added, tally.forgotten), (1, 0), "{tally:?}");
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_forgotten_document_stay_out_in_documents_and_messages() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (one, two) = ("The gate is opened at nine.", "The gate is closed at seven.");
    let document = |two: &str| format!("# Gates\n\n{one}\n\n{two}\n");
    take(&memory, &fixture, "gates.md", &document("It was painted in spring.")).await;
    take(&memory, &fixture, "gates.md", &document(two)).await;
    take(&memory, &fixture, "other.md", &format!("# Other\n\n{one}\n\nAnd the lamp.\n")).await;
    let path = fixture.dir.path().join("gates.md");
    forget(&memory, ForgetTarget::Document(path)).await;
    for (name, content) in [
        ("chat.jsonl", chat(one)),
        ("whole.jsonl", chat(&document(two))),
        ("copy.md", document(two)),
        ("former.md", document("It was painted in spring.")),
    ] {
        let tally = take(&memory, &fixture, name, &content).await;
        assert!(tally.added == 0 && 0 < tally.forgotten, "{name}: {tally:?}");
    }
    let tally = take(&memory, &fixture, "gates.md", &document("The gate is closed at six.")).await;
    assert_eq!((tally.added, tally.forgotten), (1, 1), "{tally:?}");
    // Another document that shares a paragraph keeps it.
    let shared = format!("# Other\n\n{one}\n\nAnd the lamps.\n");
    let tally = take(&memory, &fixture, "other.md", &shared).await;
    assert_eq!((tally.added, tally.forgotten), (1, 0), "{tally:?}");
    memory.shutdown().await.unwrap();
}
