//! Uploads of files, and the progress of an ingest.

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aios_memory::{
    Kind, MemoryView,
    admission::{Admission, Arrival, Manner, Tally},
    draft::identity,
    record::Record,
};
use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{Answer, Fixture, request, with_header};
use crate::{
    config::Config,
    importer::{ImportFailure, ImportFile, ImportReport, Importer, Importing},
};

const BOUNDARY: &str = "b0undary";

/// A part of an upload: its name, that of its file, and its content.
type Part<'a> = (&'a str, Option<&'a str>, &'a str);

fn encoded(parts: &[Part<'_>]) -> String {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.push_str(&format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n\
             {content}\r\n"
        ));
    }
    body.push_str(&format!("--{BOUNDARY}--\r\n"));
    body
}

fn upload(body: impl Into<Body>) -> axum::extract::Request {
    let request = request(Method::POST, "/api/v1/ingest", body.into());
    let media = format!("multipart/form-data; boundary={BOUNDARY}");
    with_header(request, "content-type", &media)
}

async fn send(it: &Fixture, parts: &[Part<'_>]) -> Answer {
    it.send(it.shared(), upload(encoded(parts))).await
}

/// An importer whose format has a note in each paragraph.
#[derive(Clone, Default)]
struct Paragraphs {
    /// The options of each file.
    seen: Arc<Mutex<Vec<Value>>>,
    /// True if the content of a file ended early.
    is_broken: Arc<AtomicBool>,
}

impl Importer for Paragraphs {
    fn formats(&self) -> Vec<&'static str> {
        vec!["paragraphs"]
    }

    fn import(&self, view: MemoryView, file: ImportFile) -> Importing {
        let this = self.clone();
        Box::pin(async move {
            let seen = json!([file.name, file.format, file.session, file.keeps_thinking]);
            this.seen.lock().unwrap().push(seen);
            let mut bytes = file.bytes;
            let reading = tokio::task::spawn_blocking(move || {
                let mut text = String::new();
                bytes.read_to_string(&mut text).map(|_| text)
            });
            let read: io::Result<String> = reading.await.unwrap();
            let mut tally = Tally::default();
            let Ok(text) = read else {
                this.is_broken.store(true, Ordering::Release);
                return Ok(ImportReport::new(tally));
            };
            let mut admission = Admission::new(&view, Manner::Found);
            for (line, paragraph) in (1..).zip(text.split("\n\n")) {
                let scope = view.gate().filter().scope.clone();
                let id = identity::external(Kind::Note, &scope, paragraph);
                let record = Record::new(Kind::Note, id, paragraph.to_owned(), scope);
                let payload = json!({"content": paragraph});
                let arrival = Arrival::of_record(line, Record { payload, ..record });
                for verdict in admission.admit(vec![arrival]).await? {
                    tally.count(&verdict);
                }
                (file.counting)(&tally);
            }
            admission.finish().await?;
            let mut report = ImportReport::new(tally);
            let reason = "the last paragraph is unusual".to_owned();
            report.failed.push(ImportFailure { line: Some(9), reason, remedy: None });
            report.failed_count = 1;
            Ok(report)
        })
    }
}

async fn with_paragraphs() -> (Fixture, Paragraphs) {
    let paragraphs = Paragraphs::default();
    let importer: Arc<dyn Importer> = Arc::new(paragraphs.clone());
    (Fixture::serving(Config::default(), Some(importer), |_| {}).await, paragraphs)
}

#[tokio::test]
async fn files_of_lines_are_stored_and_reported_by_name() {
    let it = Fixture::new().await;
    let parts = [
        ("session", None, "s9"),
        ("file", Some("dir/one.jsonl"), "{\"text\": \"Tea is ready.\"}\nnot json\n"),
        ("file", Some("two.ndjson"), "{\"role\": \"user\", \"content\": \"Hello there.\"}"),
    ];
    let report = send(&it, &parts).await.expect(200).json();
    assert_eq!((&report["added"], &report["read"]), (&json!(2), &json!(3)), "{report}");
    assert_eq!(report["failed"][0]["file"], "one.jsonl");
    assert_eq!(report["failed"][0]["line"], 2);
    let messages = it.get("/api/v1/sessions/s9/messages").await.expect(200).json();
    assert_eq!(messages["messages"][0]["content"], "Hello there.");
    let again = send(&it, &parts).await.expect(200).json();
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(2)), "{again}");
}

