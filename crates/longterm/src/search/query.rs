//! A query, analysed and embedded.

pub(super) mod asker;
pub(super) mod asking;
pub(super) mod related;
pub(super) mod spelling;
pub(super) mod when;

use std::collections::HashSet;

use aios_analysis::{Variant, is_run};

use crate::{
    journal::{Corpus, Statistics},
    search::{
        query::{related::RelatedTerm, when::When},
        ranking::{bm25::idf, scale::Scale},
        segments::vectors::Asked,
    },
};

/// Factor of the weight of a pair of characters that lies between two words.
const BETWEEN_WORDS: f64 = 0.2;
/// The most pairs without records that follow each other between two words.
const ABSENT_PAIRS_MAX: usize = 2;

/// A query, analysed and embedded.
#[derive(Debug)]
pub(crate) struct Query {
    /// Each once.
    pub(crate) terms: Vec<String>,
    /// The number of times that the query has each of them.
    pub(crate) counts: Vec<u32>,
    /// The share of the query, 0 to 1, that is not words said over and over, which a vector would
    /// mean above all.
    pub(crate) varied: f64,
    /// For each term, whether a model can make nothing of it: a figure, a word of a date, or a word
    /// with a slip of the pen.
    pub(crate) opaque: Vec<bool>,
    /// The terms that count for others, which differ in signs or spelling.
    pub(crate) variants: Vec<Variant>,
    /// Terms that count only where they are a speaker's name.
    pub(crate) names: Vec<String>,
    /// The words that name the asker or a speaker.
    pub(crate) scope: Vec<String>,
    /// The terms that are related to the query's.
    pub(crate) related: Vec<RelatedTerm>,
    pub(crate) meaning: Meaning,
    pub(crate) when: When,
    /// The terms by which a record may tell when, if the query asks that.
    pub(crate) moments: Vec<String>,
    /// The owners whose records are counted.
    pub(crate) corpus: Corpus,
    pub(crate) statistics: Statistics,
}

impl Query {
    /// The weight of a record's having the term at this place: its rarity, as often as the query
    /// repeats it, unless the query is words said over and over.
    ///
    /// A pair of characters of a script without spaces that no record has counts less between pairs
    /// that records have: it is the end of one word and the beginning of the next.
    pub(crate) fn weight(&self, at: usize) -> f64 {
        let term = &self.terms[at];
        let weight = f64::from(self.counts[at]).powf(self.varied) * idf(&self.statistics, term);
        match self.is_between_words(at) {
            true => BETWEEN_WORDS * weight,
            false => weight,
        }
    }

    /// Returns `true` for a pair of characters that no record has, alone or with one other (around
    /// a particle) between two pairs that records have. An absent word of two characters makes
    /// three.
    fn is_between_words(&self, at: usize) -> bool {
        let counts = &self.statistics.documents_with;
        let is_absent = |at: usize| counts.get(&self.terms[at]).is_none_or(|count| *count == 0);
        let is_followed = |at: usize| {
            let next = self.terms.get(at + 1).and_then(|next| next.chars().next());
            next.is_some() && next == self.terms[at].chars().last()
        };
        if !is_run(&self.terms[at]) || !is_absent(at) {
            return false;
        }
        let (mut first, mut last) = (at, at);
        while last - first < ABSENT_PAIRS_MAX {
            if first == 0 || !is_followed(first - 1) || !is_followed(last) {
                return false;
            }
            match (is_absent(first - 1), is_absent(last + 1)) {
                (true, _) => first -= 1,
                (false, true) => last += 1,
                (false, false) => return true,
            }
        }
        false
    }

    /// The terms and what counts for them, each once.
    pub(crate) fn all_terms(&self) -> Vec<String> {
        let variants = self.variants.iter().map(|variant| &variant.term);
        let mut seen = HashSet::new();
        let all = self.terms.iter().chain(variants).filter(|term| seen.insert(*term));
        all.cloned().collect()
    }
}

/// The meaning of a query.
#[derive(Debug)]
pub(crate) struct Meaning {
    /// All zeros if no word of the query is known to the model.
    pub(crate) vector: Vec<f32>,
    /// The same, to be compared with; `None` if it is all zeros.
    pub(crate) asked: Option<Asked>,
    /// The scale from the query's cosines to likeness.
    pub(crate) scale: Scale,
}

impl Meaning {
    /// That of a query that is not embedded yet.
    pub(crate) fn none() -> Meaning {
        Meaning { vector: Vec::new(), asked: None, scale: Scale::NEUTRAL }
    }
}
