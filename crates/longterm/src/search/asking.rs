//! From a text to a ranking: its words, whom it names, what it means. Not here: the order of what
//! is found (`ranking`), and the reading of the journal (`looking`).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aios_analysis::Analyzer;
use aios_record::{Gate, Owner};

use crate::{
    Error,
    journal::Corpus,
    library::Edition,
    search::{
        SearchOptions,
        asker::Asker,
        background::Background,
        blocking,
        by_library::Lookup,
        filter::Filter,
        looking::Looked,
        query::{Meaning, Query},
        ranking::{Chosen, Ranking},
        related::related,
        resident::View,
        segment::Names,
        spelling::Vocabulary,
        vectors::Asked,
        when::{self, When},
    },
    store::Shared,
};

/// Candidates that each leg proposes, at least.
const LEG_ROWS_MIN: usize = 64;
/// Candidates that each leg proposes for each hit that is wanted.
const LEG_ROWS_PER_HIT: usize = 3;
/// Of a query with more terms, as many of the rarest are searched for.
const QUERY_TERMS_MAX: usize = 64;

/// A text that is searched for, before anything is known of what is stored.
pub(super) struct Asking<'a> {
    text: &'a str,
    options: &'a SearchOptions,
    gate: &'a Gate,
    corpus: Corpus,
    query: aios_analysis::Query,
    /// The terms that may name a speaker and nothing else.
    names: Vec<String>,
    analyzer: &'static Analyzer,
}

impl<'a> Asking<'a> {
    /// `None` if there is nothing to search for.
    pub(super) fn new(
        text: &'a str,
        options: &'a SearchOptions,
        gate: &'a Gate,
        analyzer: &'static Analyzer,
    ) -> Option<Asking<'a>> {
        let asker = Asker::new(text, gate.acts_for().and_then(Owner::name), analyzer);
        let query = analyzer.query(&asker.content());
        if (query.terms.is_empty() && options.vector.is_none()) || options.limit == 0 {
            return None;
        }
        let names = analyzer.query_names(text).into_iter().chain(asker.terms()).collect();
        let corpus = Corpus::of(gate);
        Some(Asking { text, options, gate, corpus, query, names, analyzer })
    }

    /// The owners whose records are counted.
    pub(super) fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// The journal once no row that is visible waits for its vector, or as it is after a while.
    pub(super) async fn look_for_vectors(
        &self,
        shared: &Arc<Shared>,
        centre: &Arc<[f32]>,
    ) -> Result<Looked, Error> {
        shared.look_for_vectors(&self.query.terms, &self.corpus, centre, self.gate).await
    }

    /// The ranking by words alone: without the meaning of the query.
    pub(super) async fn ranking(
        &self,
        shared: &Arc<Shared>,
        looked: Looked,
        view: Option<&View>,
        centre: Arc<[f32]>,
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
        let variants = shared.variants(&query, &statistics, vocabulary).await?;
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
        let now = shared.now();
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
                moments: match when::asks_when(text) {
                    true => analyzer.time_terms().to_vec(),
                    false => Vec::new(),
                },
                corpus: self.corpus.clone(),
                statistics,
            },
            weights: shared.weights(),
            analyzer,
            centre,
            filter: Filter::new(options, self.gate.clone(), now),
            parts: seen.parts.iter().cloned().chain(parts).collect(),
            seen,
            rows: options.limit.saturating_mul(LEG_ROWS_PER_HIT).max(LEG_ROWS_MIN),
        })
    }

    /// `ranking` with what its query means and with the candidates that the library's own indexes
    /// find, at `edition` or later. Who speaks is known of the rows that have the query's words.
    pub(super) async fn ranking_by_library(
        &self,
        shared: &Arc<Shared>,
        edition: Edition,
        mut ranking: Ranking,
        background: Arc<Background>,
    ) -> Result<Ranking, Error> {
        let mut lookup = Lookup::new(shared, edition, &ranking).await?;
        if let Some(lookup) = &mut lookup {
            lookup.add_by_words(&mut ranking).await?;
        }
        let ranking = shared.mean(ranking, self.text, self.options, background).await?;
        match lookup {
            Some(lookup) => lookup.add_by_meaning(ranking).await,
            None => Ok(ranking),
        }
    }
}

impl Shared {
    /// Gives `ranking` the meaning of its query, off the async workers; the vector may be given.
    pub(super) async fn mean(
        self: &Arc<Shared>,
        mut ranking: Ranking,
        text: &str,
        options: &SearchOptions,
        background: Arc<Background>,
    ) -> Result<Ranking, Error> {
        let (shared, text, given) = (Arc::clone(self), text.to_owned(), options.vector.clone());
        let work = move || {
            let (asked, scope) = {
                let names = shared.names.read().expect("no holder panics");
                ranking.asked_by(&text, &names)
            };
            let vector = shared.vectors.of_query(&asked, given)?;
            ranking.query.scope = scope;
            ranking.query.meaning = Meaning {
                asked: Asked::new(&vector, &background.centre()),
                scale: background.scale(&vector),
                vector,
            };
            Ok(ranking)
        };
        blocking(work).await?
    }

    /// The hits of `ranking`. Reads the journal, so it may block.
    pub(super) fn choose(
        &self,
        ranking: &mut Ranking,
        limit: usize,
        least: Option<f64>,
    ) -> Result<Vec<Chosen>, Error> {
        let names = self.names.read().expect("no holder panics");
        let (seen, corpus) = (Arc::clone(&ranking.seen), ranking.query.corpus.clone());
        let first = ranking.query.statistics.clone();
        ranking.choose(limit, least, &names, |terms| {
            let (statistics, waiting) =
                self.journal.statistics_blocking(terms.to_vec(), corpus.clone())?;
            Ok(seen.count_later(statistics, &waiting, &first, &corpus, &names))
        })
    }
}

impl Ranking {
    /// The query as whoever it names would ask it, and the words that name them.
    fn asked_by(&self, text: &str, names: &Names) -> (String, Vec<String>) {
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

/// The share of a text, 0 to 1, that is not words said over and over: all of it if each is said
/// twice on average, or there are none.
fn varied(text: &str) -> f64 {
    let words = text.split_whitespace().map(str::to_lowercase);
    let (mut count, mut distinct) = (0_usize, HashSet::new());
    for word in words {
        count += 1;
        distinct.insert(word);
    }
    if count == 0 { 1.0 } else { (2.0 * distinct.len() as f64 / count as f64).min(1.0) }
}

/// The terms that fewest records have, in their own order.
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
