//! The one place that weighs: from candidates and statistics to an order, and why.
//!
//! The score is a sum of seven signals, each 0 where a record or the query has nothing of the kind,
//! so that a plain document is ranked by its words and its meaning alone:
//!
//! 1. words: BM25 of the query's terms over the record and the turns around it (Robertson and
//!    Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). Counts and
//!    lengths are summed over the window with a weight by distance, as BM25F sums over fields; the
//!    sum is divided by what the query could reach at most. Related words (`related`) count as a
//!    part of those that they are related to.
//! 2. meaning: the cosine of the query's and the record's vectors, on a scale from unrelated texts
//!    to a question and its answer (`background`). Where one of the two has no vector, the words
//!    decide in its place: a record that has all the query's words means what the query does.
//! 3. speaker: whether the query names who said it. Words that do are no terms any more.
//! 4. time: how near the record's time is to the time that the query names (`when`).
//! 5. moment: whether the record tells a time, where the query asks for one.
//! 6. question: whether the record ends in a question, which is seldom the answer.
//! 7. feedback: BM25 of the terms that the first hits share (pseudo-relevance feedback; Rocchio,
//!    "Relevance Feedback in Information Retrieval", 1971).
//!
//! `docs/RETRIEVAL.md` has what each of them contributes and how the constants were found.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use aios_analysis::Variant;
use aios_record::Timestamp;
use foldhash::fast::RandomState;
use serde::Serialize;

use crate::{
    journal::{Corpus, Statistics},
    search::{
        background::Spread,
        counts::{add_counts, count, raise_counts, variants, wanted},
        legs::{Place, Sight},
        related::RelatedTerm,
        segment::{Columns, Names, Segment},
        strings::NONE,
        vectors::Asked,
        when::When,
    },
};

/// Weights of the words of the turns before, nearest first.
const WEIGHTS_BEFORE: [f64; 3] = [0.6, 0.36, 0.22];
/// Weights of the words of the turns after, nearest first.
const WEIGHTS_AFTER: [f64; 3] = [0.4, 0.16, 0.06];
/// BM25's saturation.
const K1: f64 = 1.2;
/// BM25's normalisation of lengths.
const B: f64 = 0.75;

/// What each signal counts for. The unit is what it is worth that a record's speaker is the one
/// whom the query names; a signal of weight 0 is switched off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Of the share of the query's words that the record has; 6.
    pub words: f64,
    /// Of a related word, against the word itself, at a cosine of 1; 0.3.
    pub related: f64,
    /// Of the meaning being as alike as that of a question and its answer, beyond unrelated texts;
    /// 1.2.
    pub meaning: f64,
    /// Of being said by whom the query names; 1.
    pub speaker: f64,
    /// Of having happened when the query says; 2.
    pub time: f64,
    /// Of telling a time where the query asks when; 0.5.
    pub moment: f64,
    /// Of being a question; -0.4.
    pub question: f64,
    /// Of the share of the first hits' common words that the record has; 1.5.
    pub feedback: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            words: 6.0,
            related: 0.3,
            meaning: 1.2,
            speaker: 1.0,
            time: 2.0,
            moment: 0.5,
            question: -0.4,
            feedback: 1.5,
        }
    }
}

/// The likeness in meaning, on the scale of vectors, of two texts if one of them has no vector and
/// the record has all the query's words: about that of short texts that have vectors.
const LIKENESS_OF_ALL_WORDS: f64 = 2.5;

/// The score at which questions that have an answer in store and questions that have none part.
const RELEVANCE_MIDDLE: f64 = 3.25;
const RELEVANCE_STEEPNESS: f64 = 2.0;

/// How many of the first hits give feedback, and how many of them must share a term.
const FEEDBACK_ROWS: usize = 5;
const FEEDBACK_ROWS_SHARED: usize = 2;
const FEEDBACK_TERMS: usize = 10;
/// A shorter record counts as this long, so that one word is not all of it.
const FEEDBACK_LENGTH_MIN: f64 = 5.0;

