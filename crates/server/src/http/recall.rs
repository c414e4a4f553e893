//! `POST /api/v1/recall`: searches.

use aios_memory::{MemoryView, Recalled, SearchOptions, Timestamp, longterm::Explain};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    answer,
    request::{Json, Part, kinds_named, time, within},
    shapes::Hit,
};
use crate::{
    answer_bytes::{Room, json_bytes},
    bounds::{HITS_MAX, HTTP_ANSWER_BYTES_MAX, TOKENS_MAX},
    call::Call,
    failure::Failure,
    period::check_order,
};

/// A search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallRequest)]
pub(crate) struct Recall {
    /// The question, in words.
    query: String,
    /// Maximum number of hits, 1 to 200. Default: the setting, initially 10.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// Maximum total number of tokens of the texts, as counted by the embedding model. The best
    /// hits that fit are returned. Default: no limit.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_tokens: Option<usize>,
    /// Kinds of the records. Default: all.
    #[serde(default)]
    kinds: Vec<String>,
    /// Labels. A record must have at least one of them. Default: unset, which selects all records.
    #[serde(default)]
    tags: Vec<String>,
    /// Only records dated at or after this time, RFC 3339.
    #[serde(default, deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Only records dated before this time, RFC 3339.
    #[serde(default, deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Searches the memory as of this time, RFC 3339. Default: now.
    #[serde(default, deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// Minimum relevance of a hit, 0 to 1. Default: 0.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    min_relevance: Option<f64>,
    /// True to explain each score. Default: false.
    #[serde(default)]
    explain: bool,
    /// Id of a project to narrow to. Records without a project are included.
    #[serde(default)]
    project: Option<String>,
    /// Name of an agent to narrow to. Records without an agent are included.
    #[serde(default)]
    agent: Option<String>,
    /// Id of a conversation to narrow to. Records without one are included.
    #[serde(default)]
    session: Option<String>,
}

/// The hits of a search, best first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recalled)]
pub(crate) struct Found {
    hits: Vec<Hit>,
    /// Number of hits that are left out because of `max_tokens`, or because the answer would exceed
    /// 8 MiB.
    left_out: usize,
    /// Number of tokens of the texts, if `max_tokens` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<usize>,
    /// Duration of the search in milliseconds.
    elapsed_ms: f64,
    /// Number of records that are not searchable yet. 0 unless writing fails.
    behind: u64,
    /// Number of records that were searched only by words, because they have no vectors yet.
    vectors_outstanding: u64,
    /// Number of records whose version as of `as_of` is no longer kept, because they have had more
    /// than 100 versions since.
    versions_lost: u64,
}

/// Finds the records that match a question, by meaning and by words, best first.
#[utoipa::path(
    post,
    path = "/api/v1/recall",
    tag = "memory",
    request_body = Recall,
    responses((status = 200, description = "The hits, best first", body = Found))
)]
pub(crate) async fn recall(call: Call, Json(request): Json<Recall>) -> Result<Response, Failure> {
    let max_tokens = request.max_tokens;
    if let Some(tokens) = max_tokens {
        within("max_tokens", tokens, 1..=TOKENS_MAX)?;
    }
    let part = Part {
        project: request.project.clone(),
        agent: request.agent.clone(),
        session: request.session.clone(),
    };
    let view = part.of(call.caller.view())?;
    let options = request.options(&call, &view)?;
    call.traced.asked(&request.query);
    let recalled = call.read(Box::pin(view.recall_with(&request.query, &options))).await?;
    call.traced.found(recalled.hits.iter().map(|hit| hit.text.as_str()));
    Ok(answer::json(StatusCode::OK, &found(&view, recalled, max_tokens)))
}

impl Recall {
    fn options(&self, call: &Call, view: &MemoryView) -> Result<SearchOptions, Failure> {
        let mut options = view.search_options();
        if let Some(limit) = self.limit {
            options = options.with_limit(within("limit", limit, 1..=HITS_MAX)?);
        }
        if let Some(relevance) = self.min_relevance {
            within("min_relevance", relevance, 0.0..=1.0)?;
        }
        check_order(self.since, self.until)?;
        let explain = if self.explain { Explain::Yes } else { Explain::No };
        Ok(options
            .with_kinds(call.caller.readable(kinds_named(&self.kinds)?)?)
            .with_tags(self.tags.clone())
            .with_since(self.since)
            .with_until(self.until)
            .with_as_of(self.as_of)
            .with_min_relevance(self.min_relevance)
            .with_explain(explain))
    }
}

/// Keeps the hits whose texts fit the token budget and the answer.
fn found(view: &MemoryView, recalled: Recalled, max_tokens: Option<usize>) -> Found {
    let Recalled { elapsed_ms, behind, vectors_outstanding, versions_lost, mut hits, .. } =
        recalled;
    let count = hits.len();
    let mut tokens = 0;
    if let Some(max_tokens) = max_tokens {
        hits.retain(|hit| {
            let more = view.embedder().count_tokens(&hit.text);
            let fits = tokens + more <= max_tokens;
            tokens += if fits { more } else { 0 };
            fits
        });
    }
    let mut hits: Vec<Hit> = hits.into_iter().map(Hit::from).collect();
    Room::new(HTTP_ANSWER_BYTES_MAX).cut(&mut hits, json_bytes);
    Found {
        left_out: count - hits.len(),
        tokens: max_tokens.map(|_| tokens),
        hits,
        elapsed_ms,
        behind,
        vectors_outstanding,
        versions_lost,
    }
}
