//! Taking in streams.

use std::{
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aios_memory::{AgentMemory, Format, IngestOptions, IngestReport, Scope};

use crate::{Fixture, texts};

async fn ingest(memory: &AgentMemory, text: String, options: IngestOptions) -> IngestReport {
    memory.ingest_reader(Cursor::new(text.into_bytes()), None, options).await.unwrap()
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("{{\"role\": \"user\", \"content\": \"stone number {n}\"}}\n")).collect()
}

#[tokio::test]
async fn several_batches_go_in_in_order_and_once() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let told = Arc::new(AtomicU64::new(0));
    let telling = Arc::clone(&told);
    let options = IngestOptions {
        format: Format::Jsonl,
        progress: Some(Arc::new(move |progress| {
            telling.fetch_max(progress.added, Ordering::Relaxed);
        })),
        ..IngestOptions::default()
    };
    let report = ingest(&memory, lines(0..1203), options.clone()).await;
    assert_eq!((report.added, report.known, report.sessions), (1203, 0, 1));
    assert_eq!(told.load(Ordering::Relaxed), 1203);
    let last = memory.working().recent_messages("stdin", 2).await.unwrap();
    let last: Vec<_> = last.iter().map(|m| (m.position, m.content.as_str())).collect();
    assert_eq!(last, [(1201, "stone number 1201"), (1202, "stone number 1202")]);
    assert_eq!(texts(&memory, "stone number 1202").await[0], "stone number 1202");

    let again = ingest(&memory, lines(0..1210), options).await;
    assert_eq!((again.added, again.known), (7, 1203));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn equal_messages_of_one_stream_are_two() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let text = "{\"role\": \"user\", \"content\": \"yes\"}\n".repeat(3);
    let first = ingest(&memory, text.clone(), IngestOptions::default()).await;
    let second = ingest(&memory, text, IngestOptions::default()).await;
    assert_eq!((first.added, second.added, second.known), (3, 0, 3));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_take_in_the_same_at_the_same_time_agree() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open().await, fixture.open().await);
    let (first, second) = tokio::join!(
        ingest(&one, lines(0..700), IngestOptions::default()),
        ingest(&two, lines(0..700), IngestOptions::default()),
    );
    assert_eq!(first.added + second.added, 700);
    assert_eq!(first.known + second.known, 700);
    assert_eq!(one.stats().await.unwrap().longterm.records, 700);
    two.shutdown().await.unwrap();
    one.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_session_of_another_user_costs_its_messages_only() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let of = |user: &str| IngestOptions::default().with_scope(Scope::default().with_user(user));
    ingest(&memory, lines(0..2), of("ada")).await;
    let text = format!(
        "{}{}",
        "{\"content\": \"mine\", \"session\": \"own\"}\n{\"role\": \"user\", \"content\": \"no\"}\n",
        "{\"content\": \"also mine\", \"session\": \"own\"}\n"
    );
    let report = ingest(&memory, text, of("bob")).await;
    assert_eq!((report.added, report.failed_count), (2, 1));
    assert_eq!(report.failed[0].line, Some(2));
    assert!(report.failed[0].error.contains("another scope"), "{report:?}");
    memory.shutdown().await.unwrap();
}
