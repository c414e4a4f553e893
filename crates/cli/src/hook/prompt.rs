//! The context for a prompt: what the memory has about it, and the session has not seen.

use std::collections::HashSet;

use aios_memory::{
    Id, Identity, Key, Kind, MemoryView, SearchOptions, Tier, Timestamp, context::Candidate,
    longterm::Hit,
};

use super::{
    call::{Call, missing},
    packing::{self, Limits},
    session::{Anew, Given, session_of},
    told::{KINDS, is_told},
};
use crate::failure::Failure;

/// The limits of a context for a prompt.
const LIMITS: Limits = Limits { tokens: 500, chars: 4_000 };

/// Minimum relevance of a record. Half as many questions about something that was never stored
/// reach it as reach .5; docs/measurements/retrieval.md has the shares.
const RELEVANCE_MIN: f64 = 0.6;

/// Hits that are looked at. Some of them the session has seen, or nobody told.
const HITS: usize = 32;

/// Minimum length of a prompt, in words and in characters. Shorter ones answer a question of the
/// model.
const WORDS_MIN: usize = 3;
const CHARS_MIN: usize = 12;

/// Characters of a prompt that are the query.
const QUERY_CHARS_MAX: usize = 2_000;

/// Returns the context for the prompt of a call. `None` if there is nothing to say.
pub(super) async fn context(call: &Call) -> Result<Option<String>, Failure> {
    let prompt = call.input.prompt.as_deref().ok_or_else(|| missing("prompt"))?;
    if is_skipped(prompt) {
        return Ok(None);
    }
    let view = call.in_project().await?;
    let session = session_of(call)?;
    let given = Given::of(call)?;
    view.feed().catch_up().await?;
    let query: String = prompt.chars().take(QUERY_CHARS_MAX).collect();
    let options = SearchOptions::default()
        .with_kinds(KINDS.to_vec())
        .with_min_relevance(RELEVANCE_MIN)
        .with_limit(HITS);
    let found = view.longterm().search(&query, &options).await.map_err(aios_memory::Error::from)?;
    let now = Timestamp::now();
    let is_new = |hit: &Hit| {
        is_told(&hit.record, now)
            && hit.record.scope.session.as_deref() != Some(session.as_str())
            && !given.has(&hit.record.key())
    };
    let hits: Vec<_> = found.hits.into_iter().filter(is_new).collect();
    let hits = without_known_facts(&view, hits, &session, &given).await?;
    let candidates =
        hits.iter().map(|hit| Candidate::from_record(Tier::Longterm, &hit.record, hit.relevance));
    let keys: Vec<(String, Key)> =
        hits.iter().map(|hit| (hit.record.identity().to_string(), hit.record.key())).collect();
    packing::given(call, &view, candidates.collect(), &keys, LIMITS, Anew::No).await
}

/// Leaves out the facts that a record states which the session has, or which is itself a hit.
async fn without_known_facts(
    view: &MemoryView,
    mut hits: Vec<Hit>,
    session: &Id,
    given: &Given,
) -> Result<Vec<Hit>, Failure> {
    let is_fact = |hit: &&Hit| hit.record.kind == Kind::Fact;
    let evidence: Vec<Identity> =
        hits.iter().filter(is_fact).flat_map(|hit| hit.record.references.clone()).collect();
    if evidence.is_empty() {
        return Ok(hits);
    }
    let mut known: HashSet<Identity> = hits.iter().map(|hit| hit.record.identity()).collect();
    let records = view.working().records().get_all(evidence).await;
    let records = records.map_err(aios_memory::Error::from)?;
    known.extend(records.iter().filter_map(|record| {
        let is_of_session = record.scope.session.as_deref() == Some(session.as_str());
        (is_of_session || given.has(&record.key())).then(|| record.identity())
    }));
    hits.retain(|hit| {
        let is_known = hit.record.references.iter().any(|evidence| known.contains(evidence));
        hit.record.kind != Kind::Fact || !is_known
    });
    Ok(hits)
}

/// Returns true for a prompt that asks nothing of a memory: a command of the host, or a few words.
fn is_skipped(prompt: &str) -> bool {
    let prompt = prompt.trim();
    let is_command = prompt.starts_with(['/', '!', '#']);
    is_command
        || prompt.chars().count() < CHARS_MIN
        || prompt.split_whitespace().count() < WORDS_MIN && prompt.is_ascii()
}
