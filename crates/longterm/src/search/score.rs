//! The one place that weighs: from candidates and statistics to an order, and why.
//!
//! The score is a sum of five signals, each 0 where a record or the query has nothing of the kind,
//! so that a plain document is ranked by its words and its meaning alone:
//!
//! 1. BM25 of the query's terms over the record and the turns around it (Robertson and Zaragoza,
//!    "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). Counts and lengths are
//!    summed over the window with a weight by distance, as BM25F sums over fields.
//! 2. The cosine of the query's and the record's vectors.
//! 3. Whether the query names the record's speaker. Words that do are no terms any more.
//! 4. How near the record's time is to the time that the query names.
//! 5. Whether the record only asks: a question is seldom the answer.
//!
//! `docs/RETRIEVAL.md` has what each of them contributes and how the constants were found.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::{
    journal::Statistics,
    library::Row,
    search::when::When,
};

/// How many turns before and after a record its window reaches.
pub(crate) const WINDOW: i64 = 3;

/// What the words of the turns before count for, nearest first.
const WEIGHTS_BEFORE: [f64; WINDOW as usize] = [0.5, 0.3, 0.2];
/// What the words of the turns after count for, nearest first.
const WEIGHTS_AFTER: [f64; WINDOW as usize] = [0.3, 0.2, 0.1];
/// BM25's saturation.
const K1: f64 = 1.2;
/// BM25's normalisation of lengths.
const B: f64 = 0.75;
const WEIGHT_WORDS: f64 = 2.13;
const WEIGHT_MEANING: f64 = 21.9;
const WEIGHT_SPEAKER: f64 = 2.85;
const WEIGHT_TIME: f64 = 4.1;
const WEIGHT_QUESTION: f64 = -1.1;

/// Where the relevance is one half, and how fast it changes there.
const RELEVANCE_MIDDLE: f64 = 13.0;
const RELEVANCE_STEEPNESS: f64 = 0.5;

/// A query, analysed and embedded.
#[derive(Debug)]
pub(crate) struct Query {
    /// Each once; without the words of `when`.
    pub(crate) terms: Vec<String>,
    /// All zeros where no word of the query is known to the model.
    pub(crate) vector: Vec<f32>,
    pub(crate) when: When,
    pub(crate) statistics: Statistics,
}

impl Query {
    pub(crate) fn has_vector(&self) -> bool {
        self.vector.iter().any(|number| *number != 0.0)
    }
}

/// How a score came about: it is the sum of the parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// From the query's words, in the record and around it.
    pub words: f64,
    /// From the likeness of meaning.
    pub meaning: f64,
    /// From being said by somebody whom the query names.
    pub speaker: f64,
    /// From having happened when the query says.
    pub time: f64,
    /// From being a question; never above 0.
    pub question: f64,
    /// The query's terms that the record itself has.
    pub terms: Vec<String>,
    /// Cosine of the query's and the record's vectors, -1 to 1.
    pub cosine: f64,
}

/// A place in the order.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    /// Which row.
    pub(crate) at: usize,
    pub(crate) score: f64,
    pub(crate) explanation: Explanation,
}

/// All rows, best first; equal ones by key. `stem` turns a word into terms.
pub(crate) fn rank(query: &Query, rows: &[Row], stem: impl Fn(&str) -> Vec<String>) -> Vec<Scored> {
    let scorer = Scorer::new(query, rows, stem);
    let mut scored: Vec<Scored> = (0..rows.len()).map(|at| scorer.score(at)).collect();
    scored.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| {
            let (a, b) = (&rows[a.at].record, &rows[b.at].record);
            (a.kind, &a.id).cmp(&(b.kind, &b.id))
        })
    });
    scored
}

/// A score as a number from 0 to 1 that grows with it: a logistic curve.
pub(crate) fn relevance(score: f64) -> f64 {
    1.0 / (1.0 + (-RELEVANCE_STEEPNESS * (score - RELEVANCE_MIDDLE)).exp())
}

struct Scorer<'a> {
    query: &'a Query,
    rows: &'a [Row],
    /// The query's terms that name no speaker.
    terms: Vec<&'a str>,
    /// The speakers among the rows whom the query names.
    named: HashSet<&'a str>,
    /// Per row: how often each term occurs, and the number of its words.
    counts: Vec<(Vec<f64>, f64)>,
    idf: Vec<f64>,
    words_mean: f64,
    at_place: HashMap<(&'a str, i64), usize>,
}

