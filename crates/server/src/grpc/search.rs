//! Searches.

use aios_memory::{Kind, Recollection, longterm::Explain};
use prost::Message;
use serde_json::Value;

use super::{
    scope,
    values::{self, bytes, narrow, seconds},
};
use crate::{
    answer_bytes::Room,
    bounds::{GRPC_ANSWER_BYTES_MAX, HITS_MAX},
    call::Call,
    failure::Failure,
    period::check_order,
    wire::{
        Hit, RecallRequest, RecallResponse, SearchResult, SearchResults, SemanticSearchRequest,
    },
};

/// Collections of a semantic search that names none: those of the protocol.
const COLLECTIONS: [Kind; 5] =
    [Kind::Procedure, Kind::Incident, Kind::ConfigChange, Kind::Decision, Kind::Knowledge];

/// Maximum number of results of a semantic search.
const RESULTS_MAX: usize = 1_000;

pub(super) async fn semantic(
    call: &Call,
    request: SemanticSearchRequest,
) -> Result<SearchResults, Failure> {
    let kinds = values::kinds("collections", &request.collections)?;
    results(call, request, kinds.unwrap_or_else(|| COLLECTIONS.to_vec())).await
}

/// Searches knowledge only. Another collection is refused, because it would not be searched.
pub(super) async fn knowledge(
    call: &Call,
    request: SemanticSearchRequest,
) -> Result<SearchResults, Failure> {
    let kinds = values::kinds("collections", &request.collections)?.unwrap_or_default();
    if kinds.iter().any(|kind| *kind != Kind::Knowledge) {
        return Err(Failure::invalid("`collections`: SearchKnowledge searches `knowledge` alone")
            .with_advice("call SemanticSearch for other collections"));
    }
    results(call, request, vec![Kind::Knowledge]).await
}

async fn results(
    call: &Call,
    request: SemanticSearchRequest,
    kinds: Vec<Kind>,
) -> Result<SearchResults, Failure> {
    let SemanticSearchRequest { query, collections: _, n_results, min_relevance } = request;
    let view = call.caller.view();
    let mut options = view
        .search_options()
        .with_kinds(call.caller.readable(Some(kinds))?)
        .with_min_relevance(values::share("min_relevance", min_relevance)?);
    options.limit = values::count("n_results", n_results, RESULTS_MAX)?.or(options.limit);
    call.traced.asked(&query);
    let recalled = call.read(view.recall_with(&query, &options)).await?;
    call.traced.found(recalled.hits.iter().map(|hit| hit.text.as_str()));
    let mut results: Vec<_> = recalled.hits.into_iter().map(result_message).collect();
    let left_out = Room::new(GRPC_ANSWER_BYTES_MAX).cut(&mut results, Message::encoded_len);
    Ok(SearchResults { results, left_out: narrow(left_out) })
}

pub(super) async fn recall(call: &Call, request: RecallRequest) -> Result<RecallResponse, Failure> {
    let view = scope::view(call, request.scope)?;
    let since = values::time("since", request.since)?;
    let until = values::time("until", request.until)?;
    check_order(since, until)?;
    let mut options = view
        .search_options()
        .with_kinds(call.caller.readable(values::kinds("kinds", &request.kinds)?)?)
        .with_tags(request.tags)
        .with_since(since)
        .with_until(until)
        .with_as_of(values::time("as_of", request.as_of)?)
        .with_min_relevance(values::share("min_relevance", request.min_relevance)?)
        .with_explain(if request.explain { Explain::Yes } else { Explain::No });
    options.limit = values::count("limit", request.limit, HITS_MAX)?.or(options.limit);
    call.traced.asked(&request.query);
    let recalled = call.read(view.recall_with(&request.query, &options)).await?;
    call.traced.found(recalled.hits.iter().map(|hit| hit.text.as_str()));
    let mut hits: Vec<_> = recalled.hits.into_iter().map(hit_message).collect();
    let left_out = Room::new(GRPC_ANSWER_BYTES_MAX).cut(&mut hits, Message::encoded_len);
    Ok(RecallResponse {
        hits,
        left_out: narrow(left_out),
        elapsed_ms: recalled.elapsed_ms,
        behind: recalled.behind,
        vectors_outstanding: recalled.vectors_outstanding,
        versions_lost: recalled.versions_lost,
    })
}

/// Returns a result. Its metadata are the fields of the record that the message does not have.
fn result_message(hit: Recollection) -> SearchResult {
    let mut metadata = serde_json::to_value(&hit).unwrap_or_default();
    if let Value::Object(fields) = &mut metadata {
        for field in ["text", "relevance", "collection", "id"] {
            fields.remove(field);
        }
        fields.retain(|_, value| !value.is_null());
    }
    SearchResult {
        metadata_json: bytes(&metadata),
        relevance: hit.relevance,
        collection: hit.collection.to_owned(),
        id: hit.id.into(),
        content: hit.text,
    }
}

fn hit_message(hit: Recollection) -> Hit {
    Hit {
        key: hit.key().to_string(),
        collection: hit.collection.to_owned(),
        text: hit.text,
        title: hit.title.unwrap_or_default(),
        name: hit.name.unwrap_or_default(),
        relevance: hit.relevance,
        score: hit.score,
        occurred_at: seconds(hit.occurred_at),
        recorded_at: hit.recorded_at.as_second(),
        user: hit.user.unwrap_or_default(),
        project: hit.project.unwrap_or_default(),
        agent: hit.agent.unwrap_or_default(),
        session: hit.session.unwrap_or_default(),
        tags: hit.tags,
        external_id: hit.external_id.unwrap_or_default(),
        explain_json: bytes(&serde_json::to_value(hit.explain).unwrap_or_default()),
    }
}
