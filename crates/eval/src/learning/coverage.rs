//! Coverage of the authors' observations by learned facts.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{input::Observation, words};
use crate::metrics::ratio;

/// Share of an observation's content words above which it counts as covered.
const MOSTLY: f64 = 0.5;

/// Coverage of the authors' observations by learned facts. Only facts that cite a message of the
/// observation are considered. The words of an observation are its content words without the name
/// of its speaker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// Number of observations.
    pub observations: usize,
    /// Share of observations with a fact from one of their messages.
    pub cited: f64,
    /// Share of observations with a fact that has more than half of their words.
    pub covered: f64,
    /// Mean share of an observation's words in its best fact.
    pub words: f64,
    /// Mean share of an observation's words in all of its facts together.
    pub words_of_all: f64,
}

/// A learned fact.
pub(crate) struct Learned {
    /// Ids of its messages in the dataset.
    pub(crate) evidence: Vec<String>,
    pub(crate) words: BTreeSet<String>,
}

/// Observations so far.
#[derive(Default)]
pub(crate) struct Covered {
    observations: usize,
    cited: usize,
    covered: usize,
    words: f64,
    words_of_all: f64,
}

impl Covered {
    pub(crate) fn add(&mut self, observation: &Observation, facts: &[Learned]) {
        let name = words::content(&observation.speaker);
        let wanted = words::content(&observation.text).difference(&name).cloned().collect();
        let is_cited =
            |fact: &&Learned| fact.evidence.iter().any(|turn| observation.evidence.contains(turn));
        let citing: Vec<&Learned> = facts.iter().filter(is_cited).collect();
        let share = |given: &BTreeSet<String>| words::share(&wanted, given).unwrap_or_default();
        let best = citing.iter().map(|fact| share(&fact.words)).fold(0.0, f64::max);
        let all = citing.iter().flat_map(|fact| fact.words.iter().cloned()).collect();
        self.observations += 1;
        self.cited += usize::from(!citing.is_empty());
        self.covered += usize::from(MOSTLY < best);
        self.words += best;
        self.words_of_all += share(&all);
    }

    /// Returns the shares; `None` without observations.
    pub(crate) fn summary(&self) -> Option<Coverage> {
        let count = self.observations;
        (0 < count).then(|| Coverage {
            observations: count,
            cited: ratio(self.cited, count),
            covered: ratio(self.covered, count),
            words: self.words / ratio(count, 1),
            words_of_all: self.words_of_all / ratio(count, 1),
        })
    }
}
