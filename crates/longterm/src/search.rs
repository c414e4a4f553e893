//! Search: two legs find candidates, their neighbours join them, one scorer ranks them all.
//!
//! The legs only propose. Wherever a record lies, it is ranked in one form (`segment`) by one
//! scorer from the same statistics, so where it lies changes no rank. What waits in the journal is
//! analysed when it is first seen (`waiting`); the library is held in RAM (`resident`), or, where
//! it is not, its own indexes propose (`by_library`).

mod background;
mod by_library;
mod counts;
mod filter;
mod legs;
mod ranking;
mod related;
mod resident;
mod score;
mod segment;
mod spelling;
mod strings;
mod vectors;
mod waiting;
mod when;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use aios_record::{Gate, Identity, Kind, Record, ScopeFilter, Timestamp};
use tokio::{task, time};

use crate::{
    Error, LongtermView,
    journal::{Corpus, Snapshot, Statistics},
    library::{Edition, SHOWN_COLUMNS},
    search::{
        filter::Filter,
        legs::Home,
        ranking::{Chosen, Ranking},
        related::related,
        resident::View,
        score::{Meaning, Query},
        spelling::Vocabulary,
        vectors::Asked,
        waiting::Seen,
        when::When,
    },
    store::{Shared, Tries},
};
use background::Background;
pub(crate) use background::Backgrounds;
pub(crate) use filter::visible;
pub(crate) use resident::Resident;
pub use score::{Counted, Explanation, Weights};
pub(crate) use segment::Names;
use waiting::HeldRow;
pub(crate) use waiting::Waiting;

/// The longest query, in bytes; of a long one the rarest terms are searched for.
pub const QUERY_BYTES_MAX: usize = 1 << 20;
/// The most hits of one search.
pub const LIMIT_MAX: usize = 1000;
/// The limit of a search that names none of its own: that of the configuration.
pub const LIMIT_OF_CONFIG: usize = usize::MAX;
/// The most tags or kinds of one search.
const FILTER_VALUES_MAX: usize = 100;
/// Keys whose rows in the library are looked up at once.
const HELD_KEYS: usize = 4096;
/// The time between looks at vectors that are outstanding.
const VECTOR_POLL: Duration = Duration::from_millis(5);
/// Candidates that each leg proposes, at least.
const LEG_ROWS_MIN: usize = 64;
/// Candidates that each leg proposes for each hit that is wanted.
const LEG_ROWS_PER_HIT: usize = 3;
/// Of a query with more terms, as many of the rarest are searched for.
const QUERY_TERMS_MAX: usize = 64;

/// What to search, beside the query's text. Every field restricts, none is required.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// How many hits at most, up to [`LIMIT_MAX`]. Default: [`LIMIT_OF_CONFIG`].
    pub limit: usize,
    /// Narrows the view's gate.
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
    /// The query as a vector, in a store whose vectors are the caller's own, see
    /// [`Longterm::open_with_vectors`](crate::Longterm::open_with_vectors); none elsewhere.
    pub vector: Option<Vec<f32>>,
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
            limit: LIMIT_OF_CONFIG,
            scope: ScopeFilter::default(),
            kinds: None,
            tags: Vec::new(),
            since: None,
            until: None,
            as_of: None,
            min_relevance: None,
            vector: None,
            explain: Explain::No,
        }
    }
}

/// What a search found, best first.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// At most as many as were asked for.
    pub hits: Vec<Hit>,
    /// Records that this view sees and that have no vector yet, so that only words find them.
    pub vectors_outstanding: u64,
}

/// A record that fits a query.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The record; its `payload`, `provenance` and `references` are left out, see
    /// [`LongtermView::records`].
    pub record: Record,
    /// Orders the hits of one search.
    pub score: f64,
    /// How well it fits, 0 to 1; grows with the score and means the same in every search.
    pub relevance: f64,
    /// Records that say the same, which this hit stands for: of the same text and speaker, of the
    /// same owner, or, where the hit is a user's own, shared.
    pub folded: Vec<Identity>,
    /// How the score came about, if that was asked for.
    pub explain: Option<Explanation>,
}

