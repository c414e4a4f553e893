//! Tests of the exchange through its public interface, on real files in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod documents;
mod export;
mod forgetting;
mod forgotten;
mod forgotten_parts;
mod formats;
mod graph;
mod import;
mod ingest;
mod owners;

use aios_memory::{AgentMemory, Config, Id, MemoryView, Scope};
use tempfile::TempDir;

/// A temporary directory for a memory.
struct Fixture {
    dir: TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture { dir: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> Config {
        let mut config = Config::at(self.dir.path().join("memory"));
        // The tests count the records of their files.
        config.learning.auto = false;
        config
    }

    async fn open(&self) -> AgentMemory {
        AgentMemory::open(self.config()).await.unwrap()
    }
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// Returns the view of a user.
fn of(memory: &AgentMemory, user: &str) -> MemoryView {
    memory.for_user(user).unwrap()
}

/// Returns the names of the sessions of a view, the most recently active one first.
async fn sessions(view: &MemoryView) -> Vec<String> {
    let sessions = view.working().sessions().active(u32::MAX).await.unwrap();
    sessions.into_iter().map(|session| session.id.to_string()).collect()
}

/// Returns a view narrowed to a session.
fn in_session(view: &MemoryView, session: &str) -> MemoryView {
    view.narrow(&Scope::default().with_session(session).into()).unwrap()
}

/// Returns the texts that a search finds, best first.
async fn texts(memory: &MemoryView, query: &str) -> Vec<String> {
    let found = memory.recall(query).await.unwrap();
    found.hits.into_iter().map(|hit| hit.text).collect()
}