/// A query, analysed and embedded.
#[derive(Debug)]
pub(crate) struct Query {
    /// Each once.
    pub(crate) terms: Vec<String>,
    /// The terms that count for others, which differ in signs or spelling.
    pub(crate) variants: Vec<Variant>,
    /// Terms that count only where they are a speaker's name.
    pub(crate) names: Vec<String>,
    pub(crate) meaning: Meaning,
    pub(crate) when: When,
    /// Where the query asks when, the terms by which a record may tell it.
    pub(crate) moments: Vec<String>,
    /// The owners whose records are counted.
    pub(crate) corpus: Corpus,
    pub(crate) statistics: Statistics,
}

impl Query {
    /// The terms and what counts for them, each once.
    pub(crate) fn all_terms(&self) -> Vec<String> {
        let variants = self.variants.iter().map(|variant| &variant.term);
        let mut seen = HashSet::new();
        let all = self.terms.iter().chain(variants).filter(|term| seen.insert(*term));
        all.cloned().collect()
    }
}

/// What a query means.
#[derive(Debug)]
pub(crate) struct Meaning {
    /// All zeros where no word of the query is known to the model.
    pub(crate) vector: Vec<f32>,
    /// The same, to be compared with; none where it is all zeros.
    pub(crate) asked: Option<Asked>,
    /// What the query's cosines with unrelated texts are like.
    pub(crate) spread: Spread,
    /// The terms that are related to the query's.
    pub(crate) related: Vec<RelatedTerm>,
}

/// How a score came about: it is the sum of the first seven. Ranges are those of the default
/// [`Weights`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// From the query's words, in the record and around it: 0 to 6.
    pub words: f64,
    /// From the likeness of meaning; below 0 for what is less alike than unrelated texts are. If
    /// the query or the record has no vector: from the share of the query's words, 0 to 3.
    pub meaning: f64,
    /// From being said by, or speaking of, somebody whom the query names: 0 or 1.
    pub speaker: f64,
    /// From having happened when the query says: 0 to 2.
    pub time: f64,
    /// From telling a time where the query asks when: 0 or 0.5.
    pub moment: f64,
    /// From being a question: 0 or -0.4.
    pub question: f64,
    /// From words that the first hits share: 0 to 1.5.
    pub feedback: f64,
    /// The query's terms that the record itself has.
    pub terms: Vec<String>,
    /// The terms related to the query's that the record itself has.
    pub related: Vec<String>,
    /// Cosine of the query's and the record's vectors, -1 to 1.
    pub cosine: f64,
    /// The records whose words were counted to tell rare ones from common ones.
    pub statistics: Counted,
}

/// The records whose words a search counts to tell rare ones from common ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// The user's own and the shared ones.
    #[serde(rename = "own and shared")]
    OwnAndShared,
    /// The shared ones.
    Shared,
    /// Those of every owner.
    All,
}

impl From<&Corpus> for Counted {
    fn from(corpus: &Corpus) -> Counted {
        match corpus {
            Corpus::All => Counted::All,
            Corpus::Of(owner) if owner.is_shared() => Counted::Shared,
            Corpus::Of(_) => Counted::OwnAndShared,
        }
    }
}

impl Explanation {
    fn total(&self) -> f64 {
        let Explanation { words, meaning, speaker, time, moment, question, feedback, .. } = self;
        words + meaning + speaker + time + moment + question + feedback
    }
}

/// A place in the order.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    /// Which row.
    pub(crate) at: usize,
    pub(crate) score: f64,
    pub(crate) explanation: Explanation,
}

/// A score as a number from 0 to 1 that grows with it: a logistic curve.
pub(crate) fn relevance(score: f64) -> f64 {
    1.0 / (1.0 + (-RELEVANCE_STEEPNESS * (score - RELEVANCE_MIDDLE)).exp())
}

