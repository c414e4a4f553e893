//! Documents that a former version read, identified by paths as typed.

use std::{fs, io::Cursor};

use aios_exchange::ingest::{self, IngestOptions};
use aios_memory::{AgentMemory, ForgetOptions, ForgetTarget, Kind, MemoryView, admission::Tally};

use super::{Former, fixture};

const HANDBOOK: &str = "sources/handbook.md";

async fn read(view: &MemoryView, text: String) -> Tally {
    let options = IngestOptions::default();
    let path = std::path::Path::new(HANDBOOK);
    let report = ingest::reader(view, Cursor::new(text), Some(path), options).await.unwrap();
    assert_eq!(report.failed, []);
    report.tally
}

/// Returns the number of hits that contain these words.
async fn count(memory: &AgentMemory, words: &str) -> usize {
    let found = memory.recall(words).await.unwrap();
    found.hits.iter().filter(|hit| hit.text.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_of_a_former_store_is_edited_and_forgotten() {
    // Documents are identified by the path under which they were read.
    std::env::set_current_dir(fixture()).unwrap();
    let former = Former::new();
    let memory = former.open().await;
    let handbook = fs::read_to_string(fixture().join(HANDBOOK)).unwrap();
    let edited = handbook.replace("first three years", "first four years");

    let tally = read(&memory, edited.clone()).await;
    assert_eq!((tally.added, tally.known, tally.retired), (1, 4, 1), "{tally:?}");
    assert_eq!(count(&memory, "first three years").await, 0);
    assert_eq!(count(&memory, "first four years").await, 1);
    let tally = read(&memory, handbook.clone()).await;
    assert_eq!((tally.known, tally.updated, tally.retired), (4, 1, 1), "{tally:?}");
    assert_eq!(count(&memory, "first three years").await, 1);

    // A paragraph that another document shares is a separate record.
    let machines = &handbook[handbook.find("## Machines").unwrap()..];
    let other = former.dir.path().join("other.md");
    fs::write(&other, machines).unwrap();
    let report = ingest::file(&memory, &other, IngestOptions::default()).await.unwrap();
    assert_eq!(report.tally.added, 1, "{report:?}");

    let forget = ForgetOptions::new(ForgetTarget::Document(HANDBOOK.into()));
    assert_eq!(memory.forget(forget).await.unwrap().forgotten, 6);
    assert_eq!(count(&memory, "Its wheel encoders are of type QX-17").await, 1);
    let tally = read(&memory, handbook).await;
    assert_eq!((tally.added, tally.known, tally.forgotten), (0, 0, 5), "{tally:?}");
    let tally = read(&memory, edited).await;
    assert_eq!((tally.added, tally.known, tally.forgotten), (0, 0, 5), "{tally:?}");
    let left = memory.list(Kind::Knowledge, None, 1000).await.unwrap().records;
    let of_files = left.iter().filter(|it| it.source.as_ref().is_some_and(|it| it.kind == "file"));
    assert_eq!(of_files.count(), 1);
    memory.shutdown().await.unwrap();
}
