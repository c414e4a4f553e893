//! A rebuild: its purpose, and what it works on.

use std::{fs::File, sync::Arc};

use crate::{Config, intake::Vectors, journal::Journal, owner::Places};
use aios_record::Progress;

/// Purpose of a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// New vectors, files and indexes. No record may be missing.
    Reindex,
    /// Copies every readable row.
    Repair,
    /// As [`Repair`](Purpose::Repair), but the journal is older than the library, which shows what
    /// was stored and deleted since.
    Adopt,
    /// A former version's table gets keys with owners, and the terms of the current analysis. Every
    /// existing row must be readable.
    Upgrade,
}

impl Purpose {
    /// Returns `true` if unreadable rows are left out.
    pub(super) fn saves(self) -> bool {
        matches!(self, Purpose::Repair | Purpose::Adopt)
    }
}

/// Callback for the progress of a rebuild.
pub(super) type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// A rebuild of the library of one data directory.
pub(super) struct Rebuild {
    pub(super) places: Places,
    pub(super) config: Config,
    pub(super) journal: Journal,
    pub(super) vectors: Vectors,
    pub(super) purpose: Purpose,
    pub(super) watch: Watch,
    /// Keeps every other rebuild away.
    pub(super) _alone: File,
}
