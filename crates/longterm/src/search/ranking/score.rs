//! Scoring: turns candidates and statistics into an order with explanations. Weights are applied
//! here only.
//!
//! The score is a sum of seven signals. A signal is 0 if the record or the query lacks its subject,
//! so a plain document is ranked by its words and its meaning alone:
//!
//! 1. words: BM25 of the query's terms (`bm25`) over the record and the turns around it. Counts and
//!    lengths are summed over the window with a weight by distance, as BM25F sums over fields; the
//!    sum is divided by the maximum that the query can reach. Related words (`related`) count as a
//!    fraction of the words that they are related to.
//! 2. meaning: the likeness of the query's and the record's vectors (`background`), averaged over
//!    the record and the turns next to it. It weighs more if the words fail: if the records with
//!    most of the query's words differ from it in meaning, but others do not. It weighs less for
//!    figures and misspelt words, which models do not know. If one of the two has no vector, the
//!    words decide instead: a record with all the query's words counts as having its meaning.
//! 3. speaker: the query names the record's speaker. The words that do so no longer count as terms.
//! 4. time: nearness of the record's time to the time that the query names (`when`).
//! 5. moment: the record states a time, and the query asks for one.
//! 6. question: the record ends in a question, which is seldom the answer.
//! 7. feedback: BM25 of the terms that the first hits share (`feedback`).
//!
//! `docs/RETRIEVAL.md` defines them; `docs/measurements/retrieval.md` has their contributions.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
};

use aios_record::Timestamp;
use foldhash::fast::RandomState;

use crate::search::{
    candidates::sight::Sight,
    query::Query,
    ranking::{
        bm25::saturated,
        counts::{add_counts, count, raise_counts, variants, wanted},
        explain::{Counted, Explanation},
        relevance::relevance,
        speakers::Speakers,
        weights::Weights,
    },
    segments::{
        part::Place,
        segment::{Columns, Names, Segment},
        strings::NONE,
    },
};

/// Weights of the words of the turns before, nearest first.
const WEIGHTS_BEFORE: [f64; 3] = [0.6, 0.36, 0.22];
/// Weights of the words of the turns after, nearest first.
const WEIGHTS_AFTER: [f64; 3] = [0.4, 0.16, 0.06];
/// Weights of the meaning of the turns before, nearest first, against that of the record.
const MEANINGS_BEFORE: [f64; 2] = [0.4, 0.2];
/// Weights of the meaning of the turns after.
const MEANINGS_AFTER: [f64; 1] = [0.2];

/// Likeness in meaning, on the scale of vectors, of a record with all the query's words if one of
/// the two has no vector: about that of short texts with vectors.
const LIKENESS_OF_ALL_WORDS: f64 = 1.2;

/// Share of the query's words from which a record counts as having all of them.
const ALL_WORDS: f64 = 0.999;

/// Number of records with most of the query's words that decide if these words fail.
const WORDED_ROWS: usize = 5;
/// Mean likeness of these records below which the query's words may fail.
const WORDED_LIKENESS: f64 = 0.4;
/// Distance of the mean below [`WORDED_LIKENESS`] at which they may fail fully.
const WORDED_RANGE: f64 = 0.1;
/// Distance of the likeness of the best of these records below the best likeness of all candidates
/// at which the words fail fully.
const OUTDONE: f64 = 0.4;
/// Growth of the weight of meaning, as a factor, if the words fail fully.
const FAILING: f64 = 3.0;

/// Number of a query's words from which its meaning weighs more, up to twice as much at twice the
/// number: each record has a smaller share of many words, and a vector of many words is more
/// certain.
const TERMS_USUAL: f64 = 12.0;

/// A scored row.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    /// Index of the row.
    pub(crate) at: usize,
    pub(crate) score: f64,
    pub(crate) relevance: f64,
    pub(crate) explanation: Explanation,
}

/// Scores rows against a query.
pub(crate) struct Scorer<'a> {
    query: &'a Query,
    pub(crate) weights: Weights,
    sight: &'a Sight<'a>,
    pub(crate) names: &'a Names,
    rows: &'a [Place],
    pub(crate) speakers: Speakers,
    /// The rows' terms, row by row, in the order of their numbers, each with its count.
    bags: Vec<(u32, u32)>,
    /// End of each row's part of `bags`.
    bag_ends: Vec<usize>,
    /// Count per row and term of the query, including words related to the term.
    counts: Vec<f64>,
    /// Numbers of the query's terms.
    numbers: Vec<Option<u32>>,
    /// Numbers of the terms by which a record may state a time, in order.
    moments: Vec<u32>,
    /// Weights of the terms that name no speaker.
    term_weights: Vec<f64>,
    pub(crate) words_mean: f64,
    at_place: HashMap<([u32; 2], i64), usize, RandomState>,
    /// Cosine of each row with the query, if both have a vector.
    cosines: Vec<Option<f64>>,
}