impl LongtermView {
    /// Finds the records that fit `text`, best first. A text without a single word finds nothing,
    /// unless it comes with a vector.
    ///
    /// # Errors
    /// - [`Error::Scope`] when [`SearchOptions::scope`] names a part other than the one that the
    ///   view is bound to.
    /// - [`Error::QueryTooLong`] above [`QUERY_BYTES_MAX`] bytes, [`Error::TooMany`] above
    ///   [`LIMIT_MAX`] hits or 100 tags.
    /// - [`Error::VectorMissing`] without a vector where vectors are the caller's own,
    ///   [`Error::VectorUnfit`] with one that does not fit, or where the store embeds by itself.
    /// - [`Error::Embedding`], [`Error::Journal`], [`Error::Library`] when these fail.
    pub async fn search(&self, text: &str, options: &SearchOptions) -> Result<Found, Error> {
        let limit = match options.limit {
            LIMIT_OF_CONFIG => self.shared.config.search_limit,
            limit => limit,
        };
        let options = &SearchOptions { limit, ..options.clone() };
        check(text, options)?;
        let gate = self.gate.narrow(&options.scope)?;
        let mut tries = Tries::default();
        loop {
            match self.search_once(text, options, &gate).await {
                Err(error) if tries.are_left(&error) => {}
                outcome => return outcome,
            }
        }
    }

    async fn search_once(
        &self,
        text: &str,
        options: &SearchOptions,
        gate: &Gate,
    ) -> Result<Found, Error> {
        let shared = &self.shared;
        let asked = shared.analyzer.query(text);
        let terms = asked.terms.clone();
        if (terms.is_empty() && options.vector.is_none()) || options.limit == 0 {
            return Ok(Found::default());
        }
        let corpus = Corpus::of(gate);
        let background = shared.background(&corpus).await?;
        let centre = background.centre();
        let looking = shared.look_for_vectors(&terms, &corpus, &centre, gate);
        let meaning = shared.meaning(text, &terms, options.vector.clone(), background);
        let (looked, meaning) = tokio::try_join!(looking, meaning)?;
        let now = shared.now();
        let Looked { edition, statistics, seen } = looked;
        let vectors_outstanding = seen.outstanding(gate);
        let view = shared.view(edition).await;
        let asked = asked.with_terms(rarest(terms, &statistics.documents_with));
        let vocabulary = Vocabulary {
            seen: Arc::clone(&seen),
            corpus: corpus.clone(),
            is_in_ram: view.is_some() || edition.version == 0,
        };
        let variants = shared.variants(&asked, &statistics, vocabulary).await?;
        let parts = view.iter().flat_map(|view| view.parts());
        let mut ranking = Ranking {
            shared: Arc::clone(shared),
            query: Query {
                terms: asked.terms,
                variants,
                names: shared.analyzer.query_names(text),
                meaning,
                when: When::parse(text, options.as_of.unwrap_or(now)),
                moments: match when::asks_when(text) {
                    true => shared.analyzer.time_terms().to_vec(),
                    false => Vec::new(),
                },
                corpus,
                statistics,
            },
            centre,
            filter: Filter::new(options, gate.clone(), now),
            parts: seen.parts.iter().cloned().chain(parts).collect(),
            seen,
            rows: options.limit.saturating_mul(LEG_ROWS_PER_HIT).max(LEG_ROWS_MIN),
        };
        if view.is_none() {
            ranking = ranking.with_library(edition).await?;
        }
        let (limit, least) = (options.limit, options.min_relevance);
        let choosing = blocking(move || (ranking.choose(limit, least), ranking));
        let (chosen, ranking) = choosing.await?;
        let chosen = chosen?;
        let records = records(&ranking, view.as_deref(), &chosen).await?;
        let hits = chosen.into_iter().zip(records).map(|(chosen, record)| Hit {
            record,
            score: chosen.score,
            relevance: score::relevance(chosen.score),
            folded: chosen.folded,
            explain: (options.explain == Explain::Yes).then_some(chosen.explanation),
        });
        Ok(Found { hits: hits.collect(), vectors_outstanding })
    }
}

/// The journal at the moment of a search.
struct Looked {
    edition: Edition,
    statistics: Statistics,
    seen: Arc<Seen>,
}

impl Shared {
    /// The mean of the vectors of all texts.
    async fn centre(self: &Arc<Shared>) -> Result<Arc<[f32]>, Error> {
        Ok(self.background(&Corpus::All).await?.centre())
    }

    /// The journal once no row that `gate` sees waits for its vector, or as it is after a while.
    async fn look_for_vectors(
        self: &Arc<Shared>,
        terms: &[String],
        corpus: &Corpus,
        centre: &Arc<[f32]>,
        gate: &Gate,
    ) -> Result<Looked, Error> {
        let end = Instant::now() + self.config.vector_wait;
        loop {
            let looked = self.look(terms, corpus, centre).await?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || looked.seen.outstanding(gate) == 0 {
                return Ok(looked);
            }
            time::sleep(left.min(VECTOR_POLL)).await;
        }
    }

