//! Search: two legs find candidates, their neighbours join them, one scorer ranks them all.
//!
//! The legs only propose. A record that still waits in the journal and one from the library are
//! scored by the same code from the same statistics, so where a record lies changes no rank.

mod background;
mod filter;
mod score;
mod when;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use aios_record::{Kind, Record, ScopeFilter, Timestamp};
use lancedb::expr::{DfExpr, col, is_in, lit};
use tokio::task;

use crate::{
    Error, Longterm,
    journal::Pending,
    library::{Library, Row},
    search::{
        background::Spread,
        filter::Filter,
        score::{Query, Scorer},
        when::When,
    },
    store::Tries,
};
pub(crate) use background::Background;
pub use score::{Explanation, Weights};

/// The longest query, in bytes; of a long one the rarest terms are searched for.
pub const QUERY_BYTES_MAX: usize = 1 << 20;
/// The most hits of one search.
pub const LIMIT_MAX: usize = 1000;
/// The most tags or kinds of one search.
const FILTER_VALUES_MAX: usize = 100;
/// Candidates that each leg proposes, at least.
const LEG_ROWS_MIN: usize = 64;
/// Candidates that each leg proposes for each hit that is wanted.
const LEG_ROWS_PER_HIT: usize = 3;
/// Of a query with more terms, as many of the rarest are searched for.
const QUERY_TERMS_MAX: usize = 64;
/// Candidates whose neighbours become candidates, best first.
const NEIGHBOURED: usize = 64;
/// How many turns before and after a candidate become candidates.
const REACH: i64 = 2;

/// What to search, beside the query's text. Every field restricts, none is required.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// How many hits at most; 10 unless told, [`LIMIT_MAX`] at most.
    pub limit: usize,
    /// Whose records.
    pub scope: ScopeFilter,
    /// Which kinds; all unless told.
    pub kinds: Option<Vec<Kind>>,
    /// Records with any of these tags.
    pub tags: Vec<String>,
    /// What happened at this moment or later; what is not known to have happened at some time
    /// counts as of when it was recorded.
    pub since: Option<Timestamp>,
    /// What happened before this moment.
    pub until: Option<Timestamp>,
    /// What was known and valid at this moment, rather than now.
    pub as_of: Option<Timestamp>,
    /// Leaves out hits of lower relevance, 0 to 1.
    pub min_relevance: Option<f64>,
    /// Whether hits say how they came about; they do not unless told.
    pub explain: Explain,
}

/// Whether hits say how they came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Explain {
    /// They do not. The default.
    #[default]
    No,
    /// They do.
    Yes,
}

impl Default for SearchOptions {
    fn default() -> SearchOptions {
        SearchOptions {
            limit: 10,
            scope: ScopeFilter::default(),
            kinds: None,
            tags: Vec::new(),
            since: None,
            until: None,
            as_of: None,
            min_relevance: None,
            explain: Explain::No,
        }
    }
}

/// What a search found, best first.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// At most as many as were asked for.
    pub hits: Vec<Hit>,
}

/// A record that fits a query.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The record; its `payload` and `provenance` are left out, see
    /// [`Longterm::record`].
    pub record: Record,
    /// Orders the hits of one search.
    pub score: f64,
    /// How well it fits, 0 to 1; grows with the score and means the same in every search.
    pub relevance: f64,
    /// Keys of records with the same words, which this hit stands for.
    pub folded: Vec<String>,
    /// How the score came about, if that was asked for.
    pub explain: Option<Explanation>,
}

impl Longterm {
    /// Finds the records that fit `text`, best first. A text without a single word finds nothing.
    ///
    /// # Errors
    /// - [`Error::QueryTooLong`] above [`QUERY_BYTES_MAX`] bytes, [`Error::TooMany`] above
    ///   [`LIMIT_MAX`] hits or 100 tags.
    /// - [`Error::Embedding`], [`Error::Journal`], [`Error::Library`] when these fail.
    pub async fn search(&self, text: &str, options: &SearchOptions) -> Result<Found, Error> {
        check(text, options)?;
        let mut tries = Tries::default();
        loop {
            match self.search_once(text, options).await {
                Err(error) if tries.are_left(&error) => {}
                outcome => return outcome,
            }
        }
    }

    async fn search_once(&self, text: &str, options: &SearchOptions) -> Result<Found, Error> {
        let shared = &self.shared;
        let terms = shared.analyzer.query_terms(text);
        if terms.is_empty() || options.limit == 0 {
            return Ok(Found::default());
        }
        let snapshot = shared.journal.snapshot(terms.clone()).await?;
        let (vector, spread) = self.embed_query(text).await?;
        let query = Query {
            terms: rarest(terms, &snapshot.statistics.documents_with),
            vector,
            spread,
            when: When::parse(text),
            statistics: snapshot.statistics,
        };
        let filter = Filter::new(options, shared.now());
        let library = shared.library(snapshot.synced_version).await?;
        let mut pool = Pool::new(snapshot.pending, &filter);
        let weights = shared.weights();
        let stem = |name: &str| shared.analyzer.terms(name);
        if let Some(library) = &library {
            let rows = options.limit.saturating_mul(LEG_ROWS_PER_HIT).max(LEG_ROWS_MIN);
            pool.add_legs(library, &query, &filter.expression(), rows).await?;
            let best =
                Scorer::new(&query, weights, &pool.rows, stem).rank().into_iter().take(NEIGHBOURED);
            if let Some(near) = neighbours(best.map(|scored| &pool.rows[scored.at])) {
                pool.add(library.scan(near.and(filter.expression())).await?);
            }
        }
        let scorer = Scorer::new(&query, weights, &pool.rows, stem);
        let mut ranked = scorer.rank();
        let shared_terms = scorer.shared_terms(&ranked, |term| shared.analyzer.asks(term));
        if !shared_terms.is_empty() {
            let statistics = shared.journal.statistics(shared_terms.clone()).await?;
            ranked = scorer.rank_with_feedback(ranked, &shared_terms, &statistics);
        }
        drop(scorer);
        Ok(Found { hits: hits(pool.rows, ranked, options) })
    }

