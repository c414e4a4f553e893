//! Tests of the library through its public interface, on real files in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backup;
mod context;
mod documents;
mod events;
mod export;
mod feed;
mod forget;
mod forgotten;
mod forgotten_parts;
mod formats;
mod import;
mod ingest;
mod lifecycle;
mod owners;
mod places;
#[cfg(feature = "pull")]
mod pull;
mod purged;
mod read_only;
#[cfg(feature = "families")]
mod rerank;
mod together;
mod update;

use std::{fs, io, path::Path};

use aios_memory::{AgentMemory, Config, MemoryView, Scope, SearchOptions};
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

/// Returns the content of a file; `None` if background work has removed it meanwhile.
fn content(path: &Path) -> Option<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => Some(read.unwrap()),
    }
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
    let found = memory.recall(query, &SearchOptions::default()).await.unwrap();
    found.hits.into_iter().map(|hit| hit.text).collect()
}
