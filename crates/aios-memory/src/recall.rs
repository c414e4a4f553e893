//! Search over all acknowledged records.

use std::{collections::HashSet, time::Instant};

use aios_longterm::{Explanation, Hit, SearchOptions};
use aios_record::{Id, Identity, Key, Kind, Owner, Record, Tier, Timestamp};
use aios_working::{FactOrigin, FactsHeld};
use serde::Serialize;

use crate::{Error, MemoryView, evidence, rerank::Reranker};

/// The result of a search. Serializes to the output of `aios-memory recall --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Recalled {
    /// The query.
    pub query: String,
    /// The duration of the search in milliseconds.
    pub elapsed_ms: f64,
    /// Records of all owners that working memory has not yet moved to long-term memory, so that
    /// they were not searched. 0 unless writing is impossible.
    pub behind: u64,
    /// Records of this view that were searched by their words alone, because they have no vectors
    /// yet.
    pub vectors_outstanding: u64,
    /// The matching records, best first.
    pub hits: Vec<Recollection>,
}

/// A record that matches a query.
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
    /// The relevance, 0 to 1, comparable between searches.
    pub relevance: f64,
    /// The score by which the hits of this search are ordered, except those with a reranker score.
    pub score: f64,
    /// The score of the reranker, unbounded. Hits that have one come first, the highest before the
    /// others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranked: Option<f64>,
    /// The time of the event, if known.
    pub occurred_at: Option<Timestamp>,
    /// The time at which the memory stored it.
    pub recorded_at: Timestamp,
    /// The owning user; `None` if the record is shared.
    pub user: Option<String>,
    /// The project that it belongs to.
    pub project: Option<String>,
    /// The agent that it belongs to.
    pub agent: Option<String>,
    /// The conversation that it belongs to.
    pub session: Option<String>,
    /// The labels.
    pub tags: Vec<String>,
    /// Records with the same text that this hit represents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<Identity>,
    /// The derivation of the score, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

impl Recollection {
    /// Returns the short key, kind and id, that users type.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.kind, self.id.clone())
    }

    /// Returns the identity of the record.
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
    /// Returns the configured options of a search: the limit is that of the setting `search.limit`.
    ///
    /// ```
    /// # use aios_memory::{AgentMemory, Config, Kind};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
    /// memory.remember("The staging database moved to port 5433.").await?;
    ///
    /// let notes = memory.search_options().with_kinds(vec![Kind::Note]);
    /// assert_eq!(memory.recall_with("staging port", &notes).await?.hits.len(), 1);
    /// let goals = memory.search_options().with_kinds(vec![Kind::Goal]);
    /// assert!(memory.recall_with("staging port", &goals).await?.hits.is_empty());
    /// # memory.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn search_options(&self) -> SearchOptions {
        SearchOptions::default().with_limit(self.config().search.limit)
    }

    /// Finds the records that match `query`, best first, among all records of this view
    /// acknowledged before the call, with the configured options. A query without words finds
    /// nothing.
    ///
    /// # Errors
    /// As [`recall_with`](MemoryView::recall_with).
    pub async fn recall(&self, query: &str) -> Result<Recalled, Error> {
        self.recall_with(query, &self.search_options()).await
    }

    /// Finds the records that match `query` and `options`. [`SearchOptions::scope`] narrows the
    /// view further. If the setting `search.reranker` names a cross-encoder, it orders the first
    /// hits.
    ///
    /// # Errors
    /// [`Error::Limit`] if [`SearchOptions::limit`] is not from 1 to 1000; errors of working or
    /// long-term memory, for example if the query is too long.
    pub async fn recall_with(
        &self,
        query: &str,
        options: &SearchOptions,
    ) -> Result<Recalled, Error> {
        let began = Instant::now();
        if let Some(limit) = options.limit {
            Error::check_limit(limit)?;
        }
        let behind = self.feed().catch_up().await?;
        let (hits, vectors_outstanding) = self.ranked(query, options).await?;
        Ok(Recalled {
            query: query.to_owned(),
            behind,
            vectors_outstanding,
            hits,
            elapsed_ms: began.elapsed().as_secs_f64() * 1e3,
        })
    }

    /// Returns the hits of a search, and the number of records without vectors.
    async fn ranked(
        &self,
        query: &str,
        options: &SearchOptions,
    ) -> Result<(Vec<Recollection>, u64), Error> {
        let Some(reranker) = &self.shared().reranker else {
            let (hits, outstanding) = self.searched(query, options).await?;
            return Ok((hits.into_iter().map(Recollection::from).collect(), outstanding));
        };
        let limit = self.config().search.limit;
        let (hits, outstanding) = self.searched(query, &Reranker::widened(options, limit)).await?;
        let reranked = reranker.rerank(query, hits, options, limit).await?;
        let recollection = |(hit, reranked)| Recollection { reranked, ..Recollection::from(hit) };
        Ok((reranked.into_iter().map(recollection).collect(), outstanding))
    }

    /// Returns the hits of a search, and the number of records without vectors. Learned facts are
    /// found by the messages that state them, told ones beside these. A search for facts alone
    /// finds all facts.
    pub(crate) async fn searched(
        &self,
        query: &str,
        options: &SearchOptions,
    ) -> Result<(Vec<Hit>, u64), Error> {
        let others = evidence::other_kinds(options.kinds.as_deref());
        let held = match others {
            Some(_) => self.working().facts().held().await?,
            None => FactsHeld::default(),
        };
        let Some(others) = others.filter(|_| held.any) else {
            let found = self.longterm().search(query, options).await?;
            return Ok((found.hits, found.vectors_outstanding));
        };
        let longterm = self.longterm();
        let found = longterm.search(query, &options.clone().with_kinds(others)).await?;
        if !held.told {
            return Ok((found.hits, found.vectors_outstanding));
        }
        let facts = options.clone().with_kinds(vec![Kind::Fact]);
        let mut told = longterm.search(query, &facts).await?.hits;
        let stored: Vec<Identity> = told.iter().map(|hit| hit.record.identity()).collect();
        let stored = self.working().records().get_all(stored).await?;
        let is_told = |record: &&Record| record.payload["origin"] == FactOrigin::Told.as_str();
        let kept: HashSet<Identity> = stored.iter().filter(is_told).map(Record::identity).collect();
        told.retain(|hit| kept.contains(&hit.record.identity()));
        let limit = options.limit.unwrap_or(self.config().search.limit);
        Ok((evidence::merged(found.hits, told, limit), found.vectors_outstanding))
    }
}
