//! Forgetting what was read from files.

use std::{fs, io::Cursor, path::Path};

use aios_exchange::{
    export::{self, Restocked},
    import::{self, ImportOptions},
    ingest::{self, Format, IngestOptions},
};
use aios_memory::{
    ForgetOptions, ForgetQuery, ForgetTarget, Identity, Key, Kind, MemoryView, Mode,
};
use serde_json::json;

use crate::{Fixture, id, of, sessions, texts};

/// Builds the options to forget the record of this name, of the owner that the view acts for.
fn one(view: &MemoryView, kind: Kind, name: &str) -> ForgetOptions {
    let owner = view.gate().acts_for().unwrap().clone();
    ForgetOptions::new(ForgetTarget::Records(vec![Identity::new(owner, kind, id(name))]))
}

/// Returns the number of hits of a query.
async fn found(view: &MemoryView, query: &str) -> usize {
    view.recall(query).await.unwrap().hits.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_selects_records_to_forget() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let everything = memory.administrator();
    let path = fixture.dir.path().join("notes.md");
    fs::write(&path, "# Cats\n\nThey purr.\n\n# Dogs\n\nThey bark.\n").unwrap();
    for view in [&*memory, &of(&memory, "ada")] {
        ingest::file(view, &path, IngestOptions::default()).await.unwrap();
    }
    let document = ForgetTarget::Document(path.clone());
    assert_eq!(memory.forget(ForgetOptions::new(document)).await.unwrap().forgotten, 2);
    assert_eq!(texts(&memory, "purr bark").await, [""; 0]);
    let mut left = texts(&everything, "purr bark").await;
    left.sort_unstable();
    assert_eq!(left.len(), 2, "ada's pieces stay: {left:?}");
}

/// Ingests lines through a view, in the session `talk`, and returns the numbers of added, known and
/// forgotten records.
async fn ingest(view: &MemoryView, text: &str) -> (u64, u64, u64) {
    let options = IngestOptions::default().with_format(Format::Jsonl);
    let text = Cursor::new(text.to_owned().into_bytes());
    let report = ingest::reader(view, text, Some(Path::new("talk")), options).await.unwrap();
    assert_eq!(report.failed_count, 0, "{report:?}");
    (report.tally.added, report.tally.known, report.tally.forgotten)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_text_is_not_ingested_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    let lines = [
        r#"{"role": "user", "content": "the zanzibarquux sleeps", "timestamp": "2026-01-02T03:04:05Z"}"#,
        r#"{"role": "user", "content": "a zanzibarquux of a known id", "id": "m7"}"#,
        r#"{"role": "user", "content": "a lighthouse at the sea"}"#,
        r#"{"text": "a note of the zanzibarquux"}"#,
    ];
    let talk = lines.join("\n");
    assert_eq!(ingest(&ada, &talk).await, (4, 0, 0));
    assert_eq!(ingest(&bob, &talk).await, (4, 0, 0));
    let sleeps = ForgetQuery::new("zanzibarquux sleeps").with_min_relevance(0.5);
    let sleeps = ForgetTarget::Query(sleeps);
    let gone = ada.forget(ForgetOptions::new(sleeps)).await.unwrap().forgotten;
    assert!((1..=4).contains(&gone), "{gone}");
    assert_eq!(ingest(&ada, &talk).await, (0, 4 - gone, gone));
    let all = ForgetOptions::new(ForgetTarget::All);
    let purged = ada.forget(all.with_purge()).await.unwrap();
    assert!(purged.purged, "{purged:?}");
    assert_eq!(ingest(&ada, &talk).await, (0, 0, 4));
    // Neither another time nor another id of the same words brings them back.
    let later = lines[0].replace("2026", "2027");
    let renamed = lines[1].replace("m7", "m8");
    assert_eq!(ingest(&ada, &[later, renamed].join("\n")).await, (0, 0, 2));
    assert_eq!(ingest(&bob, &talk).await, (0, 4, 0));
    let session = &sessions(&bob).await[0];
    assert_eq!(bob.working().messages().recent(&id(session), 9).await.unwrap().len(), 3);
    assert_eq!(found(&ada, "zanzibarquux").await, 0);
    memory.shutdown().await.unwrap();

    // An explicit write stores the text again.
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let again = ada.remember("a note of the zanzibarquux").await.unwrap();
    assert!(!again.known);
    let said = json!({"role": "user", "content": "the zanzibarquux sleeps", "session": "talk"});
    ada.record(Kind::Message, said).await.unwrap();
    assert_eq!(found(&ada, "zanzibarquux").await, 2);
    assert_eq!(ingest(&ada, lines[1]).await, (0, 0, 1));
    assert_eq!(ingest(&ada, lines[3]).await, (0, 1, 0));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_record_is_not_imported_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.dir.path().join("old.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let sql = "CREATE TABLE tasks (id INTEGER PRIMARY KEY, description TEXT);
        INSERT INTO tasks VALUES (1, 'feed the zanzibarquux'), (2, 'water the ferns');
        CREATE TABLE preferences (key TEXT, value TEXT);
        INSERT INTO preferences VALUES ('pet', 'zanzibarquux');";
    database.execute_batch(sql).unwrap();
    let report = import::file(&memory, &path, ImportOptions::default()).await.unwrap();
    assert_eq!((report.tally.added, report.tally.known), (3, 0));
    let everything = fixture.dir.path().join("all.jsonl");
    export::to_file(&memory, &everything, |_| {}).await.unwrap();

    let tasks = memory.list(Kind::Task, None, 9).await.unwrap().records;
    let task = tasks.iter().find(|task| task.text.contains("zanzibarquux")).unwrap();
    memory.forget(one(&memory, Kind::Task, task.id.as_str())).await.unwrap();
    memory.forget(one(&memory, Kind::Preference, "pet")).await.unwrap();
    // The forgotten task as a new row with another id.
    database.execute("UPDATE tasks SET id = 8 WHERE id = 1", []).unwrap();
    let report = import::file(&memory, &path, ImportOptions::default()).await.unwrap();
    let tally = &report.tally;
    assert_eq!((tally.added, tally.known, tally.forgotten), (0, 1, 2), "{report:?}");

    let dry = export::read_back(&memory, &everything, Mode::DryRun, |_| {}).await.unwrap();
    let taken = export::read_back(&memory, &everything, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!(
        (taken.tally.added, taken.tally.known, taken.tally.forgotten),
        (0, 1, 2),
        "{taken:?}"
    );
    assert_eq!(Restocked { dry_run: false, ..dry }, taken);
    assert_eq!(texts(&memory, "zanzibarquux").await, ["water the ferns"]);

    // A value that was set and deleted can be imported again; the forgotten one cannot.
    for (pet, expect) in [("cat", (0, 1, 2)), ("zanzibarquux", (1, 1, 1))] {
        let pet = json!({"key": "pet", "value": pet});
        memory.record(Kind::Preference, pet).await.unwrap();
        memory.delete(&Key::new(Kind::Preference, id("pet"))).await.unwrap();
        let report = import::file(&memory, &path, ImportOptions::default()).await.unwrap();
        let tally = &report.tally;
        assert_eq!((tally.added, tally.known, tally.forgotten), expect, "{report:?}");
    }
    memory.shutdown().await.unwrap();
}
