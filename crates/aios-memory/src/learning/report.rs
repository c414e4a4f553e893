//! Reports and counts of learning.

use std::sync::atomic::{AtomicU64, Ordering};

use aios_record::{Key, Kind};
use aios_working::FactReport;
use serde::Serialize;

/// The outcome of learning from messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LearnReport {
    /// Number of facts that are new.
    pub added: u64,
    /// Number of facts that were stated again.
    pub updated: u64,
    /// Number of facts that ended.
    pub superseded: u64,
    /// Number of messages that state no new fact.
    pub ignored: u64,
    /// Number of refused statements and messages. A statement is refused if its value was rejected,
    /// the guard found a secret or an injection, or it ended before 1970. A message is refused if
    /// its facts cannot be stored for another reason, which is logged.
    pub refused: u64,
    /// Keys of the facts that are new or were stated again.
    pub facts: Vec<Key>,
    /// The messages that could not be stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedMessage>,
}

impl LearnReport {
    /// Adds another report to this one.
    pub fn merge(&mut self, other: LearnReport) {
        self.added += other.added;
        self.updated += other.updated;
        self.superseded += other.superseded;
        self.ignored += other.ignored;
        self.refused += other.refused;
        self.facts.extend(other.facts);
        self.failed.extend(other.failed);
    }

    /// Adds the outcome for the messages of one owner.
    pub(crate) fn add(&mut self, learned: Learned) {
        let Learned { report, ignored, refused } = learned;
        self.added += report.added.len() as u64;
        self.updated += report.updated.len() as u64;
        self.superseded += report.superseded.len() as u64;
        self.refused += refused + report.rejected;
        self.ignored += ignored;
        let ids = report.added.into_iter().chain(report.updated);
        self.facts.extend(ids.map(|id| Key::new(Kind::Fact, id)));
    }
}

/// The outcome for messages of one owner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learned {
    pub(super) report: FactReport,
    pub(super) ignored: u64,
    pub(super) refused: u64,
}

/// A message that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedMessage {
    /// The position of the message among the given ones, from 1.
    pub line: u64,
    /// The reason.
    pub error: String,
}

/// Learning counts of a process since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LearnStats {
    /// True if messages are learned from as they are stored.
    pub auto: bool,
    /// Number of messages that were read.
    pub messages: u64,
    /// Number of messages that state no new fact.
    pub ignored: u64,
    /// Number of facts that were added.
    pub added: u64,
    /// Number of facts that were stated again.
    pub updated: u64,
    /// Number of facts that ended.
    pub superseded: u64,
    /// Number of statements that were refused.
    pub refused: u64,
}

/// Counters behind [`LearnStats`].
#[derive(Debug, Default)]
pub(super) struct Counts {
    messages: AtomicU64,
    ignored: AtomicU64,
    added: AtomicU64,
    updated: AtomicU64,
    superseded: AtomicU64,
    refused: AtomicU64,
}

impl Counts {
    pub(super) fn add(&self, messages: u64, learned: &Learned) {
        let Learned { report, ignored, refused } = learned;
        // ORDERING: the counts are independent of each other and of anything else.
        let add = |count: &AtomicU64, by: u64| count.fetch_add(by, Ordering::Relaxed);
        add(&self.messages, messages);
        add(&self.ignored, *ignored);
        add(&self.refused, refused + report.rejected);
        add(&self.added, report.added.len() as u64);
        add(&self.updated, report.updated.len() as u64);
        add(&self.superseded, report.superseded.len() as u64);
    }

    pub(super) fn stats(&self, auto: bool) -> LearnStats {
        // ORDERING: as in `add`.
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        LearnStats {
            auto,
            messages: get(&self.messages),
            ignored: get(&self.ignored),
            added: get(&self.added),
            updated: get(&self.updated),
            superseded: get(&self.superseded),
            refused: get(&self.refused),
        }
    }
}
