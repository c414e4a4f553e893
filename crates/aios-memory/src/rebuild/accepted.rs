//! The databases that a repair accepts although they are older, missing or damaged.

use std::path::PathBuf;

use aios_longterm::Repaired as Found;
use aios_record::Record;

/// Records per page.
pub(super) const PAGE: usize = 500;

/// Databases that were found to be older than the others, missing or damaged, and were accepted.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    pub(super) has_older: bool,
    pub(super) has_older_working: bool,
    /// True if the note of the generations could not be read.
    pub(super) has_lost_note: bool,
    /// True if the journal was missing or empty beside a library.
    pub(super) has_lost_journal: bool,
    /// True if working memory's database was missing or empty.
    pub(super) has_lost_working: bool,
    /// The quarantined database of working memory.
    pub(super) working_aside: Option<PathBuf>,
    /// The records that could be read from it.
    pub(super) salvaged: Vec<Record>,
    /// The quarantined journal.
    pub(super) journal_aside: Option<PathBuf>,
    /// The findings in the library beside an older journal.
    pub(super) found: Found,
}
