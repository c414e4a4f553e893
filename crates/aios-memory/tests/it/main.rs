//! The memory as a library, through its public interface, on real files in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backup;
mod context;
mod events;
mod export;
mod feed;
mod forget;
mod import;
mod ingest;
mod lifecycle;
#[cfg(feature = "pull")]
mod pull;

use aios_memory::{AgentMemory, Config, SearchOptions};
use tempfile::TempDir;

/// A memory in a directory of its own.
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

/// The texts that a search finds, best first.
async fn texts(memory: &AgentMemory, query: &str) -> Vec<String> {
    let found = memory.recall(query, &SearchOptions::default()).await.unwrap();
    found.hits.into_iter().map(|hit| hit.text).collect()
}
