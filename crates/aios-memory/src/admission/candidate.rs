//! Arrivals between the steps of an admission.

use std::collections::HashSet;

use aios_longterm::LongtermView;
use aios_record::{Identity, Owner, Record};
use aios_working::WorkingView;

use super::arrival::Arrival;

/// The tiers of one owner, without shared records.
#[derive(Clone)]
pub(super) struct Tiers {
    pub(super) working: WorkingView,
    pub(super) longterm: LongtermView,
}

/// An arrival that has passed the checks so far, with the index of its verdict.
pub(super) struct Candidate {
    pub(super) at: usize,
    pub(super) owner: Owner,
    pub(super) arrival: Arrival,
    /// The record to be stored, as far as it is known at this point.
    pub(super) draft: Record,
}

impl Candidate {
    pub(super) fn identity(&self) -> Identity {
        Identity::new(self.owner.clone(), self.arrival.kind, self.arrival.id.clone())
    }
}

/// An arrival to be stored, with the index of its verdict.
pub(super) struct Ready {
    pub(super) at: usize,
    pub(super) owner: Owner,
    /// True if it replaces a stored older version.
    pub(super) is_update: bool,
    pub(super) arrival: Arrival,
}

/// Returns the indexes of each owner's candidates, with owners in the order of their first
/// candidate.
pub(super) fn by_owner(candidates: &[Candidate]) -> Vec<(Owner, Vec<usize>)> {
    let mut owners: Vec<(Owner, Vec<usize>)> = Vec::new();
    let mut known: HashSet<&Owner> = HashSet::new();
    for (at, Candidate { owner, .. }) in candidates.iter().enumerate() {
        if known.insert(owner) {
            owners.push((owner.clone(), Vec::new()));
        }
        let places = owners.iter_mut().find(|(known, _)| known == owner);
        places.expect("it was added").1.push(at);
    }
    owners
}