impl<'a> Scorer<'a> {
    /// Creates a scorer. `stem` turns a name into terms.
    pub(crate) fn new(
        query: &'a Query,
        weights: Weights,
        sight: &'a Sight<'a>,
        names: &'a Names,
        rows: &'a [Place],
        stem: impl Fn(&str) -> Vec<String>,
    ) -> Scorer<'a> {
        let segment = |row: &Place| sight.segment(*row);
        let columns = |row: &Place| &segment(row).columns[row.at as usize];
        let speakers = Speakers::new(query, rows.iter().map(columns), names, stem);
        let find = |term: &String| names.terms.find(term);
        let numbers: Vec<Option<u32>> = query.terms.iter().map(find).collect();
        let wanted = wanted(query, weights.related, &numbers, names, &speakers.all);
        let variants = variants(query, names);
        let mut moments: Vec<u32> = query.moments.iter().filter_map(find).collect();
        moments.sort_unstable();
        let (mut bags, mut bag_ends) = (Vec::new(), Vec::with_capacity(rows.len()));
        let mut counts = Vec::with_capacity(rows.len() * numbers.len());
        for row in rows {
            let start = bags.len();
            bags.extend(segment(row).bag(row.at));
            let first = counts.len();
            counts.resize(first + numbers.len(), 0.0);
            add_counts(&bags[start..], &wanted, &mut counts[first..]);
            raise_counts(&bags[start..], &variants, &mut counts[first..]);
            bag_ends.push(bags.len());
        }
        let statistics = &query.statistics;
        let words_mean = if statistics.documents == 0 {
            let lengths = rows.iter().map(|row| f64::from(segment(row).lengths[row.at as usize]));
            lengths.sum::<f64>() / rows.len().max(1) as f64
        } else {
            statistics.terms_total as f64 / statistics.documents as f64
        };
        let cosine = |row: &Place| {
            let asked = query.meaning.asked.as_ref()?;
            segment(row).vectors.cosine(row.at, asked).map(f64::from)
        };
        Scorer {
            query,
            weights,
            sight,
            names,
            rows,
            counts,
            numbers,
            moments,
            term_weights: speakers.others.iter().map(|at| query.weight(*at)).collect(),
            speakers,
            bags,
            bag_ends,
            words_mean: words_mean.max(1.0),
            at_place: at_place(sight, rows),
            cosines: rows.iter().map(cosine).collect(),
        }
    }

    /// Returns all rows scored without feedback, best first; equal ones by key.
    pub(crate) fn rank(&self) -> Vec<Scored> {
        let shares: Vec<f64> = (0..self.rows.len()).map(|at| self.words(at)).collect();
        let likeness: Vec<f64> = (0..self.rows.len()).map(|at| self.likeness(at)).collect();
        let meaning = self.meaning_weight(&shares, &likeness);
        let scored = shares.into_iter().zip(likeness).enumerate();
        let score = |(at, (share, likeness))| self.score(at, share, likeness, meaning);
        self.sorted(scored.map(score).collect())
    }

    /// Returns the query's terms that a row itself has, except those that name a speaker.
    pub(crate) fn own_terms(&self, at: usize) -> Vec<String> {
        let own = self.speakers.others.iter().filter(|term| self.has(at, self.numbers[**term]));
        own.map(|term| self.query.terms[*term].clone()).collect()
    }

    /// Returns the terms that a row itself has and that are related to the query's terms or differ
    /// from them in signs or spelling, each once.
    pub(crate) fn related_terms(&self, at: usize) -> Vec<String> {
        let related = self.query.related.iter().map(|related| related.term);
        let related = related.filter(|term| !self.speakers.all.contains(*term));
        let variants = self.query.variants.iter().map(|variant| variant.term.as_str());
        let own = related.chain(variants);
        let own = own.filter(|term| self.has(at, self.names.terms.find(term)));
        own.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
    }

    /// Sorts rows, best first; equal ones by key. A row gets at least the relevance of every row
    /// after it, so that relevance grows with the score.
    pub(crate) fn sorted(&self, mut scored: Vec<Scored>) -> Vec<Scored> {
        scored.sort_by(|a, b| self.order((a.score, a.at), (b.score, b.at)));
        let mut most: f64 = 0.0;
        for scored in scored.iter_mut().rev() {
            most = most.max(scored.relevance);
            scored.relevance = most;
        }
        scored
    }

    /// Orders the larger number first, and equal ones by key.
    fn order(&self, a: (f64, usize), b: (f64, usize)) -> Ordering {
        let key = |at: usize| {
            let row = self.rows[at];
            self.sight.segment(row).order(row.at, self.sight.names)
        };
        b.0.total_cmp(&a.0).then_with(|| key(a.1).cmp(&key(b.1)))
    }

    /// Returns the location of a row, and its segment.
    pub(crate) fn row(&self, at: usize) -> (Place, &'a Segment) {
        let row = self.rows[at];
        (row, self.sight.segment(row))
    }

    fn columns(&self, at: usize) -> &'a Columns {
        let (row, segment) = self.row(at);
        &segment.columns[row.at as usize]
    }

    pub(crate) fn bag(&self, at: usize) -> &[(u32, u32)] {
        let start = at.checked_sub(1).map_or(0, |before| self.bag_ends[before]);
        &self.bags[start..self.bag_ends[at]]
    }

    pub(crate) fn length(&self, at: usize) -> f64 {
        let (row, segment) = self.row(at);
        f64::from(segment.lengths[row.at as usize])
    }

    fn has(&self, at: usize, term: Option<u32>) -> bool {
        0.0 < count(self.bag(at), term)
    }

    /// Returns true if a row states a time and the query asks for one.
    fn tells_when(&self, at: usize) -> bool {
        let is_moment = |(term, _): &(u32, u32)| self.moments.binary_search(term).is_ok();
        !self.moments.is_empty() && self.bag(at).iter().any(is_moment)
    }

    /// Returns the count of a term of the query in a row, including words related to it.
    fn count(&self, at: usize, term: usize) -> f64 {
        self.counts[at * self.query.terms.len() + term]
    }

    /// Scores a row with this `share` of the query's words and this `likeness` in its window.
    fn score(&self, at: usize, share: f64, likeness: f64, meaning_weight: f64) -> Scored {
        let (columns, weights) = (self.columns(at), self.weights);
        let moment = columns.occurred_at().filter(|_| !self.query.when.is_empty());
        let moment = moment.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let explanation = Explanation {
            words: weights.words * share,
            meaning: meaning_weight * likeness,
            speaker: if self.is_named(at) { weights.speaker } else { 0.0 },
            time: weights.time * moment.map_or(0.0, |moment| self.query.when.nearness(moment)),
            moment: if self.tells_when(at) { weights.moment } else { 0.0 },
            question: if columns.asks { weights.question } else { 0.0 },
            feedback: 0.0,
            terms: Vec::new(),
            related: Vec::new(),
            cosine: self.cosines[at].unwrap_or(0.0),
            meaning_weight,
            scope: Vec::new(),
            statistics: Counted::from(&self.query.corpus),
        };
        let relevance = relevance(likeness, self.share_of_words(at));
        Scored { at, score: explanation.total(), relevance, explanation }
    }

    /// Returns the weight of meaning in this search, from the `shares` of the query's words that
    /// the rows have and their `likeness`. If the rows with most of the words differ from the query
    /// in meaning, but others do not, these words match by chance, and meaning weighs up to four
    /// times as much, unless one of these rows has all the words. It weighs less for words that no
    /// model knows, and for a model that barely distinguishes answers from other texts.
    fn meaning_weight(&self, shares: &[f64], likeness: &[f64]) -> f64 {
        let opaque = self.speakers.others.iter().zip(&self.term_weights);
        let opaque = opaque.filter(|(term, _)| self.query.opaque[**term]);
        let opaque = opaque.map(|(_, weight)| weight).sum::<f64>() / self.most();
        let trust = self.query.meaning.scale.trust() * self.query.varied;
        let trust = trust * (1.0 - opaque).max(0.0);
        let terms = self.speakers.others.len() as f64;
        let long = ((terms - TERMS_USUAL) / TERMS_USUAL).clamp(0.0, 1.0);
        let weight = self.weights.meaning * trust * (1.0 + long);
        if self.query.meaning.asked.is_none() {
            return weight;
        }
        let mut worded: Vec<(f64, usize)> =
            shares.iter().copied().zip(0..).filter(|(share, _)| 0.0 < *share).collect();
        if WORDED_ROWS < worded.len() {
            worded.select_nth_unstable_by(WORDED_ROWS, |a, b| self.order(*a, *b));
            worded.truncate(WORDED_ROWS);
        }
        worded.sort_unstable_by(|a, b| self.order(*a, *b));
        let count = worded.len().max(1) as f64;
        let mean = worded.iter().map(|(_, at)| likeness[*at]).sum::<f64>() / count;
        let best = worded.iter().map(|(_, at)| likeness[*at]).fold(0.0, f64::max);
        let best_of_all = likeness.iter().copied().fold(0.0, f64::max);
        if worded.iter().any(|(_, at)| ALL_WORDS <= self.share_of_words(*at)) {
            return weight;
        }
        let unlike = ((WORDED_LIKENESS - mean) / WORDED_RANGE).clamp(0.0, 1.0);
        let outdone = ((best_of_all - best) / OUTDONE).clamp(0.0, 1.0);
        weight * (1.0 + FAILING * unlike * outdone)
    }

    /// Returns the likeness of a row's meaning to the query's, averaged with the turns next to it.
    fn likeness(&self, at: usize) -> f64 {
        let (mut sum, mut total) = (self.own_likeness(at), 1.0);
        if self.cosines[at].is_some() {
            for (near, weight) in self.around(at, &MEANINGS_BEFORE, &MEANINGS_AFTER) {
                if let Some(cosine) = self.cosines[near] {
                    sum += weight * self.query.meaning.scale.likeness(cosine);
                    total += weight;
                }
            }
        }
        sum / total
    }

    /// Returns the likeness of a row's own meaning to the query's; from its words if one of the two
    /// has no vector.
    pub(crate) fn own_likeness(&self, at: usize) -> f64 {
        match self.cosines[at] {
            Some(cosine) => self.query.meaning.scale.likeness(cosine),
            None => match self.share_of_words(at) {
                // Its vector may be outstanding while similar rows have theirs.
                share if self.query.meaning.asked.is_some() && ALL_WORDS <= share => {
                    self.query.meaning.scale.likeness(1.0).max(LIKENESS_OF_ALL_WORDS)
                }
                share => LIKENESS_OF_ALL_WORDS * share.powi(2),
            },
        }
    }

    /// Returns the weighted share of the query's words that a row itself has, regardless of its
    /// length. The likeness uses the square of the share, because some of the words mean little.
    fn share_of_words(&self, at: usize) -> f64 {
        let has = |(term, weight): (&usize, &f64)| weight * self.count(at, *term).min(1.0);
        self.speakers.others.iter().zip(&self.term_weights).map(has).sum::<f64>() / self.most()
    }

    /// Returns true if the query names the row's speaker or, for a row without a speaker, a person
    /// in its text.
    fn is_named(&self, at: usize) -> bool {
        match self.columns(at).speaker {
            NONE => self.speakers.asked.iter().any(|name| self.has(at, self.numbers[*name])),
            speaker => self.speakers.named.contains(&speaker),
        }
    }

    /// Returns the rows around a row in its session, each with its weight.
    fn around(
        &self,
        at: usize,
        before: &'static [f64],
        after: &'static [f64],
    ) -> impl Iterator<Item = (usize, f64)> {
        let row = self.rows[at];
        let place = self.sight.segment(row).place(row.at);
        let before = (1..).zip(before).map(|(step, weight): (i64, &f64)| (-step, *weight));
        let steps = before.chain((1..).zip(after).map(|(step, weight)| (step, *weight)));
        steps.filter_map(move |(step, weight)| {
            let (session, position) = place?;
            let near = self.at_place.get(&(session, position.checked_add(step)?))?;
            Some((*near, weight))
        })
    }

    /// Returns BM25 over the weighted words of a row and the rows around it, as a share of the
    /// query's maximum. A row without neighbours gets plain BM25.
    fn words(&self, at: usize) -> f64 {
        let mut window = vec![(at, 1.0)];
        window.extend(self.around(at, &WEIGHTS_BEFORE, &WEIGHTS_AFTER));
        let weight: f64 = window.iter().map(|(_, weight)| weight).sum();
        let length: f64 = window.iter().map(|(at, weight)| weight * self.length(*at)).sum();
        let gain = |(term, term_weight): (&usize, &f64)| {
            let counts = window.iter().map(|(at, weight)| weight * self.count(*at, *term));
            term_weight * saturated(counts.sum(), length / weight, self.words_mean)
        };
        self.speakers.others.iter().zip(&self.term_weights).map(gain).sum::<f64>() / self.most()
    }

    /// Returns the sum of the weights of the query's words.
    fn most(&self) -> f64 {
        self.term_weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

/// Returns the row at each position of a session; of several rows, the first in order.
fn at_place(sight: &Sight<'_>, rows: &[Place]) -> HashMap<([u32; 2], i64), usize, RandomState> {
    let mut at_place: HashMap<_, usize, _> = HashMap::default();
    let order = |at: usize| sight.segment(rows[at]).order(rows[at].at, sight.names);
    for (at, row) in rows.iter().enumerate() {
        if let Some(place) = sight.segment(*row).place(row.at) {
            let first = at_place.entry(place).or_insert(at);
            if *first != at && order(at) < order(*first) {
                *first = at;
            }
        }
    }
    at_place
}
