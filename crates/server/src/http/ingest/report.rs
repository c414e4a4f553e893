//! The report of an ingest, and its counts while it runs.

use std::collections::BTreeMap;

use aios_memory::{
    Key,
    admission::{Detail as TallyDetail, Tally},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Maximum number of listed reasons and details. Further ones are counted.
pub(super) const LISTED_MAX: usize = 1_000;

/// The outcome of an import.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = IngestReport)]
pub(crate) struct Report {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// Malformed parts of records that were corrected or dropped.
    mended: u64,
    /// Number of conversations.
    sessions: u64,
    /// Unrecognised fields that are kept as metadata, by name, with the number of their records.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unknown: BTreeMap<String, u64>,
    /// Records that are neither added nor known nor refused; the first 1,000.
    details: Vec<Detail>,
    /// Refused lines; the first 1,000.
    failed: Vec<Failed>,
    /// Number of refused lines.
    failed_count: u64,
}

/// Numbers of records. Stored records are durable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IngestCounts)]
pub(crate) struct Counts {
    /// Records read.
    pub(super) read: u64,
    /// New records.
    pub(super) added: u64,
    /// Records that were already stored.
    pub(super) known: u64,
    /// Records that replaced an older version.
    pub(super) updated: u64,
    /// Parts of a text that its new version no longer has.
    pub(super) retired: u64,
    /// Records that had been forgotten and were not stored.
    pub(super) forgotten: u64,
    /// Records that were skipped for a listed reason.
    pub(super) skipped: u64,
    /// Records that differ from an earlier one with the same id in this stream.
    pub(super) conflicting: u64,
    /// Records that could not be stored.
    pub(super) refused: u64,
}

/// A record with a notable outcome.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IngestDetail)]
struct Detail {
    /// Name of the file, if the body has several parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: u64,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A line that was refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IngestFailure)]
pub(super) struct Failed {
    /// Name of the file, if the body has several parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// Line number, from 1; absent if the whole file was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    pub(super) error: String,
}

impl Counts {
    pub(super) fn of(tally: &Tally) -> Counts {
        Counts {
            read: tally.read,
            added: tally.added,
            known: tally.known,
            updated: tally.updated,
            retired: tally.retired,
            forgotten: tally.forgotten,
            skipped: tally.skipped,
            conflicting: tally.conflicting_count,
            refused: tally.refused,
        }
    }

    pub(super) fn plus(self, other: Counts) -> Counts {
        Counts {
            read: self.read + other.read,
            added: self.added + other.added,
            known: self.known + other.known,
            updated: self.updated + other.updated,
            retired: self.retired + other.retired,
            forgotten: self.forgotten + other.forgotten,
            skipped: self.skipped + other.skipped,
            conflicting: self.conflicting + other.conflicting,
            refused: self.refused + other.refused,
        }
    }
}

impl Report {
    /// Adds the outcome of a file, or of the only body.
    pub(super) fn add(&mut self, file: Option<&str>, tally: Tally, sessions: u64) {
        self.counts = self.counts.plus(Counts::of(&tally));
        self.mended += tally.mended_count;
        self.sessions += sessions;
        for (name, count) in tally.unknown {
            *self.unknown.entry(name).or_default() += count;
        }
        let details = tally.details.into_iter().map(|it| Detail::of(file, it));
        self.details.extend(details.take(LISTED_MAX.saturating_sub(self.details.len())));
    }

    /// Adds refused lines: `count` of them, some with their reasons.
    pub(super) fn add_failed(&mut self, failed: impl IntoIterator<Item = Failed>, count: u64) {
        self.failed_count += count;
        self.failed.extend(failed.into_iter().take(LISTED_MAX - self.failed.len().min(LISTED_MAX)));
    }

    /// Returns the report for a repeated call, without reasons, which may quote a text.
    pub(super) fn without_reasons(&self) -> Report {
        let mut report = self.clone();
        report.details.iter_mut().for_each(|detail| detail.reason = None);
        // The caller chose the names of fields.
        report.unknown.clear();
        for failed in &mut report.failed {
            failed.error = "refused; the first answer has the reason".to_owned();
        }
        report
    }
}

impl Detail {
    fn of(file: Option<&str>, detail: TallyDetail) -> Detail {
        let TallyDetail { outcome, line, key, reason } = detail;
        Detail {
            file: file.map(str::to_owned),
            line,
            outcome: outcome.to_owned(),
            key: key.as_ref().map(Key::to_string),
            reason,
        }
    }
}
