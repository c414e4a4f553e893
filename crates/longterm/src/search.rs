//! Search: two legs find candidates, their neighbours join them, one scorer ranks them all.
//!
//! The legs only propose. Wherever a record lies, it is ranked in one form (`segment`) by one
//! scorer from the same statistics, so where it lies changes no rank. What waits in the journal is
//! analysed when it is first seen (`waiting`); the library is held in RAM (`resident`), or, where
//! it is not, its own indexes propose (`by_library`).

mod asker;
mod asking;
mod background;
mod bm25;
mod by_library;
mod counts;
mod explain;
mod feedback;
mod filter;
mod legs;
mod looking;
mod query;
mod ranking;
mod related;
mod relevance;
mod resident;
mod score;
mod segment;
mod shown;
mod speakers;
mod spelling;
mod strings;
mod vectors;
mod waiting;
mod weights;
mod when;

use std::sync::Arc;

use aios_record::{Gate, Identity, Kind, Record, ScopeFilter, Timestamp};
use tokio::task;

use crate::{
    Error, LongtermView,
    library::SHOWN_COLUMNS,
    search::{
        asking::Asking,
        legs::{Home, Place},
        ranking::{Chosen, Ranking},
        resident::View,
    },
    store::{Shared, Tries},
};
pub(crate) use background::Backgrounds;
pub use explain::{Counted, Explanation};
pub(crate) use filter::visible;
pub(crate) use resident::Resident;
pub(crate) use segment::Names;
pub(crate) use waiting::Waiting;
pub use weights::Weights;

/// The longest query, in bytes; of a long one the rarest terms are searched for.
pub const QUERY_BYTES_MAX: usize = 1 << 20;
/// The most hits of one search.
pub const LIMIT_MAX: usize = 1000;
/// The limit of a search that names none of its own: that of the configuration.
pub const LIMIT_OF_CONFIG: usize = usize::MAX;
/// The most tags or kinds of one search.
const FILTER_VALUES_MAX: usize = 100;

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
    /// The fit, 0 to 1, by words and meaning; means the same in every search. A hit is as relevant
    /// as the most relevant of those that are ranked no better, so within one search it falls with
    /// the score.
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
        let Some(asking) = Asking::new(text, options, gate, shared.analyzer) else {
            return Ok(Found::default());
        };
        let background = shared.background(asking.corpus()).await?;
        let looked = asking.look_for_vectors(shared, &background.centre()).await?;
        let edition = looked.edition;
        let vectors_outstanding = looked.seen.outstanding(gate);
        let view = shared.view(edition).await;
        let ranking = asking.ranking(shared, looked, view.as_deref(), background.centre()).await?;
        let ranking = match view {
            Some(_) => shared.mean(ranking, text, options, background).await?,
            None => asking.ranking_by_library(shared, edition, ranking, background).await?,
        };
        let (limit, least) = (options.limit, options.min_relevance);
        let choosing = Arc::clone(shared);
        let mut ranking = ranking;
        let choose = move || (choosing.choose(&mut ranking, limit, least), ranking);
        let (chosen, ranking) = blocking(choose).await?;
        let chosen = chosen?;
        let records = records(shared, &ranking, view.as_deref(), &chosen).await?;
        let hits = chosen.into_iter().zip(records).map(|(chosen, record)| Hit {
            record,
            score: chosen.score,
            relevance: chosen.relevance,
            folded: chosen.folded,
            explain: (options.explain == Explain::Yes).then_some(chosen.explanation),
        });
        Ok(Found { hits: hits.collect(), vectors_outstanding })
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    task::spawn_blocking(work).await.map_err(|_| Error::Closed)
}

/// The records of what was chosen, in that order: from RAM, or from the library's files.
async fn records(
    shared: &Shared,
    ranking: &Ranking,
    view: Option<&View>,
    chosen: &[Chosen],
) -> Result<Vec<Record>, Error> {
    let part = |place: Place| &ranking.parts[place.part as usize];
    let at_hand: Vec<Option<Record>> = {
        let names = shared.names.read().expect("no holder panics");
        chosen.iter().map(|it| part(it.place).record(it.place.at, &names)).collect()
    };
    let mut places = Vec::new();
    for (Chosen { place, .. }, record) in chosen.iter().zip(&at_hand) {
        if let (Home::Fragment { id, offsets, .. }, None) = (&part(*place).home, record) {
            places.push((*id, offsets[place.at as usize]));
        }
    }
    let taken = match view {
        Some(view) if !places.is_empty() => view.library.take(&places, SHOWN_COLUMNS).await?,
        _ => Vec::new(),
    };
    let mut taken = taken.into_iter().map(|row| row.record);
    let records = at_hand.into_iter().map(|record| {
        record.or_else(|| taken.next()).ok_or_else(|| Error::Library {
            action: "read hits",
            source: "a row is not where it was".into(),
        })
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