    async fn embed_query(&self, text: &str) -> Result<(Vec<f32>, Spread), Error> {
        let shared = Arc::clone(&self.shared);
        let text = text.to_owned();
        let work = task::spawn_blocking(move || {
            let vector = shared.embedder.embed_query(&text)?;
            let spread = shared.background()?.spread(&vector);
            Ok((vector, spread))
        });
        work.await.map_err(|_| Error::Closed)?
    }
}

fn check(text: &str, options: &SearchOptions) -> Result<(), Error> {
    if QUERY_BYTES_MAX < text.len() {
        return Err(Error::QueryTooLong { bytes: text.len(), bytes_max: QUERY_BYTES_MAX });
    }
    let kinds = options.kinds.as_ref().map_or(0, Vec::len);
    let counts = [
        ("hits", options.limit, LIMIT_MAX),
        ("tags", options.tags.len(), FILTER_VALUES_MAX),
        ("kinds", kinds, FILTER_VALUES_MAX),
    ];
    for (what, count, count_max) in counts {
        if count_max < count {
            return Err(Error::TooMany { what, count, count_max });
        }
    }
    Ok(())
}

impl Filter {
    fn new(options: &SearchOptions, now: Timestamp) -> Filter {
        Filter {
            scope: options.scope.clone(),
            kinds: options.kinds.clone(),
            tags: options.tags.clone(),
            since: options.since,
            until: options.until,
            at: options.as_of.unwrap_or(now),
            as_of: options.as_of.is_some(),
        }
    }
}

/// Rows from both stores, each key once. What the journal says of a key hides what the library
/// says of it.
struct Pool {
    rows: Vec<Row>,
    taken: HashSet<String>,
}

impl Pool {
    fn new(pending: Vec<Pending>, filter: &Filter) -> Pool {
        let taken = pending.iter().map(|pending| pending.key.clone()).collect();
        let rows = pending.into_iter().filter_map(|pending| pending.row);
        Pool { rows: rows.filter(|row| filter.admits(&row.record)).collect(), taken }
    }

    async fn add_legs(
        &mut self,
        library: &Library,
        query: &Query,
        filter: &DfExpr,
        rows: usize,
    ) -> Result<(), Error> {
        let lexical = library.matching(&query.terms, filter, rows);
        if query.has_vector() {
            let dense = library.nearest(&query.vector, filter, rows);
            let (lexical, dense) = tokio::try_join!(lexical, dense)?;
            self.add(lexical);
            self.add(dense);
        } else {
            self.add(lexical.await?);
        }
        Ok(())
    }

    fn add(&mut self, rows: Vec<Row>) {
        for row in rows {
            if self.taken.insert(row.record.key()) {
                self.rows.push(row);
            }
        }
    }
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

/// An expression for the rows around `best` in their sessions; none where none has a place in one.
fn neighbours<'a>(best: impl Iterator<Item = &'a Row>) -> Option<DfExpr> {
    let mut wanted: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for row in best {
        if let (Some(session), Some(at)) = (&row.record.scope.session, row.record.position) {
            let around = at.saturating_sub(REACH)..=at.saturating_add(REACH);
            wanted.entry(session).or_default().extend(around);
        }
    }
    let sessions = wanted.into_iter().map(|(session, positions)| {
        let positions = positions.into_iter().map(lit).collect();
        col("session").eq(lit(session)).and(is_in(col("position"), positions))
    });
    sessions.reduce(DfExpr::or)
}

fn hits(rows: Vec<Row>, scored: Vec<score::Scored>, options: &SearchOptions) -> Vec<Hit> {
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let mut hits: Vec<Hit> = Vec::new();
    let mut first_with: HashMap<String, usize> = HashMap::new();
    for scored in scored {
        let relevance = score::relevance(scored.score);
        if options.min_relevance.is_some_and(|least| relevance < least) {
            break;
        }
        let row = rows[scored.at].take().expect("each row is scored once");
        if let Some(&first) = first_with.get(&row.terms) {
            hits[first].folded.push(row.record.key());
            continue;
        }
        if hits.len() == options.limit {
            break;
        }
        if FOLDED_TERMS_MIN <= row.terms.split(' ').count() {
            first_with.insert(row.terms, hits.len());
        }
        hits.push(Hit {
            record: row.record,
            score: scored.score,
            relevance,
            folded: Vec::new(),
            explain: (options.explain == Explain::Yes).then_some(scored.explanation),
        });
    }
    hits
}

/// Records with the same words are folded into the best of them from this many words on; shorter
/// ones ("Thanks!") are told apart by who said them when.
const FOLDED_TERMS_MIN: usize = 5;