#[tokio::test]
async fn other_formats_are_refused_by_name_without_an_importer() {
    let it = Fixture::new().await;
    let parts = [
        ("file", Some("one.jsonl"), "{\"text\": \"Tea is ready.\"}"),
        ("file", Some("notes.md"), "# Tea\n\nGreen."),
    ];
    let refused = send(&it, &parts).await.expect(415).json();
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("`notes.md`") && detail.contains("1 records were stored"), "{detail}");
    assert!(refused["try"].as_str().unwrap().contains("aios-memory"), "{refused}");
    let unknown = send(&it, &[("format", None, "paragraphs"), parts[0]]).await.expect(400);
    assert!(unknown.text().contains("expected one of records"), "{}", unknown.text());
}

#[tokio::test]
async fn an_importer_gets_the_files_with_their_options() {
    let (it, paragraphs) = with_paragraphs().await;
    let parts = [
        ("format", None, "paragraphs"),
        ("session", None, "s1"),
        ("thinking", None, "true"),
        ("file", Some("C:\\notes\\tea.txt"), "Green tea.\n\nBlack tea."),
        ("file", Some("more.txt"), "Black tea.\n\nWhite tea."),
    ];
    let report = send(&it, &parts).await.expect(200).json();
    assert_eq!((&report["added"], &report["known"]), (&json!(3), &json!(1)), "{report}");
    assert_eq!(report["failed"][0]["file"], "tea.txt");
    let seen = paragraphs.seen.lock().unwrap().clone();
    assert_eq!(seen[0], json!(["tea.txt", "paragraphs", "s1", true]));
    // The service itself reads exports, and lines with the format `records`.
    let export = it.get("/api/v1/export").await.expect(200).text();
    let report = send(&it, &[("file", Some("export.jsonl"), &export)]).await.expect(200).json();
    assert_eq!((&report["known"], &report["refused"]), (&json!(3), &json!(0)), "{report}");
    let line = "{\"kind\": \"goal\", \"description\": \"Ship it\"}";
    let parts = [("format", None, "records"), ("file", Some("x"), line)];
    assert_eq!(send(&it, &parts).await.expect(200).json()["added"], 1);
    assert_eq!(paragraphs.seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_document_has_a_limit_and_a_broken_upload_is_never_taken_for_a_whole() {
    let (it, paragraphs) = with_paragraphs().await;
    let long = "a word and ".repeat(3_100_000);
    let refused = send(&it, &[("file", Some("long.md"), &long)]).await.expect(413);
    assert!(refused.text().contains("`long.md`"), "{}", refused.text());
    assert!(paragraphs.is_broken.swap(false, Ordering::AcqRel));
    let long = "The first half of a sentence. ".repeat(50_000);
    let body = encoded(&[("file", Some("cut.txt"), &long)]);
    let half = body[..body.len() - 20].to_owned();
    it.send(it.shared(), upload(half)).await.expect(400);
    assert!(paragraphs.is_broken.load(Ordering::Acquire));
    let export = it.get("/api/v1/export").await.expect(200).text();
    assert!(!export.contains("half"), "{export}");
}

#[tokio::test]
async fn malformed_uploads_are_refused() {
    let it = Fixture::new().await;
    let line = "{\"text\": \"Tea.\"}";
    let file = ("file", Some("a.jsonl"), line);
    let cases: [(&[Part<'_>], &str); 6] = [
        (&[], "no part has a file name"),
        (&[("session", None, "s")], "no part has a file name"),
        (&[file, ("session", None, "s")], "a field after a file"),
        (&[("file", None, line)], "unknown field"),
        (&[("thinking", None, "maybe"), file], "expected `true` or `false`"),
        (&[("session", None, " "), ("session", None, "t"), file], "given twice"),
    ];
    for (parts, expected) in cases {
        let text = send(&it, parts).await.expect(400).text();
        assert!(text.contains(expected), "{text}");
    }
    let long = "x".repeat(5_000);
    let text = send(&it, &[("session", None, &long)]).await.expect(400).text();
    assert!(text.contains("more than 4096 bytes"), "{text}");
    let endless = format!("--{BOUNDARY}\r\nx-padding: {}", "y".repeat(400_000));
    let text = it.send(it.shared(), upload(endless)).await.expect(400).text();
    assert!(text.contains("header of a part"), "{text}");
}

/// Returns a body whose pieces come one after the other, with a pause between them.
fn slow(pieces: Vec<String>, pause: Duration) -> Body {
    let mut clock = tokio::time::interval(pause);
    let ticks = stream::poll_fn(move |cx| clock.poll_tick(cx).map(Some));
    // The first tick is immediate.
    let pieces = stream::iter(pieces).zip(ticks.skip(1));
    Body::from_stream(pieces.map(|(piece, _)| Ok::<_, io::Error>(Bytes::from(piece))))
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|n| format!("{{\"text\": \"Reading number {n}.\"}}\n")).collect()
}

#[tokio::test]
async fn progress_comes_before_the_report() {
    let it = Fixture::new().await;
    for (accept, media) in [
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/html, text/event-stream;q=0.9", "text/event-stream"),
    ] {
        let pieces = vec![lines(0, 300), lines(300, 600), lines(600, 601)];
        let body = slow(pieces, Duration::from_millis(700));
        let request = request(Method::POST, "/api/v1/ingest", body);
        let request = with_header(request, "content-type", "application/x-ndjson");
        let answer = it.send(it.shared(), with_header(request, "accept", accept)).await.expect(200);
        assert_eq!(answer.header("content-type"), media);
        let parts = parts_of(&answer.text());
        let (last, before) = parts.split_last().unwrap();
        assert_eq!(last.0, "report", "{parts:?}");
        let stored = |it: &Value| it["added"].as_u64().unwrap() + it["known"].as_u64().unwrap();
        assert_eq!(stored(&last.1), 601);
        assert!(!before.is_empty() && before.len() <= 4, "{parts:?}");
        assert!(before.iter().all(|part| part.0 == "progress" && stored(&part.1) < 601));
    }
    let request = request(Method::POST, "/api/v1/ingest", Body::from(lines(0, 1)));
    let request = with_header(request, "content-type", "application/x-ndjson");
    let request = with_header(request, "accept", "text/event-stream");
    it.send(it.shared(), with_header(request, "idempotency-key", "k")).await.expect(400);
}

/// Returns the events of a stream of lines or of server-sent events.
fn parts_of(text: &str) -> Vec<(String, Value)> {
    match text.strip_prefix("event: ") {
        None => text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|part| (part["event"].as_str().unwrap().to_owned(), part))
            .collect(),
        Some(_) => text
            .split_terminator("\n\n")
            .map(|block| {
                let (event, data) = block.split_once("\ndata: ").unwrap();
                let event = event.strip_prefix("event: ").unwrap();
                (event.to_owned(), serde_json::from_str(data).unwrap())
            })
            .collect(),
    }
}

#[tokio::test]
async fn an_error_in_the_middle_says_what_is_stored() {
    let it = Fixture::new().await;
    let broken = || {
        let pieces = [Ok(Bytes::from(lines(0, 300))), Err(io::Error::other("gone"))];
        Body::from_stream(stream::iter(pieces))
    };
    let sent = async |accept: &str| {
        let request = request(Method::POST, "/api/v1/ingest", broken());
        let request = with_header(request, "content-type", "application/x-ndjson");
        it.send(it.shared(), with_header(request, "accept", accept)).await
    };
    let streamed = sent("application/x-ndjson").await.expect(200);
    let (event, last) = parts_of(&streamed.text()).pop().unwrap();
    assert_eq!((event.as_str(), &last["problem"]["code"]), ("failed", &json!("invalid")), "{last}");
    assert_eq!(last["stored"]["added"], 256, "{last}");
    assert_eq!(it.memory.stats().await.unwrap().longterm.records, 256);
    let plain = sent("application/json").await.expect(400).text();
    assert!(!plain.contains("were stored"), "all were known before: {plain}");
}

#[tokio::test]
async fn a_caller_that_leaves_leaves_whole_records() {
    let it = Fixture::new().await;
    let pieces = vec![lines(0, 256), lines(256, 300)];
    let endless = slow(pieces, Duration::from_millis(1)).into_data_stream();
    let body = Body::from_stream(endless.chain(stream::pending()));
    let request = request(Method::POST, "/api/v1/ingest", body);
    let request = with_header(request, "content-type", "application/x-ndjson");
    let request = with_header(request, "accept", "application/x-ndjson");
    let response = it.open(it.shared(), request).await;
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"added\":256"), "{first:?}");
    drop(body);
    assert_eq!(it.memory.stats().await.unwrap().longterm.records, 256);
    let text = it.get("/api/v1/export?kinds=note").await.expect(200).text();
    assert!(text.contains("Reading number 255.") && !text.contains("Reading number 256."));
}

#[tokio::test]
async fn another_owner_in_a_file_fails_by_line() {
    let it = Fixture::new().await;
    let lines = "{\"text\": \"Mine.\"}\n{\"text\": \"Hers.\", \"user_id\": \"eve\"}\n";
    let body = encoded(&[("file", Some("a.jsonl"), lines)]);
    let report = it.send(it.user("ada"), upload(body)).await.expect(200).json();
    assert_eq!(
        (&report["added"], &report["failed"][0]["line"]),
        (&json!(1), &json!(2)),
        "{report}"
    );
}
