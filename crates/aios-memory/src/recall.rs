//! Search over everything that was acknowledged.

use std::time::Instant;

use aios_longterm::{Explanation, Hit, LIMIT_OF_CONFIG, SearchOptions};
use aios_record::{Id, Identity, Key, Kind, Owner, Tier, Timestamp};
use serde::Serialize;

use crate::{Error, MemoryView, rerank::Reranker};

/// The result of a search. It serializes to what `aios-memory recall --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Recalled {
    /// The question.
    pub query: String,
    /// The duration of the search.
    pub elapsed_ms: f64,
    /// Records of all owners that working memory has not handed on yet, and that were not searched;
    /// 0 unless nothing can be written.
    pub behind: u64,
    /// Records of this view that were searched by their words alone, for their vectors are not
    /// there yet.
    pub vectors_outstanding: u64,
    /// The records that fit, best first.
    pub hits: Vec<Recollection>,
}

/// A record that fits a query.
#[derive(Debug, Clone, Serialize)]
pub struct Recollection {
    /// The id, unique within its kind and owner.
    pub id: Id,
    /// The kind of record.
    pub kind: Kind,
    /// The id that the source of the record gave it.
    pub external_id: Option<String>,
    /// The collection of its kind.
    pub collection: &'static str,
    /// The tier that it was read from.
    pub tier: Tier,
    /// The text, verbatim.
    pub text: String,
    /// The heading.
    pub title: Option<String>,
    /// The speaker.
    pub name: Option<String>,
    /// The relevance, 0 to 1; comparable between searches.
    pub relevance: f64,
    /// The order of the hits of this search, but for those that a reranker read.
    pub score: f64,
    /// The score of the reranker, without bounds; hits that it read come first, the highest
    /// before the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranked: Option<f64>,
    /// When it happened, if known.
    pub occurred_at: Option<Timestamp>,
    /// When the memory took it in.
    pub recorded_at: Timestamp,
    /// The user whose record it is; `None` if it is shared.
    pub user: Option<String>,
    /// The project that it belongs to.
    pub project: Option<String>,
    /// The agent that it belongs to.
    pub agent: Option<String>,
    /// The conversation that it belongs to.
    pub session: Option<String>,
    /// The labels.
    pub tags: Vec<String>,
    /// Records with the same text, for which this one stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<Identity>,
    /// How the hit came about, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

impl Recollection {
    /// The key that a person types.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.kind, self.id.clone())
    }

    /// The identity of the record.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let owner = self.user.as_ref().map_or(Owner::SHARED, Owner::from_stored);
        self.key().of(owner)
    }
}

impl From<Hit> for Recollection {
    fn from(hit: Hit) -> Recollection {
        let Hit { record, score, relevance, folded, explain } = hit;
        Recollection {
            id: record.id,
            kind: record.kind,
            external_id: record.external_id,
            collection: record.kind.collection(),
            tier: Tier::Longterm,
            text: record.text,
            title: record.title,
            name: record.speaker,
            relevance,
            score,
            reranked: None,
            occurred_at: record.occurred_at,
            recorded_at: record.recorded_at,
            user: record.scope.user,
            project: record.scope.project,
            agent: record.scope.agent,
            session: record.scope.session,
            tags: record.tags,
            folded,
            explain,
        }
    }
}

impl MemoryView {
    /// Finds the records that fit `query`, best first, among all of this view that was
    /// acknowledged before the call. A query without a single word finds nothing.
    /// [`SearchOptions::scope`] narrows the view further; without a limit the configuration's
    /// `search.limit` holds. If the setting `search.reranker` names a cross-encoder, it orders the
    /// first hits.
    ///
    /// # Errors
    /// [`Error::Limit`] if [`SearchOptions::limit`] is not from 1 to 1000; errors of working or
    /// long-term memory, such as for a query that is too long.
    pub async fn recall(&self, query: &str, options: &SearchOptions) -> Result<Recalled, Error> {
        let began = Instant::now();
        if options.limit != LIMIT_OF_CONFIG {
            Error::check_limit(options.limit)?;
        }
        let behind = self.catch_up().await?;
        let (hits, vectors_outstanding) = self.ranked(query, options).await?;
        Ok(Recalled {
            query: query.to_owned(),
            behind,
            vectors_outstanding,
            hits,
            elapsed_ms: began.elapsed().as_secs_f64() * 1e3,
        })
    }

    /// The hits of a search, and how many records have no vector yet.
    async fn ranked(
        &self,
        query: &str,
        options: &SearchOptions,
    ) -> Result<(Vec<Recollection>, u64), Error> {
        let Some(reranker) = &self.shared().reranker else {
            let found = self.longterm().search(query, options).await?;
            let hits = found.hits.into_iter().map(Recollection::from).collect();
            return Ok((hits, found.vectors_outstanding));
        };
        let limit = self.config().search.limit;
        let found = self.longterm().search(query, &Reranker::widened(options, limit)).await?;
        let reranked = reranker.rerank(query, found.hits, options, limit).await?;
        let recollection = |(hit, reranked)| Recollection { reranked, ..Recollection::from(hit) };
        Ok((reranked.into_iter().map(recollection).collect(), found.vectors_outstanding))
    }
}
