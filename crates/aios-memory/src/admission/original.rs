//! The parts of a record by which copies of it in other sessions are recognised.

use aios_draft::moment;
use aios_record::{Record, Timestamp, forms};

use super::{
    arrival::{Arrival, Content},
    candidate::Candidate,
};

/// A record with an id of its provider.
#[derive(Debug, Clone)]
pub(super) struct Original {
    pub(super) session: Option<String>,
    /// Hash of the normalised text.
    text: blake3::Hash,
    said_at: Option<Timestamp>,
}

impl Original {
    pub(super) fn of(candidate: &Candidate) -> Original {
        Original {
            session: candidate.arrival.scope.session.clone(),
            text: hash(&candidate.draft.text),
            said_at: said_at(&candidate.arrival),
        }
    }

    pub(super) fn of_record(record: &Record) -> Original {
        Original {
            session: record.scope.session.clone(),
            text: hash(&record.text),
            said_at: record.occurred_at,
        }
    }

    /// Returns `true` if both have the same text and the same, known time.
    pub(super) fn is_copied_by(&self, other: &Original) -> bool {
        self.text == other.text && self.said_at.is_some() && self.said_at == other.said_at
    }
}

fn said_at(arrival: &Arrival) -> Option<Timestamp> {
    match &arrival.content {
        Content::Message(message) => message.timestamp,
        Content::Fields(fields) => moment::from_json(fields.get("timestamp")?).ok(),
        Content::Record(record) => record.occurred_at,
    }
}

fn hash(text: &str) -> blake3::Hash {
    blake3::hash(forms::same(text).as_bytes())
}
