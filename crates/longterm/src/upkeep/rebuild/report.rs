//! Reports of a rebuild: its progress, and its outcome.

use std::path::PathBuf;

use aios_record::Identity;

/// Outcome of [`reindex`](crate::reindex).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindexed {
    /// Records in the library now.
    pub records: u64,
    /// Number of records among them that this call embedded.
    pub embedded: u64,
}

/// Outcome of [`repair`](crate::repair).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repaired {
    /// Records in the library now.
    pub records: u64,
    /// Number of rows that were left out because their key was already present.
    pub repeated: u64,
    /// Records that the journal does not know. Their rows are in
    /// [`unknown_rows`](Self::unknown_rows).
    pub unknown: Vec<Identity>,
    /// File of JSON lines with an export header and one record per line.
    pub unknown_rows: Option<PathBuf>,
    /// Records without a readable row.
    pub missing: Vec<Identity>,
    /// Records with only an older version readable, which the library holds now.
    pub outdated: Vec<Identity>,
    /// Records that an older journal did not know, and that were added to it from the library.
    pub adopted: Vec<Identity>,
    /// Records that an older journal still had, and that were deleted since.
    pub gone: Vec<Identity>,
    /// Number of records that an older journal has as deleted or forgotten. They remain deleted.
    pub kept_out: u64,
    /// Path of the old table in the quarantine. `None` if all of it could be read.
    pub quarantined: Option<PathBuf>,
    /// Number of rows that could not be read, as far as they can be counted. Their records are
    /// missing, or were not needed.
    pub unreadable: u64,
}

/// Findings of a rebuild.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) embedded: u64,
    pub(super) unreadable: u64,
    pub(super) repaired: Repaired,
}

impl Findings {
    /// Returns `true` if part of the old table could not be read.
    pub(super) fn has_unreadable(&self) -> bool {
        0 < self.unreadable || !self.repaired.missing.is_empty()
    }

    /// Records the content of the new table, and what it lacks.
    pub(super) fn end(&mut self, records: u64, missing: &[String], outdated: &[(String, u128)]) {
        self.repaired.records = records;
        let identity = |key: &String| Identity::decode(key).ok();
        self.repaired.missing = missing.iter().filter_map(identity).collect();
        self.repaired.outdated = outdated.iter().filter_map(|(key, _)| identity(key)).collect();
    }

    /// Records the keys that were copied from the table, and those that it lacks.
    pub(super) fn note_adopted(&mut self, adopted: &[String], gone: &[String]) {
        let identity = |key: &String| Identity::decode(key).ok();
        self.repaired.adopted = adopted.iter().filter_map(identity).collect();
        self.repaired.gone = gone.iter().filter_map(identity).collect();
    }

    pub(super) fn into_reindexed(self) -> Reindexed {
        Reindexed { records: self.repaired.records, embedded: self.embedded }
    }

    pub(super) fn into_repaired(self) -> Repaired {
        Repaired { unreadable: self.unreadable, ..self.repaired }
    }
}
