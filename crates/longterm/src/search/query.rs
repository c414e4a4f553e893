//! A query, analysed and embedded.

pub(super) mod asker;
pub(super) mod asking;
pub(super) mod related;
pub(super) mod spelling;
pub(in crate::search) mod when;

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

/// Factor of the weight of a pair of characters across the boundary of two words.
const BETWEEN_WORDS: f64 = 0.2;
/// Maximum number of consecutive pairs without records between two words.
const ABSENT_PAIRS_MAX: usize = 2;

/// A query, analysed and embedded.
#[derive(Debug)]
pub(crate) struct Query {
    /// Terms, each once.
    pub(crate) terms: Vec<String>,
    /// Number of times that the query has each term.
    pub(crate) counts: Vec<u32>,
    /// Share of the query that is not repeated words, 0 to 1. Repeated words would dominate its
    /// vector.
    pub(crate) varied: f64,
    /// True for each term that a model does not know: a figure, a word of a date, or a misspelt
    /// word.
    pub(crate) opaque: Vec<bool>,
    /// Terms that count for others from which they differ in signs or spelling.
    pub(crate) variants: Vec<Variant>,
    /// Terms that count only as names of speakers.
    pub(crate) names: Vec<String>,
    /// Words that name the asker or a speaker.
    pub(crate) scope: Vec<String>,
    /// Terms related to those of the query.
    pub(crate) related: Vec<RelatedTerm>,
    pub(crate) meaning: Meaning,
    pub(crate) when: When,
    /// Terms by which a record may state a time, if the query asks for one.
    pub(crate) moments: Vec<String>,
    /// Owners whose records are counted.
    pub(crate) corpus: Corpus,
    pub(crate) statistics: Statistics,
}

impl Query {
    /// Returns the weight of the term at this index: its rarity, times its count in the query
    /// unless the query consists of repeated words.
    ///
    /// In a script without spaces, a pair of characters that no record has counts less between
    /// pairs that records have, because it is the end of one word and the beginning of the next.
    pub(crate) fn weight(&self, at: usize) -> f64 {
        let term = &self.terms[at];
        let weight = f64::from(self.counts[at]).powf(self.varied) * idf(&self.statistics, term);
        match self.is_between_words(at) {
            true => BETWEEN_WORDS * weight,
            false => weight,
        }
    }

    /// Returns `true` for a pair of characters that no record has and that is, alone or with one
    /// other such pair (around a particle), between two pairs that records have. A missing word of
    /// two characters produces three such pairs.
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

    /// Returns the terms and their variants, each once.
    pub(crate) fn all_terms(&self) -> Vec<String> {
        let variants = self.variants.iter().map(|variant| &variant.term);
        let mut seen = HashSet::new();
        let all = self.terms.iter().chain(variants).filter(|term| seen.insert(*term));
        all.cloned().collect()
    }
}

/// Meaning of a query.
#[derive(Debug)]
pub(crate) struct Meaning {
    /// Vector of the query; all zeros if the model knows none of its words.
    pub(crate) vector: Vec<f32>,
    /// The vector in the form that rows are compared with; `None` if it is all zeros.
    pub(crate) asked: Option<Asked>,
    /// Scale from the query's cosines to likeness.
    pub(crate) scale: Scale,
}

impl Meaning {
    /// Returns the meaning of a query that is not embedded yet.
    pub(crate) fn none() -> Meaning {
        Meaning { vector: Vec::new(), asked: None, scale: Scale::NEUTRAL }
    }
}
