//! Outcomes of arrivals, and their counts.

use std::{collections::BTreeMap, fmt};

use aios_record::{Identity, Key};
use serde::Serialize;

use super::Verdict;

/// The most details that a tally lists; more are only counted.
const DETAILS_MAX: usize = 1000;

/// The outcome for one record that came in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is new and stored.
    Added,
    /// It is new and stored without a reference to a record that is not here.
    Detached(Identity),
    /// It replaced an older version, which is in the history.
    Updated,
    /// The same is stored already.
    Known,
    /// Its source has something else under the same id before it; the first stays.
    Conflicting,
    /// It was forgotten and stays so.
    Forgotten,
    /// It was left out for this reason; nothing is lost.
    Skipped(String),
    /// It cannot be stored, for this reason.
    Refused(String),
}

impl Outcome {
    /// The name of the outcome in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Detached(_) => "detached",
            Outcome::Updated => "updated",
            Outcome::Known => "known",
            Outcome::Conflicting => "conflicting",
            Outcome::Forgotten => "forgotten",
            Outcome::Skipped(_) => "skipped",
            Outcome::Refused(_) => "refused",
        }
    }
}

/// One record of a source whose outcome a person may want to see.
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
    /// The reason, if there is more to say.
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

/// A record that differs from one before it in its source with the same id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// The line or row, from 1.
    pub line: u64,
    /// The record.
    pub key: Key,
}

/// A part of a record that was odd, and was mended or left out. The record is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mending {
    /// The line or row, from 1.
    pub line: u64,
    /// The field, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The oddity, and what was made of it.
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

/// Counts of outcomes, and the places of those that are neither added nor known.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Records that are new.
    pub added: u64,
    /// Records that are stored already.
    pub known: u64,
    /// Records that replaced an older version.
    pub updated: u64,
    /// Pieces of a former version of the document or message, which it has no more: their validity
    /// ended.
    pub retired: u64,
    /// Records that differ from one before them with the same id, which stays; the first 1,000.
    pub conflicting: Vec<Conflict>,
    /// The number of these.
    pub conflicting_count: u64,
    /// Records that were forgotten, which stay so.
    pub forgotten: u64,
    /// Records that were left out for a reason that is listed.
    pub skipped: u64,
    /// Records that cannot be stored.
    pub refused: u64,
    /// The places of the records that are neither added nor known nor refused; the first 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Parts of records that were odd, and what was made of them; the first 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<Mending>,
    /// The number of these.
    pub mended_count: u64,
    /// Fields that were not understood and are kept as metadata, by name, with the number of
    /// records that have them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, u64>,
    /// Records that were read.
    pub read: u64,
}

impl Tally {
    /// Counts a verdict. The reason of a refusal is the caller's to list.
    pub(crate) fn count(&mut self, verdict: &Verdict) {
        self.read += 1;
        let Verdict { place, kind, id, outcome } = verdict;
        let reason = match outcome {
            Outcome::Added => return self.added += 1,
            Outcome::Known => return self.known += 1,
            Outcome::Refused(_) => return self.refused += 1,
            Outcome::Detached(reference) => {
                self.added += 1;
                Some(format!("stored without its reference to {reference}, which is not here"))
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
                Some("it differs from the record of this id before it, which stays".to_owned())
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

    /// Counts rows of a source that have nothing to store, the first of them at `line`.
    pub(crate) fn skip(&mut self, line: u64, rows: u64, reason: String) {
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

    /// Counts a part of a text that was longer at a former reading.
    pub(crate) fn retire(&mut self, line: u64, key: Key) {
        self.retired += 1;
        if self.details.len() < DETAILS_MAX {
            let reason = Some("the text is shorter now and has no such part".to_owned());
            self.details.push(Detail { outcome: "retired", line, key: Some(key), reason });
        }
    }

    /// Counts a part of a record that was odd.
    pub(crate) fn mend(&mut self, mending: Mending) {
        self.mended_count += 1;
        if self.mended.len() < DETAILS_MAX {
            self.mended.push(mending);
        }
    }

    /// Adds the counts of another source.
    pub(crate) fn add(&mut self, other: Tally) {
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
