//! Whether the library holds what the journal says it does, and whether that can be read.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use tokio::task;

use crate::{Error, Longterm, Progress, intake::is_intact, library::Library, vectors::Vectors};

/// Rows that are read at once.
const READ_ROWS: usize = 128;

/// Whether the library holds what the journal says it does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verification {
    /// Keys that were compared.
    pub checked: u64,
    /// Keys that the library should hold and does not, or in a file that cannot be read.
    pub missing: Vec<String>,
    /// Keys that the library holds more than once.
    pub repeated: Vec<String>,
    /// Keys that the library holds and the journal does not know.
    pub unknown: Vec<String>,
    /// Keys whose row cannot be read, or is not what it was, of those that were read.
    pub unreadable: Vec<String>,
    /// Columns whose index cannot be used.
    pub indexes: Vec<String>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings().iter().all(|(_, found)| found.is_empty())
    }

    /// What is wrong, each sort with its name.
    #[must_use]
    pub fn findings(&self) -> [(&'static str, &[String]); 5] {
        [
            ("missing", &self.missing),
            ("twice", &self.repeated),
            ("unknown", &self.unknown),
            ("unreadable", &self.unreadable),
            ("damaged index of", &self.indexes),
        ]
    }
}

/// How much of each row is looked at.
enum Depth<'a> {
    Keys,
    Rows(&'a (dyn Fn(Progress) + Sync)),
}

impl Longterm {
    /// What is damaged in `journal.db`, a line each; nothing where it is sound. A store whose
    /// journal is damaged is to be restored from a backup. Takes as long as reading the file.
    ///
    /// # Errors
    /// [`Error::Journal`] when it cannot be read at all.
    pub async fn journal_damage(&self) -> Result<Vec<String>, Error> {
        self.shared.journal.damage().await
    }

    /// Compares the library's keys with the journal's, and tries each index. Keys that still wait
    /// in the journal are left out, so [`drain`](Longterm::drain) first for a full picture.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] when a store cannot be read.
    pub async fn verify(&self) -> Result<Verification, Error> {
        self.verify_to(Depth::Keys).await
    }

    /// As [`verify`](Longterm::verify), reads every row, and compares it with the hash that it was
    /// written with. `progress` is told how many rows are done.
    ///
    /// # Errors
    /// As [`verify`](Longterm::verify).
    pub async fn verify_rows(
        &self,
        progress: impl Fn(Progress) + Sync,
    ) -> Result<Verification, Error> {
        self.verify_to(Depth::Rows(&progress)).await
    }

    async fn verify_to(&self, depth: Depth<'_>) -> Result<Verification, Error> {
        let places = self.shared.places.clone();
        let pin = task::spawn_blocking(move || places.pin());
        let _pin = pin.await.map_err(|_| Error::Closed)??;
        let held = self.shared.journal.held().await?;
        let mut report =
            Verification { checked: held.keys.len() as u64, ..Verification::default() };
        let mut found = match self.shared.library(held.edition).await? {
            Some(library) => {
                let library = library.pinned(held.edition.version).await?;
                look_at(&library, &self.shared.vectors, &depth, &mut report).await?
            }
            None => Vec::new(),
        };
        found.retain(|key| !held.pending.contains(key));
        found.sort_unstable();
        let repeated = found.windows(2).filter(|pair| pair[0] == pair[1]);
        report.repeated = repeated.map(|pair| pair[0].clone()).collect();
        let found: BTreeSet<String> = found.into_iter().collect();
        report.missing = held.keys.difference(&found).cloned().collect();
        if !report.missing.is_empty() {
            // What was deleted or changed since the journal was read is not missing.
            let now = self.shared.journal.held().await?;
            report.missing.retain(|key| now.keys.contains(key));
        }
        let strangers: Vec<String> = found.difference(&held.keys).cloned().collect();
        // What was stored since the journal was read is no stranger.
        let known = self.shared.journal.known(strangers.clone()).await?.into_iter();
        let unknown = strangers.into_iter().zip(known).filter(|(_, known)| !known);
        report.unknown = unknown.map(|(key, _)| key).collect();
        Ok(report)
    }
}

/// The keys of all rows that can be read. Notes in `report` what is damaged.
async fn look_at(
    library: &Library,
    vectors: &Vectors,
    depth: &Depth<'_>,
    report: &mut Verification,
) -> Result<Vec<String>, Error> {
    let total = library.row_count().await?;
    let mut keys = Vec::new();
    for fragment in library.fragments().await? {
        let stamps = match library.stamps(fragment.id).await {
            Ok(stamps) => stamps,
            Err(error) => {
                tracing::warn!(file = fragment.file, %error, "a file cannot be read");
                continue;
            }
        };
        if let Depth::Rows(progress) = depth {
            for stamps in stamps.chunks(READ_ROWS) {
                let offsets: Vec<u32> = stamps.iter().map(|(offset, _)| *offset).collect();
                let mut readable = library.readable(fragment.id, &offsets).await;
                readable
                    .rows
                    .retain(|(_, row)| !is_intact(row, vectors) || !row.has_sound_vector());
                let mut damaged: HashSet<u32> = readable.damaged.into_iter().collect();
                damaged.extend(readable.rows.iter().map(|(offset, _)| *offset));
                let damaged = stamps.iter().filter(|(offset, _)| damaged.contains(offset));
                report.unreadable.extend(damaged.map(|(_, row)| row.record.key()));
                progress(Progress { done: (keys.len() + stamps.len()) as u64, total });
            }
        }
        keys.extend(stamps.iter().map(|(_, row)| row.record.key()));
    }
    report.indexes = library.damaged_indexes().await?;
    Ok(keys)
}
