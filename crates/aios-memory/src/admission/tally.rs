//! Counts of outcomes, and details of the notable ones.

use std::{collections::BTreeMap, fmt};

use aios_record::Key;
use serde::Serialize;

use super::verdict::{Outcome, Verdict};

/// Maximum number of listed details. Further ones are only counted.
const DETAILS_MAX: usize = 1000;

/// A record of a source with a notable outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// The name of the outcome: `updated`, `conflicting`, `forgotten`, `skipped`, `detached`,
    /// `retired`.
    pub outcome: &'static str,
    /// The line or row, from 1.
    pub line: u64,
    /// The record, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The reason, if there are further details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.outcome)?;
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// A record that differs from an earlier one of its source with the same id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// The line or row, from 1.
    pub line: u64,
    /// The record.
    pub key: Key,
}

/// A malformed part of a record that was corrected or dropped. The record is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mending {
    /// The line or row, from 1.
    pub line: u64,
    /// The affected field, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The problem and its correction.
    pub reason: String,
}

impl fmt::Display for Mending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.field {
            Some(field) => write!(f, "`{field}`: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// Counts of outcomes, and details of those that are neither added nor known.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Number of new records.
    pub added: u64,
    /// Number of records that were already stored.
    pub known: u64,
    /// Number of records that replaced an older version.
    pub updated: u64,
    /// Number of pieces of a former version of the document or message that it no longer has. Their
    /// validity ended.
    pub retired: u64,
    /// Records that differ from an earlier one with the same id, which is kept; the first 1,000.
    pub conflicting: Vec<Conflict>,
    /// Their total number.
    pub conflicting_count: u64,
    /// Number of records that were forgotten before, and not stored.
    pub forgotten: u64,
    /// Number of records that were skipped for a listed reason.
    pub skipped: u64,
    /// Number of records that cannot be stored.
    pub refused: u64,
    /// Details of the records that are neither added nor known nor refused; the first 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Malformed parts of records, with their correction; the first 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<Mending>,
    /// Their total number.
    pub mended_count: u64,
    /// Unrecognised fields that are kept as metadata, by name, with the number of records that have
    /// them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, u64>,
    /// Number of records read.
    pub read: u64,
}

impl Tally {
    /// Counts a verdict. The caller lists the reason of a refusal.
    pub fn count(&mut self, verdict: &Verdict) {
        self.read += 1;
        let Verdict { place, kind, id, outcome } = verdict;
        let reason = match outcome {
            Outcome::Added => return self.added += 1,
            Outcome::Known => return self.known += 1,
            Outcome::Refused(_) => return self.refused += 1,
            Outcome::Detached(reference) => {
                self.added += 1;
                Some(format!("stored without its reference to {reference}, which does not exist"))
            }
            Outcome::Updated => {
                self.updated += 1;
                None
            }
            Outcome::Conflicting => {
                self.conflicting_count += 1;
                if self.conflicting.len() < DETAILS_MAX {
                    let key = Key::new(*kind, id.clone());
                    self.conflicting.push(Conflict { line: *place, key });
                }
                Some("differs from an earlier record with this id, which stays".to_owned())
            }
            Outcome::Forgotten => {
                self.forgotten += 1;
                None
            }
            Outcome::Skipped(reason) => {
                self.skipped += 1;
                Some(reason.clone())
            }
        };
        if self.details.len() < DETAILS_MAX {
            let key = Key::new(*kind, id.clone());
            let key = Some(key);
            self.details.push(Detail { outcome: outcome.name(), line: *place, key, reason });
        }
    }

    /// Counts rows of a source without content to store, the first of them at `line`.
    pub fn skip(&mut self, line: u64, rows: u64, reason: String) {
        self.read += rows;
        self.skipped += rows;
        if self.details.len() < DETAILS_MAX {
            let reason = match rows {
                1 => reason,
                rows => format!("{reason} ({rows} rows)"),
            };
            let (outcome, reason) = ("skipped", Some(reason));
            self.details.push(Detail { outcome, line, key: None, reason });
        }
    }

    /// Counts a record as skipped that was added before and removed since.
    pub fn take_back(&mut self, line: u64, key: Key, reason: String) {
        self.added = self.added.saturating_sub(1);
        self.skipped += 1;
        if self.details.len() < DETAILS_MAX {
            let (outcome, key, reason) = ("skipped", Some(key), Some(reason));
            self.details.push(Detail { outcome, line, key, reason });
        }
    }

    /// Counts a part of a text that was longer in a former reading.
    pub fn retire(&mut self, line: u64, key: Key) {
        self.retired += 1;
        if self.details.len() < DETAILS_MAX {
            let reason = Some("the text is shorter now and no longer has this part".to_owned());
            self.details.push(Detail { outcome: "retired", line, key: Some(key), reason });
        }
    }

    /// Counts a corrected part of a record.
    pub fn mend(&mut self, mending: Mending) {
        self.mended_count += 1;
        if self.mended.len() < DETAILS_MAX {
            self.mended.push(mending);
        }
    }

    /// Adds the counts of another source.
    pub fn add(&mut self, other: Tally) {
        self.added += other.added;
        self.known += other.known;
        self.updated += other.updated;
        self.retired += other.retired;
        self.conflicting_count += other.conflicting_count;
        let room = DETAILS_MAX.saturating_sub(self.conflicting.len());
        self.conflicting.extend(other.conflicting.into_iter().take(room));
        self.forgotten += other.forgotten;
        self.skipped += other.skipped;
        self.refused += other.refused;
        self.read += other.read;
        let room = DETAILS_MAX.saturating_sub(self.details.len());
        self.details.extend(other.details.into_iter().take(room));
        self.mended_count += other.mended_count;
        let room = DETAILS_MAX.saturating_sub(self.mended.len());
        self.mended.extend(other.mended.into_iter().take(room));
        for (name, count) in other.unknown {
            *self.unknown.entry(name).or_default() += count;
        }
    }
}
