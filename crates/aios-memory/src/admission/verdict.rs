//! The outcome for one arrival.

use std::fmt;

use aios_record::{Id, Identity, Kind, Remedy};

use super::arrival::Arrival;
use crate::Error;

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
    /// Differs from an earlier record of its source with the same id; the first one stays.
    Conflicting,
    /// Forgotten before, and not stored.
    Forgotten,
    /// Skipped for this reason. Nothing is lost.
    Skipped(String),
    /// Cannot be stored, for this reason.
    Refused(Refusal),
}

/// The reason for which a record or a part of an input is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: String,
    /// The next step, if the reason does not show it.
    pub remedy: Option<Remedy>,
}

impl Refusal {
    /// Returns a refusal with a next step.
    #[must_use]
    pub fn with_remedy(self, remedy: Remedy) -> Refusal {
        Refusal { remedy: Some(remedy), ..self }
    }
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Refusal {
        Refusal { reason: error.to_string(), remedy: error.remedy() }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Refusal {
        Refusal { reason, remedy: None }
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Refusal {
        Refusal { reason: reason.to_owned(), remedy: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
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