impl<'a> Scorer<'a> {
    fn new(query: &'a Query, rows: &'a [Row], stem: impl Fn(&str) -> Vec<String>) -> Scorer<'a> {
        let (named, terms) = named_speakers(query, rows, stem);
        let counts = counts(rows, &terms);
        let statistics = &query.statistics;
        let documents = statistics.documents.max(rows.len() as u64) as f64;
        let idf = |term: &&str| {
            let with = statistics.documents_with.get(*term).copied().unwrap_or(0) as f64;
            (1.0 + (documents - with + 0.5) / (with + 0.5)).ln()
        };
        let idf = terms.iter().map(idf).collect();
        let words_mean = if statistics.documents == 0 {
            counts.iter().map(|(_, words)| words).sum::<f64>() / rows.len().max(1) as f64
        } else {
            statistics.terms_total as f64 / statistics.documents as f64
        };
        let place = |(at, row): (usize, &'a Row)| {
            let session = row.record.scope.session.as_deref()?;
            Some(((session, row.record.position?), at))
        };
        Scorer {
            query,
            rows,
            terms,
            named,
            counts,
            idf,
            words_mean: words_mean.max(1.0),
            at_place: rows.iter().enumerate().filter_map(place).collect(),
        }
    }

    fn score(&self, at: usize) -> Scored {
        let row = &self.rows[at];
        let cosine = row.vector.as_deref().map_or(0.0, |vector| dot(vector, &self.query.vector));
        let named = row.record.speaker.as_deref().is_some_and(|name| self.named.contains(name));
        let asks = row.record.text.trim_end().ends_with('?');
        let own = self.terms.iter().zip(&self.counts[at].0);
        let explanation = Explanation {
            words: WEIGHT_WORDS * self.bm25(&self.window(at)),
            meaning: WEIGHT_MEANING * cosine,
            speaker: if named { WEIGHT_SPEAKER } else { 0.0 },
            time: WEIGHT_TIME * self.nearness(row),
            question: if asks { WEIGHT_QUESTION } else { 0.0 },
            terms: own.filter(|(_, count)| 0.0 < **count).map(|(term, _)| (*term).to_owned()).collect(),
            cosine,
        };
        let Explanation { words, meaning, speaker, time, question, .. } = explanation;
        Scored { at, score: words + meaning + speaker + time + question, explanation }
    }

    fn nearness(&self, row: &Row) -> f64 {
        if self.query.when.is_empty() { 0.0 } else { self.query.when.nearness(row.record.time()) }
    }

    /// The row and what is around it in its session, each with its weight.
    fn window(&self, at: usize) -> Vec<(usize, f64)> {
        let mut window = vec![(at, 1.0)];
        let record = &self.rows[at].record;
        let place = record.scope.session.as_deref().zip(record.position);
        let Some((session, position)) = place else { return window };
        let before = (1..).zip(WEIGHTS_BEFORE).map(|(step, weight): (i64, f64)| (-step, weight));
        let after = (1..).zip(WEIGHTS_AFTER);
        window.extend(before.chain(after).filter_map(|(step, weight)| {
            let near = self.at_place.get(&(session, position.checked_add(step)?))?;
            Some((*near, weight))
        }));
        window
    }

    /// BM25 over the weighted words of several rows, divided by the root of the query's total
    /// information, so that scores of short and long queries compare.
    fn bm25(&self, window: &[(usize, f64)]) -> f64 {
        let weight: f64 = window.iter().map(|(_, weight)| weight).sum();
        let words: f64 = window.iter().map(|(at, weight)| weight * self.counts[*at].1).sum();
        let length = 1.0 - B + B * words / (self.words_mean * weight);
        let gain = |(term, idf): (usize, &f64)| {
            let counts = window.iter().map(|(at, weight)| weight * self.counts[*at].0[term]);
            let count: f64 = counts.sum();
            idf * count * (K1 + 1.0) / (count + K1 * length)
        };
        let information: f64 = self.idf.iter().sum();
        self.idf.iter().enumerate().map(gain).sum::<f64>() / information.max(1.0).sqrt()
    }
}

/// The speakers among `rows` whom the query names by any of their names, and the terms that do
/// not. A query of nothing but names keeps them as terms.
fn named_speakers<'a>(
    query: &'a Query,
    rows: &'a [Row],
    stem: impl Fn(&str) -> Vec<String>,
) -> (HashSet<&'a str>, Vec<&'a str>) {
    let speakers: HashSet<&str> =
        rows.iter().filter_map(|row| row.record.speaker.as_deref()).collect();
    let asked: HashSet<&str> = query.terms.iter().map(String::as_str).collect();
    let mut named = HashSet::new();
    let mut names = HashSet::new();
    for speaker in speakers {
        for name in stem(speaker) {
            if asked.contains(name.as_str()) {
                named.insert(speaker);
                names.insert(name);
            }
        }
    }
    let all = query.terms.iter().map(String::as_str);
    let told: Vec<&str> = all.clone().filter(|term| !names.contains(*term)).collect();
    (named, if told.is_empty() { all.collect() } else { told })
}

fn counts(rows: &[Row], terms: &[&str]) -> Vec<(Vec<f64>, f64)> {
    let index: HashMap<&str, usize> = terms.iter().enumerate().map(|(at, term)| (*term, at)).collect();
    let of_row = |row: &Row| {
        let mut counts = vec![0.0; terms.len()];
        let mut words = 0.0;
        for term in row.terms.split_ascii_whitespace() {
            words += 1.0;
            if let Some(&at) = index.get(term) {
                counts[at] += 1.0;
            }
        }
        (counts, words)
    };
    rows.iter().map(of_row).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
}
