//! Analysis of a query: its words, the speakers that it names, its vector. Not here: the order of
//! candidates (`ranking`), and the reading of the journal (`looking`).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aios_analysis::Analyzer;
use aios_record::{Gate, Owner, Timestamp};

use crate::{
    Error,
    journal::Corpus,
    search::{
        candidates::{filter::Filter, looking::Looked},
        options::SearchOptions,
        query::{
            Meaning, Query,
            asker::Asker,
            related::related,
            spelling::{Speller, Vocabulary},
            when::{self, When},
        },
        ranking::{Ranking, weights::Weights},
        segments::{resident::View, segment::Names},
    },
};

/// Minimum number of candidates that each leg proposes.
const LEG_ROWS_MIN: usize = 64;
/// Number of candidates that each leg proposes per requested hit.
const LEG_ROWS_PER_HIT: usize = 3;
/// Maximum number of terms. Only the rarest terms of a longer query are searched for.
const QUERY_TERMS_MAX: usize = 64;

/// The text of a query, before any statistics of the store are read.
pub(crate) struct Asking<'a> {
    text: &'a str,
    options: &'a SearchOptions,
    gate: &'a Gate,
    corpus: Corpus,
    query: aios_analysis::Query,
    /// Terms that may only name a speaker.
    names: Vec<String>,
    weights: Weights,
    analyzer: &'static Analyzer,
}

impl<'a> Asking<'a> {
    /// Analyses a query; `None` if it has nothing to search for.
    pub(crate) fn new(
        text: &'a str,
        options: &'a SearchOptions,
        gate: &'a Gate,
        weights: Weights,
        analyzer: &'static Analyzer,
    ) -> Option<Asking<'a>> {
        let asker = Asker::new(text, gate.acts_for().and_then(Owner::name), analyzer);
        let query = analyzer.query(&asker.content());
        if (query.terms.is_empty() && options.vector.is_none()) || options.hits_max() == 0 {
            return None;
        }
        let names = analyzer.query_names(text).into_iter().chain(asker.terms()).collect();
        let corpus = Corpus::of(gate);
        Some(Asking { text, options, gate, corpus, query, names, weights, analyzer })
    }

    /// Owners whose records are counted.
    pub(crate) fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// The text, and the vector given for it.
    pub(crate) fn given(&self) -> (String, Option<Vec<f32>>) {
        (self.text.to_owned(), self.options.vector.clone())
    }

    /// Terms of the query.
    pub(crate) fn terms(&self) -> &[String] {
        &self.query.terms
    }

    /// Returns the ranking by words only, without the meaning of the query.
    pub(crate) async fn ranking(
        &self,
        speller: &Arc<Speller>,
        looked: Looked,
        view: Option<&View>,
        centre: Arc<[f32]>,
        now: Timestamp,
    ) -> Result<Ranking, Error> {
        let Asking { text, options, analyzer, .. } = *self;
        let Looked { edition, statistics, seen } = looked;
        let terms = rarest(self.query.terms.clone(), &statistics.documents_with);
        let query = self.query.clone().with_terms(terms);
        let vocabulary = Vocabulary {
            seen: Arc::clone(&seen),
            corpus: self.corpus.clone(),
            is_in_ram: view.is_some() || edition.version == 0,
        };
        let variants = speller.variants(&query, &statistics, vocabulary).await?;
        let guessed = &variants[query.variants().len()..];
        let has_day = query.terms.iter().any(|term| is_day(term));
        let opaque = |(at, term): (usize, &String)| {
            let is_unknown = statistics.documents_with.get(term).is_none_or(|count| *count == 0);
            let is_mended = is_unknown && guessed.iter().any(|guess| guess.to == at);
            let is_figure = term.contains(|c: char| c.is_ascii_digit());
            is_mended || is_figure || (has_day && analyzer.time_terms().contains(term))
        };
        let opaque = query.terms.iter().enumerate().map(opaque).collect();
        let parts = view.into_iter().flat_map(View::parts);
        Ok(Ranking {
            query: Query {
                related: related(&query.terms, analyzer),
                counts: query.terms.iter().map(|term| query.count(term)).collect(),
                terms: query.terms,
                opaque,
                varied: varied(text),
                variants,
                names: self.names.clone(),
                scope: Vec::new(),
                meaning: Meaning::none(),
                when: When::parse(text, options.as_of.unwrap_or(now)),
                moments: match when::asks_for_time(text) {
                    true => analyzer.time_terms().to_vec(),
                    false => Vec::new(),
                },
                corpus: self.corpus.clone(),
                statistics,
            },
            weights: self.weights,
            analyzer,
            centre,
            filter: Filter::new(options, self.gate.clone(), now),
            parts: seen.parts.iter().cloned().chain(parts).collect(),
            seen,
            rows: options.hits_max().saturating_mul(LEG_ROWS_PER_HIT).max(LEG_ROWS_MIN),
            worded: None,
        })
    }
}

impl Ranking {
    /// Returns the query as the person whom it names would ask it, and the words that name them.
    pub(crate) fn asked_by(&self, text: &str, names: &Names) -> (String, Vec<String>) {
        let owner = match &self.query.corpus {
            Corpus::All => None,
            Corpus::Of(owner) => owner.name(),
        };
        let asker = Asker::new(text, owner, self.analyzer);
        let speakers = self.sight(names).speakers(|name| asker.names(name));
        let speakers = speakers.iter().map(|speaker| names.others.text(*speaker));
        asker.first_person(speakers, &self.query.names)
    }
}

/// Returns `true` for the term of a day, such as `2026-03-02`.
fn is_day(term: &str) -> bool {
    let is_digit =
        |at: usize, c: char| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() };
    term.len() == 10 && term.char_indices().all(|(at, c)| is_digit(at, c))
}

/// Returns the share of a text that is not repeated words, 0 to 1; 1 if each word occurs at most
/// twice on average, or if there are no words.
fn varied(text: &str) -> f64 {
    let words = text.split_whitespace().map(str::to_lowercase);
    let (mut count, mut distinct) = (0_usize, HashSet::new());
    for word in words {
        count += 1;
        distinct.insert(word);
    }
    if count == 0 { 1.0 } else { (2.0 * distinct.len() as f64 / count as f64).min(1.0) }
}

/// Returns the rarest terms, in their original order.
fn rarest(mut terms: Vec<String>, documents_with: &HashMap<String, u64>) -> Vec<String> {
    if QUERY_TERMS_MAX < terms.len() {
        let rarity = |term: &String| documents_with.get(term).copied().unwrap_or(0);
        let mut by_rarity: Vec<&String> = terms.iter().filter(|term| 0 < rarity(term)).collect();
        by_rarity.sort_by_key(|term| rarity(term));
        let kept: HashSet<String> = by_rarity.into_iter().take(QUERY_TERMS_MAX).cloned().collect();
        if kept.is_empty() {
            terms.truncate(QUERY_TERMS_MAX);
        } else {
            terms.retain(|term| kept.contains(term));
        }
    }
    terms
}
