//! Tests of the library through its public interface, on real files in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acceptance;
mod admission;
mod backup;
mod context;
mod events;
mod facts;
mod feed;
mod files;
mod forget;
mod graph;
mod kinds;
mod lifecycle;
mod orchestrator;
mod places;
mod read_only;
mod report;
#[cfg(feature = "families")]
mod rerank;
mod scheduled;
mod together;
mod update;
mod work;

use aios_memory::{AgentMemory, Config, MemoryView, Scope};
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
        Config::at(self.dir.path().join("memory"))
    }

    async fn open(&self) -> AgentMemory {
        AgentMemory::open(self.config()).await.unwrap()
    }
}

/// Returns the view of a user.
fn of(memory: &AgentMemory, user: &str) -> MemoryView {
    memory.for_user(user).unwrap()
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