    /// The journal as it is now.
    async fn look(
        self: &Arc<Shared>,
        terms: &[String],
        corpus: &Corpus,
        centre: &Arc<[f32]>,
    ) -> Result<Looked, Error> {
        loop {
            let known = self.waiting.known();
            let mut snapshot = self.journal.snapshot(terms.to_vec(), corpus.clone(), known).await?;
            let edition = snapshot.edition;
            let held = self.held_rows(&snapshot).await?;
            let mut statistics = std::mem::take(&mut snapshot.statistics);
            // Without rows that wait there is nothing to compute.
            let is_quick = snapshot.seqs.is_empty();
            let (shared, corpus) = (Arc::clone(self), corpus.clone());
            let centre = Arc::clone(centre);
            let see = move || {
                let seen = shared.waiting.see(snapshot, held, &centre, &shared.names)?;
                let names = shared.names.read().expect("no holder panics");
                seen.count(&mut statistics, &corpus, &names);
                Some(Looked { edition, statistics, seen })
            };
            let looked = if is_quick { see() } else { blocking(see).await? };
            // Each time that this goes round, another search has seen a later journal.
            if let Some(looked) = looked {
                return Ok(looked);
            }
        }
    }

    /// The rows that the library holds of the keys of changes that are fresh.
    async fn held_rows(self: &Arc<Shared>, snapshot: &Snapshot) -> Result<Vec<HeldRow>, Error> {
        let changes = snapshot.fresh.iter().filter(|change| !change.is_new);
        let mut seqs: HashMap<&str, i64> = HashMap::new();
        seqs.extend(changes.map(|change| (&*change.key, change.seq)));
        let mut held = Vec::new();
        if seqs.is_empty() {
            return Ok(held);
        }
        let Some(library) = self.library(snapshot.edition).await? else { return Ok(held) };
        // A later version may hold the changes themselves.
        let library = library.pinned(snapshot.edition.version).await?;
        let keys: Vec<String> = seqs.keys().map(|key| (*key).to_owned()).collect();
        for keys in keys.chunks(HELD_KEYS) {
            let rows = library.terms_of(keys).await?;
            held.extend(rows.into_iter().map(|row| HeldRow { seq: seqs[&*row.key], row }));
        }
        Ok(held)
    }

    /// What the query means, worked out off the async workers; its vector may be given.
    async fn meaning(
        self: &Arc<Shared>,
        text: &str,
        terms: &[String],
        given: Option<Vec<f32>>,
        background: Arc<Background>,
    ) -> Result<Meaning, Error> {
        let (shared, text, terms) = (Arc::clone(self), text.to_owned(), terms.to_vec());
        let work = blocking(move || {
            let vector = shared.vectors.of_query(&text, given)?;
            Ok(Meaning {
                related: related(&terms, shared.analyzer),
                asked: Asked::new(&vector, &background.centre()),
                spread: background.spread(&vector),
                vector,
            })
        });
        work.await?
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    task::spawn_blocking(work).await.map_err(|_| Error::Closed)
}

/// The records of what was chosen, in that order.
async fn records(
    ranking: &Ranking,
    view: Option<&View>,
    chosen: &[Chosen],
) -> Result<Vec<Record>, Error> {
    let mut places = Vec::new();
    for Chosen { place, .. } in chosen {
        if let Home::Fragment { id, offsets } = &ranking.parts[place.part as usize].home {
            places.push((*id, offsets[place.at as usize]));
        }
    }
    let taken = match view {
        Some(view) => view.library.take(&places, SHOWN_COLUMNS).await?,
        None => Vec::new(),
    };
    let mut taken = taken.into_iter();
    let records =
        chosen.iter().map(|Chosen { place, .. }| match &ranking.parts[place.part as usize].home {
            Home::Here(records) => Ok(records[place.at as usize].clone()),
            Home::Fragment { .. } => {
                let row = taken.next().map(|row| row.record);
                row.ok_or_else(|| Error::Library {
                    action: "read hits",
                    source: "a row is not where it was".into(),
                })
            }
        });
    records.collect()
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
    fn new(options: &SearchOptions, gate: Gate, now: Timestamp) -> Filter {
        Filter {
            gate,
            kinds: options.kinds.clone(),
            tags: options.tags.clone(),
            since: options.since,
            until: options.until,
            at: options.as_of.unwrap_or(now),
            as_of: options.as_of.is_some(),
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
