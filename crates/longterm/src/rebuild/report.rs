//! What a rebuild tells: on its way, and at its end.

use std::path::PathBuf;

use aios_record::Identity;

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records that are done.
    pub done: u64,
    /// Of so many; this may grow.
    pub total: u64,
}

/// What [`Longterm::reindex`](crate::Longterm::reindex) did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindexed {
    /// Records in the library now.
    pub records: u64,
    /// Those of them that were embedded by this call.
    pub embedded: u64,
}

/// What [`Longterm::repair`](crate::Longterm::repair) did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repaired {
    /// Records in the library now.
    pub records: u64,
    /// Rows that were left out because their key was there already.
    pub repeated: u64,
    /// Records that the journal does not know; their rows are in
    /// [`unknown_rows`](Self::unknown_rows).
    pub unknown: Vec<Identity>,
    /// A file of JSON lines, a record each.
    pub unknown_rows: Option<PathBuf>,
    /// Records of which nothing could be read.
    pub missing: Vec<Identity>,
    /// Records of which an older version was all that could be read, and is there now.
    pub outdated: Vec<Identity>,
    /// Records of an older journal's library that the journal did not know, and knows now.
    pub adopted: Vec<Identity>,
    /// Records that an older journal still had, and that were deleted since.
    pub gone: Vec<Identity>,
    /// Records that the older journal knows as deleted or forgotten; they stay so.
    pub kept_out: u64,
    /// The old table, in the quarantine. Set if not all of it could be read.
    pub quarantined: Option<PathBuf>,
    /// Rows that could not be read, as far as they can be counted; whoever they were, they are
    /// among the missing, or were of no account.
    pub unreadable: u64,
}

/// What a rebuild has seen.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) embedded: u64,
    pub(super) unreadable: u64,
    pub(super) repaired: Repaired,
}

impl Findings {
    /// Whether part of the old table could not be read.
    pub(super) fn has_unreadable(&self) -> bool {
        0 < self.unreadable || !self.repaired.missing.is_empty()
    }

    /// Notes what the new table holds and lacks.
    pub(super) fn end(&mut self, records: u64, missing: &[String], outdated: &[(String, u128)]) {
        self.repaired.records = records;
        let identity = |key: &String| Identity::decode(key).ok();
        self.repaired.missing = missing.iter().filter_map(identity).collect();
        self.repaired.outdated = outdated.iter().filter_map(|(key, _)| identity(key)).collect();
    }

    /// Notes the keys that were taken over from the table, and those that it lacks.
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
