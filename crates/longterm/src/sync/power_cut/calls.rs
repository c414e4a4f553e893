//! Calls of a simulation, and the content that they lead to.

use std::collections::{BTreeMap, BTreeSet, HashSet};

/// End of every text, followed by a number that no other text has.
pub(super) const MARK: &str = "number";

/// Calls in order, since a moment with known content.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    pub(super) made: Vec<Call>,
    /// The numbers of the purged texts.
    pub(super) purged: HashSet<String>,
}

/// The changes of one call: ids, each with its text, or `None` if it is removed.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) changes: Vec<(String, Option<String>)>,
    pub(super) is_purge: bool,
}

impl Calls {
    pub(super) fn holding(held: BTreeMap<String, String>, purged: HashSet<String>) -> Calls {
        let changes = held.into_iter().map(|(id, text)| (id, Some(text))).collect();
        Calls { made: vec![Call { changes, is_purge: false }], purged }
    }

    pub(super) fn ids(&self) -> BTreeSet<String> {
        let changes = self.made.iter().flat_map(|call| &call.changes);
        changes.map(|(id, _)| id.clone()).collect()
    }

    /// Returns the content after the first `count` calls.
    pub(super) fn state_after(&self, count: usize) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for (id, text) in self.made[..count].iter().flat_map(|call| &call.changes) {
            match text {
                Some(text) => state.insert(id.clone(), text.clone()),
                None => state.remove(id),
            };
        }
        state
    }

    /// Returns the numbers of all texts that the ids of the last call had, if that is a purge.
    pub(super) fn of_the_last(&self) -> HashSet<String> {
        let Some(last) = self.made.last().filter(|call| call.is_purge) else {
            return HashSet::new();
        };
        let changes = self.made.iter().flat_map(|call| &call.changes);
        let of = changes.filter(|(id, _)| last.changes.iter().any(|(purged, _)| purged == id));
        let texts = of.filter_map(|(_, text)| text.as_deref());
        texts.filter_map(|text| Some(text.rsplit_once(MARK)?.1.to_owned())).collect()
    }

    /// As [`of_the_last`](Calls::of_the_last), if `held` shows that the call took effect, since it
    /// may have been interrupted.
    pub(super) fn purged_by_the_last(&self, held: &BTreeMap<String, String>) -> HashSet<String> {
        let before = self.state_after(self.made.len().saturating_sub(1));
        let after = self.state_after(self.made.len());
        if before != after && after == *held { self.of_the_last() } else { HashSet::new() }
    }
}
