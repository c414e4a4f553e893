//! Search over everything that was acknowledged.

use std::time::Instant;

use aios_longterm::{Explanation, Hit, SearchOptions};
use aios_record::{Id, Kind, Tier, Timestamp};
use serde::Serialize;

use crate::{AgentMemory, Error};

/// What a search found. It serialises to what `aios-memory recall --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Recalled {
    /// The question.
    pub query: String,
    /// How long the search took.
    pub elapsed_ms: f64,
    /// What fits, best first.
    pub hits: Vec<Recollection>,
}

/// A record that fits a query.
#[derive(Debug, Clone, Serialize)]
pub struct Recollection {
    /// Unique within its kind.
    pub id: Id,
    /// What sort of record it is.
    pub kind: Kind,
    /// The name under which the place that it came from knows it.
    pub external_id: Option<String>,
    /// What holds its like.
    pub collection: &'static str,
    /// Where it was read from.
    pub tier: Tier,
    /// Its text, verbatim.
    pub text: String,
    /// Its heading.
    pub title: Option<String>,
    /// Who said it.
    pub name: Option<String>,
    /// How well it fits, 0 to 1; means the same in every search.
    pub relevance: f64,
    /// Orders the hits of this search.
    pub score: f64,
    /// When it happened, if known.
    pub occurred_at: Option<Timestamp>,
    /// When the memory took it in.
    pub recorded_at: Timestamp,
    /// Whose it is.
    pub user: Option<String>,
    /// The agent that it belongs to.
    pub agent: Option<String>,
    /// The conversation that it belongs to.
    pub session: Option<String>,
    /// Its labels.
    pub tags: Vec<String>,
    /// Keys of records with the same words, for which it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<String>,
    /// How it came about, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

impl Recollection {
    /// `kind/id`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.kind, self.id)
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
            occurred_at: record.occurred_at,
            recorded_at: record.recorded_at,
            user: record.scope.user,
            agent: record.scope.agent,
            session: record.scope.session,
            tags: record.tags,
            folded,
            explain,
        }
    }
}

impl AgentMemory {
    /// Finds the records that fit `query`, best first, among all that was acknowledged before the
    /// call. A query without a single word finds nothing.
    ///
    /// # Errors
    /// What working or long-term memory report, such as a query that is too long.
    pub async fn recall(&self, query: &str, options: &SearchOptions) -> Result<Recalled, Error> {
        let began = Instant::now();
        self.catch_up().await?;
        let found = self.longterm().search(query, options).await?;
        Ok(Recalled {
            query: query.to_owned(),
            hits: found.hits.into_iter().map(Recollection::from).collect(),
            elapsed_ms: began.elapsed().as_secs_f64() * 1e3,
        })
    }
}