/// Scores rows against a query.
pub(crate) struct Scorer<'a> {
    query: &'a Query,
    weights: Weights,
    sight: &'a Sight<'a>,
    names: &'a Names,
    rows: &'a [Place],
    speakers: Speakers,
    /// Row after row: its terms in the order of their numbers, each with its count.
    bags: Vec<(u32, u32)>,
    /// Where each row's end.
    bag_ends: Vec<usize>,
    /// Per row and term of the query, what is related to the term included.
    counts: Vec<f64>,
    /// The numbers of the query's terms.
    numbers: Vec<Option<u32>>,
    /// The numbers of the terms by which a record may tell when, in order.
    moments: Vec<u32>,
    /// Of the terms that name no speaker.
    idf: Vec<f64>,
    words_mean: f64,
    at_place: HashMap<([u32; 2], i64), usize, RandomState>,
}

impl<'a> Scorer<'a> {
    /// `stem` turns a name into terms.
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
            let lengths = rows.iter().map(|row| f64::from(columns(row).length));
            lengths.sum::<f64>() / rows.len().max(1) as f64
        } else {
            statistics.terms_total as f64 / statistics.documents as f64
        };
        let of_term = |at: &usize| idf(statistics, &query.terms[*at]);
        Scorer {
            query,
            weights,
            sight,
            names,
            rows,
            counts,
            numbers,
            moments,
            idf: speakers.others.iter().map(of_term).collect(),
            speakers,
            bags,
            bag_ends,
            words_mean: words_mean.max(1.0),
            at_place: at_place(sight, rows),
        }
    }

    /// All rows without feedback, best first; equal ones by key.
    pub(crate) fn rank(&self) -> Vec<Scored> {
        self.sorted((0..self.rows.len()).map(|at| self.score(at)).collect())
    }

    /// The terms that the first of `ranked` share, and that neither ask nor name a speaker.
    pub(crate) fn shared_terms(
        &self,
        ranked: &[Scored],
        asks: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        if ranked.len() <= FEEDBACK_ROWS {
            return Vec::new();
        }
        let mut rows_with: BTreeMap<&str, usize> = BTreeMap::new();
        for scored in &ranked[..FEEDBACK_ROWS] {
            for (term, _) in self.bag(scored.at) {
                *rows_with.entry(self.names.terms.text(*term)).or_default() += 1;
            }
        }
        let shared = rows_with.into_iter().filter(|(term, rows)| {
            FEEDBACK_ROWS_SHARED <= *rows && !asks(term) && !self.speakers.all.contains(*term)
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
        let first: Vec<usize> = ranked.iter().take(FEEDBACK_ROWS).map(|scored| scored.at).collect();
        let mut weighted: Vec<(f64, &str, Option<u32>)> = terms
            .iter()
            .map(|term| {
                let number = self.names.terms.find(term);
                let share = |at: &usize| {
                    count(self.bag(*at), number) / self.length(*at).max(FEEDBACK_LENGTH_MIN)
                };
                let mean = first.iter().map(share).sum::<f64>() / first.len() as f64;
                let idf = idf(statistics, term);
                (mean * idf * idf, term.as_str(), number)
            })
            .collect();
        weighted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        weighted.truncate(FEEDBACK_TERMS);
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
            scored.explanation.feedback = self.weights.feedback * share;
            scored.score = scored.explanation.total();
        }
        self.sorted(ranked)
    }

    /// The query's terms that a row itself has, but for those that name a speaker.
    pub(crate) fn own_terms(&self, at: usize) -> Vec<String> {
        let own = self.speakers.others.iter().filter(|term| self.has(at, self.numbers[**term]));
        own.map(|term| self.query.terms[*term].clone()).collect()
    }

    /// The terms related to the query's, and those that differ from them in signs or spelling,
    /// that a row itself has, each once.
    pub(crate) fn related_terms(&self, at: usize) -> Vec<String> {
        let related = self.query.meaning.related.iter().map(|related| related.term);
        let related = related.filter(|term| !self.speakers.all.contains(*term));
        let variants = self.query.variants.iter().map(|variant| variant.term.as_str());
        let own = related.chain(variants);
        let own = own.filter(|term| self.has(at, self.names.terms.find(term)));
        own.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
    }

    fn sorted(&self, mut scored: Vec<Scored>) -> Vec<Scored> {
        let key = |scored: &Scored| {
            let row = self.rows[scored.at];
            self.sight.segment(row).order(row.at, self.sight.names)
        };
        let order = |a: &Scored, b: &Scored| -> Ordering {
            b.score.total_cmp(&a.score).then_with(|| key(a).cmp(&key(b)))
        };
        scored.sort_by(order);
        scored
    }

    /// Where a row is.
    pub(crate) fn row(&self, at: usize) -> (Place, &'a Segment) {
        let row = self.rows[at];
        (row, self.sight.segment(row))
    }

    fn columns(&self, at: usize) -> &'a Columns {
        let (row, segment) = self.row(at);
        &segment.columns[row.at as usize]
    }

    fn bag(&self, at: usize) -> &[(u32, u32)] {
        let start = at.checked_sub(1).map_or(0, |before| self.bag_ends[before]);
        &self.bags[start..self.bag_ends[at]]
    }

    fn length(&self, at: usize) -> f64 {
        f64::from(self.columns(at).length)
    }

    fn has(&self, at: usize, term: Option<u32>) -> bool {
        0.0 < count(self.bag(at), term)
    }

    /// Whether a row tells when, and that is asked.
    fn tells_when(&self, at: usize) -> bool {
        let told = |(term, _): &(u32, u32)| self.moments.binary_search(term).is_ok();
        !self.moments.is_empty() && self.bag(at).iter().any(told)
    }

    /// How often a row has a term of the query, or what is related to it.
    fn count(&self, at: usize, term: usize) -> f64 {
        self.counts[at * self.query.terms.len() + term]
    }

    fn score(&self, at: usize) -> Scored {
        let (row, columns, weights) = (self.rows[at], self.columns(at), self.weights);
        let vectors = &self.sight.segment(row).vectors;
        let asked = self.query.meaning.asked.as_ref();
        let cosine = asked.and_then(|asked| vectors.cosine(row.at, asked));
        let cosine = cosine.map(f64::from);
        let meaning = match cosine {
            Some(cosine) => self.query.meaning.spread.likeness(cosine),
            None => LIKENESS_OF_ALL_WORDS * self.share_of_words(at).powi(2),
        };
        let moment = columns.occurred_at().filter(|_| !self.query.when.is_empty());
        let moment = moment.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let explanation = Explanation {
            words: weights.words * self.words(&self.window(at)),
            meaning: weights.meaning * meaning,
            speaker: if self.is_named(at) { weights.speaker } else { 0.0 },
            time: weights.time * moment.map_or(0.0, |moment| self.query.when.nearness(moment)),
            moment: if self.tells_when(at) { weights.moment } else { 0.0 },
            question: if columns.asks { weights.question } else { 0.0 },
            feedback: 0.0,
            terms: Vec::new(),
            related: Vec::new(),
            cosine: cosine.unwrap_or(0.0),
            statistics: Counted::from(&self.query.corpus),
        };
        Scored { at, score: explanation.total(), explanation }
    }

    /// The share of the query's words that a row itself has, however long it is, by their weights.
    /// Some of the words are few: its square tells whether the texts mean the same.
    fn share_of_words(&self, at: usize) -> f64 {
        let has = |(term, idf): (&usize, &f64)| idf * self.count(at, *term).min(1.0);
        self.speakers.others.iter().zip(&self.idf).map(has).sum::<f64>() / self.most()
    }

    /// Whether the query names who said it, or, of a row that nobody said, somebody in it.
    fn is_named(&self, at: usize) -> bool {
        match self.columns(at).speaker {
            NONE => self.speakers.asked.iter().any(|name| self.has(at, self.numbers[*name])),
            speaker => self.speakers.named.contains(&speaker),
        }
    }

    /// The row and what is around it in its session, each with its weight.
    fn window(&self, at: usize) -> Vec<(usize, f64)> {
        let mut window = vec![(at, 1.0)];
        let row = self.rows[at];
        let Some((session, position)) = self.sight.segment(row).place(row.at) else {
            return window;
        };
        let before = (1..).zip(WEIGHTS_BEFORE).map(|(step, weight): (i64, f64)| (-step, weight));
        let after = (1..).zip(WEIGHTS_AFTER);
        window.extend(before.chain(after).filter_map(|(step, weight)| {
            let near = self.at_place.get(&(session, position.checked_add(step)?))?;
            Some((*near, weight))
        }));
        window
    }

    /// BM25 over the weighted words of several rows, as a share of what the query could reach. A
    /// row without neighbours gets plain BM25.
    fn words(&self, window: &[(usize, f64)]) -> f64 {
        let weight: f64 = window.iter().map(|(_, weight)| weight).sum();
        let length: f64 = window.iter().map(|(at, weight)| weight * self.length(*at)).sum();
        let gain = |(term, idf): (&usize, &f64)| {
            let counts = window.iter().map(|(at, weight)| weight * self.count(*at, *term));
            idf * saturated(counts.sum(), length / weight, self.words_mean)
        };
        self.speakers.others.iter().zip(&self.idf).map(gain).sum::<f64>() / self.most()
    }

    /// The sum of the weights of the query's words.
    fn most(&self) -> f64 {
        self.idf.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

/// BM25's part of one term, 0 to 1.
pub(crate) fn saturated(count: f64, length: f64, words_mean: f64) -> f64 {
    count / (count + K1 * (1.0 - B + B * length / words_mean))
}

/// The row at each place of a session; of several rows the first in order.
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

/// A term is as rare as if there were so many more records without it. Otherwise, in a store of a
/// few records, one that most of them have would tell nothing, and relevance would mean less there.
const DOCUMENTS_ASSUMED: f64 = 100.0;

/// The weight of a record's having `term`; above 0 for every term.
pub(crate) fn idf(statistics: &Statistics, term: &str) -> f64 {
    let documents = statistics.documents as f64 + DOCUMENTS_ASSUMED;
    let with = statistics.documents_with.get(term).copied().unwrap_or(0) as f64;
    (1.0 + (documents - with + 0.5) / (with + 0.5)).ln()
}

/// What of a query names speakers. Terms of the query are known by their place in it.
struct Speakers {
    /// The terms that are part of some candidate's speaker's name.
    all: BTreeSet<String>,
    /// The query's terms that are.
    asked: Vec<usize>,
    /// The query's terms that are not; all of them where no other is left.
    others: Vec<usize>,
    /// The speakers who are named.
    named: HashSet<u32>,
}

impl Speakers {
    fn new<'a>(
        query: &Query,
        rows: impl Iterator<Item = &'a Columns>,
        names: &Names,
        stem: impl Fn(&str) -> Vec<String>,
    ) -> Speakers {
        let all: HashSet<u32> = rows.map(|row| row.speaker).filter(|name| *name != NONE).collect();
        let mut speakers = Speakers {
            all: BTreeSet::new(),
            asked: Vec::new(),
            others: Vec::new(),
            named: HashSet::new(),
        };
        for speaker in all {
            let terms = stem(names.others.text(speaker));
            if terms.iter().any(|name| query.terms.contains(name) || query.names.contains(name)) {
                speakers.named.insert(speaker);
            }
            speakers.all.extend(terms);
        }
        let terms = 0..query.terms.len();
        (speakers.asked, speakers.others) =
            terms.clone().partition(|term| speakers.all.contains(&query.terms[*term]));
        if speakers.others.is_empty() {
            speakers.others = terms.collect();
        }
        speakers
    }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
}
