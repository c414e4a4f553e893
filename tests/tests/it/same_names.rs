//! A store in which two users and the shared owner use the same names for everything. Each owner
//! has its own secret word: `zebra1`, `zebra2`, and `zebra0` for shared records.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use aios_exchange::ingest::{self, Format, IngestOptions};
use aios_memory::{AgentMemory, Config, Kind, MemoryView, working::Durability};
use serde_json::Value;

/// Records that every owner has. `@` is the owner's digit.
const RECORDS: &str = include_str!("../../fixtures/same-names.jsonl");

/// A conversation in the format of another program, with other names.
const CHAT: &str = r#"{"messages": [
    {"role": "user", "content": "The zebra@ needs a halter.", "session": "s3", "id": "x1",
     "timestamp": "2025-04-01T10:00:00Z"},
    {"role": "assistant", "content": "A halter for the zebra@ is ordered.", "session": "s3",
     "id": "x2", "timestamp": "2025-04-01T10:01:00Z"}]}"#;

/// A document.
const DOCUMENT: &str = "# Care of the zebra@\n\nBrush the zebra@ on Sundays.\n\n\
    # Water\n\nThe trough of the zebra@ holds ninety litres.\n";

/// Maximum wait for the vectors of all records. They need a second.
const VECTORS_WAIT_MAX: Duration = Duration::from_secs(120);

/// An owner of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Shared,
    User(&'static str),
}

pub(crate) const SHARED: Whose = Whose::Shared;
pub(crate) const U1: Whose = Whose::User("u1");
pub(crate) const U2: Whose = Whose::User("u2");

impl Whose {
    /// Returns the digit of the owner's secret word.
    pub(crate) fn digit(self) -> &'static str {
        match self {
            Whose::Shared => "0",
            Whose::User(name) => &name[1..],
        }
    }

    pub(crate) fn user(self) -> Option<&'static str> {
        match self {
            Whose::Shared => None,
            Whose::User(name) => Some(name),
        }
    }

    pub(crate) fn view(self, memory: &AgentMemory) -> MemoryView {
        match self {
            Whose::Shared => memory.for_shared(),
            Whose::User(name) => memory.for_user(name).unwrap(),
        }
    }

    /// Returns `text` with the owner's secret word.
    pub(crate) fn text(self, text: &str) -> String {
        text.replace('@', self.digit())
    }
}

/// Returns settings that keep all records in working memory.
pub(crate) fn config(dir: &Path) -> Config {
    let mut config = Config::at(dir);
    // No test here cuts the power.
    config.working.durability = Durability::Normal;
    // Keeps results equal on a busy machine.
    config.search.vector_wait_ms = 60_000;
    config.learning.auto = false;
    let retention = &mut config.retention;
    retention.goals_and_tasks_days = 0;
    retention.tool_calls_days = 0;
    retention.decisions_days = 0;
    retention.messages_days = 0;
    retention.sessions_days = 0;
    retention.events_days = 0;
    retention.summaries_days = 0;
    config
}

/// Opens the store at `dir` and stores the records of `owners`.
pub(crate) async fn make(dir: &Path, owners: &[Whose], files: &Path) -> AgentMemory {
    let memory = AgentMemory::open(config(dir)).await.unwrap();
    Box::pin(store(&memory, owners, files)).await;
    memory
}

/// Stores the records of `owners`. `files` is the directory for their files.
pub(crate) async fn store(memory: &AgentMemory, owners: &[Whose], files: &Path) {
    for owner in owners {
        let view = owner.view(memory);
        for line in RECORDS.lines() {
            let line: Value = serde_json::from_str(&owner.text(line)).unwrap();
            if line["only"].as_str().is_some_and(|only| only != owner.digit()) {
                continue;
            }
            let kind: Kind = line["kind"].as_str().unwrap().parse().unwrap();
            let mut record = line["record"].clone();
            if let Some(session) = line.get("session") {
                record["scope"] = serde_json::json!({ "session": session });
            }
            let stored = view.record(kind, record).await;
            assert!(stored.is_ok(), "{owner:?}: {line}: {stored:?}");
        }
        let chat = IngestOptions::default().with_format(Format::Chat);
        let text = owner.text(CHAT).into_bytes();
        let taken = ingest::reader(&view, std::io::Cursor::new(text), None, chat).await.unwrap();
        assert_eq!(taken.tally.added, 2, "{taken:?}");
        // All owners use one path.
        let path = files.join("care.md");
        std::fs::write(&path, owner.text(DOCUMENT)).unwrap();
        let taken = ingest::file(&view, &path, IngestOptions::default()).await.unwrap();
        assert_eq!(taken.failed_count, 0, "{taken:?}");
    }
    memory.feed().catch_up().await.unwrap();
    // Relevance is the same in every store only when all vectors are present.
    let administrator = memory.administrator();
    let deadline = Instant::now() + VECTORS_WAIT_MAX;
    loop {
        let outstanding = administrator.recall("vectors").await.unwrap().vectors_outstanding;
        if outstanding == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{outstanding} vectors are outstanding");
    }
}
