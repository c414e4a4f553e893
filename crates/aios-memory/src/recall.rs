//! Search over all acknowledged records.

use std::time::Instant;

use aios_longterm::{Explanation, Hit, SearchOptions};
use aios_record::{Id, Identity, Key, Kind, Owner, Tier, Timestamp};
use futures::future::BoxFuture;
use serde::Serialize;

use crate::{Error, MemoryView, rerank::Reranker};

/// The result of a search. Serializes to the output of `aios-memory recall --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Recalled {
    /// The query.
    pub query: String,
    /// The duration of the search in milliseconds.
    pub elapsed_ms: f64,
    /// Number of records, of all owners, that working memory has not yet moved to long-term memory,
    /// so that they were not searched. 0 unless writing is impossible.
    pub behind: u64,
    /// Number of records of this view that were searched by word only, because they have no vectors
    /// yet.
    pub vectors_outstanding: u64,
    /// Number of records whose version at the moment [`SearchOptions::as_of`] is no longer kept:
    /// they have had more than 100 versions since.
    #[serde(skip_serializing_if = "is_zero")]
    pub versions_lost: u64,
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
    /// The score of the reranker, unbounded. Hits that have one come first, highest score first.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
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
    /// Returns the configured options of a search: the limit is the setting `search.limit`.
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
    /// With [`SearchOptions::as_of`], the hits are the records as they were known and valid at that
    /// moment. A record that has changed since is found by the words of the version that it had.
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
        let (hits, versions_lost) = match options.as_of {
            Some(moment) => Box::pin(self.as_of(query, moment, options, hits)).await?,
            None => (hits, 0),
        };
        let identities: Vec<Identity> = hits.iter().map(Recollection::identity).collect();
        self.count_recalls(identities.iter());
        Ok(Recalled {
            query: query.to_owned(),
            behind,
            vectors_outstanding,
            versions_lost,
            hits,
            elapsed_ms: began.elapsed().as_secs_f64() * 1e3,
        })
    }

    /// Replaces the current versions of records in the hits by those at `moment`. Returns the hits,
    /// best first, and the number of records whose version of that moment is no longer kept.
    async fn as_of(
        &self,
        query: &str,
        moment: Timestamp,
        options: &SearchOptions,
        mut hits: Vec<Recollection>,
    ) -> Result<(Vec<Recollection>, u64), Error> {
        let former = self.longterm().search_former(query, moment, options).await?;
        // A hit represents records with the same text, which may not have changed.
        for hit in &mut hits {
            let stays = |it: &Identity| !former.replaced.contains(it);
            if former.replaced.contains(&hit.identity())
                && let Some(at) = hit.folded.iter().position(stays)
            {
                let same = hit.folded.remove(at);
                hit.user = same.owner.name().map(str::to_owned);
                (hit.kind, hit.id) = (same.kind, same.id);
                hit.collection = hit.kind.collection();
            }
            hit.folded.retain(stays);
        }
        hits.retain(|hit| !former.replaced.contains(&hit.identity()));
        if !former.hits.is_empty() {
            hits.extend(former.hits.into_iter().map(Recollection::from));
            hits.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
            hits.truncate(options.limit.unwrap_or(self.config().search.limit));
        }
        Ok((hits, former.lost))
    }

    /// Returns the hits of a search, and the number of records without vectors.
    fn ranked<'a>(
        &'a self,
        query: &'a str,
        options: &'a SearchOptions,
    ) -> BoxFuture<'a, Result<(Vec<Recollection>, u64), Error>> {
        Box::pin(async move {
            let Some(reranker) = &self.shared().reranker else {
                let (hits, outstanding) = Box::pin(self.searched(query, options)).await?;
                return Ok((hits.into_iter().map(Recollection::from).collect(), outstanding));
            };
            let limit = self.config().search.limit;
            let widened = Reranker::widened(options, limit);
            let (hits, outstanding) = Box::pin(self.searched(query, &widened)).await?;
            let reranked = reranker.rerank(query, hits, options, limit).await?;
            let recollection =
                |(hit, reranked)| Recollection { reranked, ..Recollection::from(hit) };
            Ok((reranked.into_iter().map(recollection).collect(), outstanding))
        })
    }

    /// Returns the hits of a search, and the number of records without vectors. A search for facts
    /// and other kinds leaves out learned facts, which repeat the messages that state them.
    pub(crate) async fn searched(
        &self,
        query: &str,
        options: &SearchOptions,
    ) -> Result<(Vec<Hit>, u64), Error> {
        let wanted = options.kinds.clone().unwrap_or_else(|| Kind::ALL.to_vec());
        let others: Vec<Kind> = wanted.iter().copied().filter(|it| *it != Kind::Fact).collect();
        if others.len() == wanted.len() || others.is_empty() {
            let found = self.longterm().search(query, options).await?;
            return Ok((found.hits, found.vectors_outstanding));
        }
        let of_others = options.clone().with_kinds(others);
        let found = self.longterm().search(query, &of_others).await?;
        let mut hits = found.hits;
        if self.working().facts().has_told().await? {
            let of_facts = options.clone().with_kinds(vec![Kind::Fact]);
            let facts = self.longterm().search(query, &of_facts).await?.hits.into_iter();
            hits.extend(facts.filter(|hit| hit.record.source.is_none()));
            hits.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
            hits.truncate(options.limit.unwrap_or(self.config().search.limit));
        }
        Ok((hits, found.vectors_outstanding))
    }
}
