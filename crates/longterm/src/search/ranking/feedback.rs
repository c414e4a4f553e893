//! Pseudo-relevance feedback: the terms that the first hits share count for all rows (Rocchio,
//! "Relevance Feedback in Information Retrieval", 1971), to the degree that these hits answer the
//! query. Terms of hits that do not answer it would only raise more rows like them.

use std::collections::BTreeMap;

use crate::{
    journal::Statistics,
    search::ranking::{
        bm25::{idf, saturated},
        counts::count,
        score::{Scored, Scorer},
    },
};

/// Number of first hits that give feedback.
const ROWS: usize = 5;
/// Number of these hits that must share a term.
const ROWS_SHARED: usize = 2;
const TERMS_MAX: usize = 10;
/// Minimum length that a record counts with, so that a single word does not dominate.
const LENGTH_MIN: f64 = 5.0;
/// Mean likeness of the first hits from which they count, and the distance above it at which they
/// count fully.
const LIKENESS_MIN: f64 = 0.78;
const LIKENESS_FULL: f64 = 0.45;

impl Scorer<'_> {
    /// Returns the degree, 0 to 1, to which the first of `ranked` seem to answer the query.
    fn trust(&self, ranked: &[Scored]) -> f64 {
        let first = &ranked[..ROWS.min(ranked.len())];
        let sum: f64 = first.iter().map(|scored| self.own_likeness(scored.at)).sum();
        ((sum / first.len() as f64 - LIKENESS_MIN) / LIKENESS_FULL).clamp(0.0, 1.0)
    }

    /// Returns the terms that the first of `ranked` share, without question words and names of
    /// speakers. Empty if these hits do not answer the query.
    pub(crate) fn shared_terms(
        &self,
        ranked: &[Scored],
        asks: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        if ranked.len() <= ROWS || self.weights.feedback == 0.0 || self.trust(ranked) <= 0.0 {
            return Vec::new();
        }
        let mut rows_with: BTreeMap<&str, usize> = BTreeMap::new();
        for scored in &ranked[..ROWS] {
            for (term, _) in self.bag(scored.at) {
                *rows_with.entry(self.names.terms.text(*term)).or_default() += 1;
            }
        }
        let shared = rows_with.into_iter().filter(|(term, rows)| {
            ROWS_SHARED <= *rows && !asks(term) && !self.speakers.all.contains(*term)
        });
        shared.map(|(term, _)| term.to_owned()).collect()
    }

    /// Ranks again with the feedback of `terms`, which have the given statistics.
    pub(crate) fn rank_with_feedback(
        &self,
        mut ranked: Vec<Scored>,
        terms: &[String],
        statistics: &Statistics,
    ) -> Vec<Scored> {
        let weight = self.weights.feedback * self.trust(&ranked);
        let first: Vec<usize> = ranked.iter().take(ROWS).map(|scored| scored.at).collect();
        let mut weighted: Vec<(f64, &str, Option<u32>)> = terms
            .iter()
            .map(|term| {
                let number = self.names.terms.find(term);
                let share =
                    |at: &usize| count(self.bag(*at), number) / self.length(*at).max(LENGTH_MIN);
                let mean = first.iter().map(share).sum::<f64>() / first.len() as f64;
                let idf = idf(statistics, term);
                (mean * idf * idf, term.as_str(), number)
            })
            .collect();
        weighted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        weighted.truncate(TERMS_MAX);
        let most: f64 = weighted.iter().map(|(weight, ..)| weight).sum();
        if most <= 0.0 {
            return ranked;
        }
        for scored in &mut ranked {
            let (bag, length) = (self.bag(scored.at), self.length(scored.at));
            let gain = |(weight, _, term): &(f64, &str, Option<u32>)| {
                weight * saturated(count(bag, *term), length, self.words_mean)
            };
            let share = weighted.iter().map(gain).sum::<f64>() / most;
            scored.explanation.feedback = weight * share;
            scored.score = scored.explanation.total();
        }
        self.sorted(ranked)
    }
}
