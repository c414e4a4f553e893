//! Ranking of rows by words, without reading every row that has a common word.
//!
//! FTS5's BM25 reads the whole posting list of each word and scores each row that has any of them:
//! the cost of a common word grows with the table, and the words of all owners count. Here only the
//! visible part of the index is read, and rare words propose the rows.
//!
//! 1. Look up each word, up to [`ROWS_MAX`] rows. The rarest words propose rows while their rows
//!    together do not exceed that number; every row with one of them is scored by BM25.
//! 2. Each further word adds to the score of the proposed rows that contain it. Its weight is that
//!    of BM25 among the proposed rows, as if it occurred once in each.
//! 3. If that is not enough, or no word is rare, the newest rows of each part with all words are
//!    proposed, then the newest rows with any word, in windows of growing length, until every match
//!    is found.
//!
//! In a table of few rows, every word is rare and the order is that of BM25.
//!
//! This BM25 takes the number of texts from the visible parts, the number of texts with a word from
//! the rows looked up, the mean length from the proposed rows, and the occurrences of a word in a
//! text, up to [`TIMES_MAX`](super::words::TIMES_MAX), from the column of repeated words.

use std::collections::{HashMap, HashSet};

use aios_analysis::Query;
use aios_record::Kind;

use super::{
    documents::age_of,
    postings::{Postings, ROWS_MAX, Term, count},
    spelling,
};
use crate::{Error, access::Access};

/// Growth factor of the windows.
const WINDOW_GROWTH: i64 = 4;
/// BM25's parameters of repetition and length, as in FTS5.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Passes the documents with any term of `query`, or a variant of one, to `take`, best first, until
/// it returns false.
pub(super) fn ranked(
    access: &Access<'_>,
    query: &Query,
    kinds: &[Kind],
    take: impl FnMut(i64, f64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let index = Postings::new(access, kinds)?;
    let mut terms = spelling::looked_up(&index, access.config.analyzer(), query)?;
    if terms.is_empty() {
        return Ok(());
    }
    let (mut rows, mut telling) = (0, 0);
    while let Some(term) = terms.get(telling)
        && rows + term.documents.len() <= ROWS_MAX as usize
    {
        rows += term.documents.len();
        telling += 1;
    }
    let common = terms.split_off(telling);
    let common: Vec<&str> = common.iter().map(|term| term.any.as_str()).collect();
    let mut taker = Taker { take, seen: HashSet::new(), score: f64::INFINITY };
    let proposed = if terms.is_empty() {
        let newest = index.newest(&common.join(" AND "), &index.ranges, ROWS_MAX)?;
        newest.documents.into_iter().map(|document| (document, 1.0)).collect()
    } else {
        let mut proposed = scored(&index, &terms)?;
        let telling: Vec<&str> = terms.iter().map(|term| term.any.as_str()).collect();
        let telling = telling.join(" OR ");
        for term in &common {
            let also = index.listed(&format!("({telling}) AND {term}"), &index.ranges, i64::MAX)?;
            add(&mut proposed, &also);
        }
        proposed
    };
    if !taker.offer(proposed)? {
        return Ok(());
    }
    windows(&index, &common, &mut taker)
}

/// Proposes the rows with any of the common terms, the newest of each part first.
fn windows<F>(index: &Postings<'_>, common: &[&str], taker: &mut Taker<F>) -> Result<(), Error>
where
    F: FnMut(i64, f64) -> Result<bool, Error>,
{
    let (query, mut length) = (common.join(" OR "), ROWS_MAX);
    let mut left = if common.is_empty() { Vec::new() } else { index.ranges.clone() };
    while !left.is_empty() {
        let newest = index.newest(&query, &left, length)?;
        let mut proposed = newest.documents.iter().map(|document| (*document, 0.0)).collect();
        for term in common {
            add(&mut proposed, &index.listed(term, &newest.among, i64::MAX)?);
        }
        if !taker.offer(proposed)? {
            return Ok(());
        }
        (left, length) = (newest.left, length.saturating_mul(WINDOW_GROWTH));
    }
    Ok(())
}

/// Returns the weight of a word that `having` of `all` documents contain. Never below 0, unlike the
/// textbook formula: see Lucene's BM25Similarity.
fn weight(having: f64, all: f64) -> f64 {
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

/// Adds the weight of a word to the proposed documents that contain it.
fn add(proposed: &mut HashMap<i64, f64>, having: &[i64]) {
    let weight = weight(count(having.len()), count(proposed.len()));
    for doc in having {
        proposed.entry(*doc).and_modify(|score| *score += weight);
    }
}

/// Scores the documents with any of `terms` by BM25.
fn scored(index: &Postings<'_>, terms: &[Term]) -> Result<HashMap<i64, f64>, Error> {
    let mut lengths = HashMap::new();
    let mut length_all = 0.0;
    for document in terms.iter().flat_map(|term| &term.documents) {
        if !lengths.contains_key(document) {
            let length = index.length(*document)?;
            lengths.insert(*document, length);
            // The lengths are whole numbers, so the order of summing does not change the sum.
            length_all += length;
        }
    }
    let length_mean = (length_all / count(lengths.len())).max(1.0);
    let mut scores: HashMap<i64, f64> = HashMap::with_capacity(lengths.len());
    for term in terms {
        let having = term.documents.len();
        let weight = weight(count(having), count(index.texts.max(0) as usize).max(count(having)));
        let times = index.times(term)?;
        for document in &term.documents {
            let share = term.shares.get(document).copied().unwrap_or(1.0);
            let times = times.get(document).copied().unwrap_or(share);
            let norm = K1 * (1.0 - B + B * lengths[document] / length_mean);
            let score = weight * times * (K1 + 1.0) / (times + norm);
            *scores.entry(*document).or_default() += score;
        }
    }
    Ok(scores)
}

/// Passes each document on once, with scores that never rise.
struct Taker<F> {
    take: F,
    seen: HashSet<i64>,
    score: f64,
}

impl<F: FnMut(i64, f64) -> Result<bool, Error>> Taker<F> {
    /// Offers documents, best first, then newest first within a kind. Returns true if more are
    /// wanted.
    fn offer(&mut self, proposed: HashMap<i64, f64>) -> Result<bool, Error> {
        let mut proposed: Vec<(i64, f64)> = proposed.into_iter().collect();
        proposed.sort_by(|(a, good), (b, better)| {
            let newer = (age_of(*b), b).cmp(&(age_of(*a), a));
            better.total_cmp(good).then(newer)
        });
        for (doc, score) in proposed {
            self.score = self.score.min(score);
            if self.seen.insert(doc) && !(self.take)(doc, self.score)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
