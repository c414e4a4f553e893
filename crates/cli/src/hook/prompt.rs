//! The context for a prompt: matching records that the session has not been given.

use std::collections::HashSet;

use aios_memory::{
    Id, Identity, Key, Kind, MemoryView, Record, SearchOptions, Tier, Timestamp,
    context::Candidate, longterm::Fields, working::Fact,
};

use super::{
    call::{Call, missing},
    packing::{self, Limits},
    session::{Anew, Given, is_in, session_of},
    told::{KINDS, is_told},
};
use crate::failure::Failure;

/// Limits of a context for a prompt.
const LIMITS: Limits = Limits { tokens: 500, chars: 4_000 };

/// A record with its relevance for the prompt.
type Found = (Record, f64);

/// Minimum relevance of a record. Of the questions about something that was never stored, half as
/// many reach it as reach 0.5; docs/measurements/retrieval.md has the shares.
const RELEVANCE_MIN: f64 = 0.6;

/// Number of hits that are examined first. If few of them are new to the session, because the
/// others are its own, were given to it before, or were not told by anyone, the search is repeated
/// with `HITS_FACTOR` times as many, up to `HITS_MAX`.
const HITS: usize = 32;
const HITS_FACTOR: usize = 4;
const HITS_MAX: usize = 512;

/// Number of new records that are enough. Most contexts have no room for more.
const ENOUGH: usize = 8;

/// Minimum length of a prompt, in words and in characters. Shorter prompts answer a question of the
/// model.
const WORDS_MIN: usize = 3;
const CHARS_MIN: usize = 12;

/// Maximum length of the query, in characters of the prompt.
const QUERY_CHARS_MAX: usize = 2_000;

/// Returns the context for the prompt of a call. `None` if there is no matching record.
pub(super) async fn context(call: &Call) -> Result<Option<String>, Failure> {
    let prompt = call.input.prompt.as_deref().ok_or_else(|| missing("prompt"))?;
    if is_skipped(prompt) {
        return Ok(None);
    }
    let view = call.in_project().await?;
    let session = session_of(call)?;
    let Some(given) = Given::at_prompt(call)? else { return Ok(None) };
    view.feed().catch_up().await?;
    let query: String = prompt.chars().take(QUERY_CHARS_MAX).collect();
    let found = found(&view, &query, &session, &given).await?;
    let candidates = found
        .iter()
        .map(|(record, relevance)| Candidate::from_record(Tier::Longterm, record, *relevance));
    let keys: Vec<(String, Key)> =
        found.iter().map(|(record, _)| (record.identity().to_string(), record.key())).collect();
    packing::given(call, &view, candidates.collect(), &keys, LIMITS, Anew::No).await
}

/// Returns the records that match `query` and are new to the session.
async fn found(
    view: &MemoryView,
    query: &str,
    session: &Id,
    given: &Given,
) -> Result<Vec<Found>, Failure> {
    let now = Timestamp::now();
    let is_new = |(record, _): &Found| {
        is_told(record, now)
            && !has_told(session, given, record.scope.session.as_deref())
            && !given.has(&record.key())
    };
    let mut limit = HITS;
    loop {
        let options = SearchOptions::default()
            .with_kinds(KINDS.to_vec())
            .with_min_relevance(RELEVANCE_MIN)
            .with_limit(limit)
            .with_fields(Fields::All);
        let hits = view.longterm().search(query, &options).await;
        let hits = hits.map_err(aios_memory::Error::from)?.hits;
        let is_last = hits.len() < limit || HITS_MAX <= limit;
        let found = hits.into_iter().map(|hit| (hit.record, hit.relevance)).filter(is_new);
        let found = without_known_messages(view, found.collect(), given).await?;
        let found = without_known_facts(view, found, session, given).await?;
        if is_last || ENOUGH <= found.len() {
            return Ok(found);
        }
        limit = (limit * HITS_FACTOR).min(HITS_MAX);
    }
}

/// Returns true if the messages of the session `of` are in `session`: its own, those of its
/// sub-agents, and those that it repeats because it was forked.
fn has_told(session: &Id, given: &Given, of: Option<&str>) -> bool {
    is_in(of, session) || given.repeats(of)
}

/// Removes messages with a statement that has ended, and messages that only state facts the session
/// has.
async fn without_known_messages(
    view: &MemoryView,
    mut found: Vec<Found>,
    given: &Given,
) -> Result<Vec<Found>, Failure> {
    let is_message = |(record, _): &&Found| record.kind == Kind::Message;
    let messages = found.iter().filter(is_message).map(|(record, _)| record.identity()).collect();
    let facts = view.working().facts().citing(messages).await;
    let facts = facts.map_err(aios_memory::Error::from)?;
    found.retain(|(record, _)| {
        let (key, owner) = (record.key().to_string(), record.scope.owner());
        let stated: Vec<&Fact> = facts
            .iter()
            .filter(|fact| fact.meta.scope.owner() == owner && fact.evidence.contains(&key))
            .collect();
        let has_ended = stated.iter().any(|fact| fact.ended_at.is_some());
        let is_given = |fact: &&Fact| given.has(&Key::new(Kind::Fact, fact.id.clone()));
        let are_given = !stated.is_empty() && stated.iter().all(is_given);
        record.kind != Kind::Message || !has_ended && !are_given
    });
    Ok(found)
}

/// Removes facts that a record states which the session has or which is itself a hit.
async fn without_known_facts(
    view: &MemoryView,
    mut found: Vec<Found>,
    session: &Id,
    given: &Given,
) -> Result<Vec<Found>, Failure> {
    let is_fact = |(record, _): &&Found| record.kind == Kind::Fact;
    let evidence: Vec<Identity> =
        found.iter().filter(is_fact).flat_map(|(record, _)| record.references.clone()).collect();
    if evidence.is_empty() {
        return Ok(found);
    }
    let mut known: HashSet<Identity> = found.iter().map(|(record, _)| record.identity()).collect();
    let scopes = view.longterm().records().scopes(&evidence).await;
    let scopes = scopes.map_err(aios_memory::Error::from)?;
    known.extend(evidence.into_iter().zip(scopes).filter_map(|(identity, scope)| {
        // `None` for a record that long-term memory no longer has.
        let of = scope.as_ref().and_then(|scope| scope.session.as_deref());
        (has_told(session, given, of) || given.has(&identity.key())).then_some(identity)
    }));
    found.retain(|(record, _)| {
        let is_known = record.references.iter().any(|evidence| known.contains(evidence));
        record.kind != Kind::Fact || !is_known
    });
    Ok(found)
}

/// Returns true for a prompt that does not query a memory: a command of the host, or a few words.
fn is_skipped(prompt: &str) -> bool {
    let prompt = prompt.trim();
    let is_command = prompt.starts_with(['/', '!', '#']);
    is_command
        || prompt.chars().count() < CHARS_MIN
        || prompt.split_whitespace().count() < WORDS_MIN && prompt.is_ascii()
}
