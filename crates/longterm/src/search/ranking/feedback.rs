//! Pseudo-relevance feedback: the terms that the first hits share count for the rest (Rocchio,
//! "Relevance Feedback in Information Retrieval", 1971), as far as these hits answer the query.
//! First hits that do not are no evidence of what is meant: their words would draw in more of the
//! same.

use std::collections::BTreeMap;

use crate::{
    journal::Statistics,
    search::ranking::{
        bm25::{idf, saturated},
        counts::count,
        score::{Scored, Scorer},
    },
};

/// The number of first hits that give feedback.
const ROWS: usize = 5;
/// The number of them that must share a term.
const ROWS_SHARED: usize = 2;
const TERMS_MAX: usize = 10;
/// A shorter record counts as this long, so that one word is not all of it.
const LENGTH_MIN: f64 = 5.0;
/// The mean likeness of the first hits from which on they count, and how much more counts fully.
const LIKENESS_MIN: f64 = 0.78;
const LIKENESS_FULL: f64 = 0.45;

impl Scorer<'_> {
    /// The degree, 0 to 1, to which the first of `ranked` are taken to answer the query.
    fn trust(&self, ranked: &[Scored]) -> f64 {
        let first = &ranked[..ROWS.min(ranked.len())];
        let sum: f64 = first.iter().map(|scored| self.own_likeness(scored.at)).sum();
        ((sum / first.len() as f64 - LIKENESS_MIN) / LIKENESS_FULL).clamp(0.0, 1.0)
    }

    /// The terms that the first of `ranked` share, and that neither ask nor name a speaker; none if
    /// these hits do not answer the query.
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

    /// `ranked` again, with the feedback of `terms`, whose statistics are given.
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
