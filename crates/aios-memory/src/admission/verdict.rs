//! The outcome for one arrival.

use aios_record::{Id, Identity, Kind};

use super::{arrival::Arrival, refusal::Refusal};

/// The reason for skipping a record that is stored with other content.
pub(super) const DIFFERS: &str = "another record with this id is stored already and stays";

/// The outcome for one arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The line or row of its source, from 1.
    pub place: u64,
    /// The kind of the record.
    pub kind: Kind,
    /// The id under which the record is stored.
    pub id: Id,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome for one arriving record.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A new record, stored.
    Added,
    /// A new record, stored without a reference to a record that is missing here.
    Detached(Identity),
    /// Replaced an older version, which is in the history.
    Updated,
    /// The same record is already stored.
    Known,
    /// Differs from an earlier record of its source with the same id. The first one is kept.
    Conflicting,
    /// Forgotten before, and not stored.
    Forgotten,
    /// Skipped for this reason. Nothing is lost.
    Skipped(String),
    /// Cannot be stored, for this reason.
    Refused(Refusal),
}

impl Outcome {
    /// Returns the name of the outcome in reports.
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

impl Verdict {
    /// Returns the verdict of an arrival that passes all checks.
    pub(super) fn pending(arrival: &Arrival) -> Verdict {
        Verdict {
            place: arrival.place,
            kind: arrival.kind,
            id: arrival.id.clone(),
            outcome: Outcome::Added,
        }
    }
}
