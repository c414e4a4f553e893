//! `/api/v1/facts`: facts as of a time, and a person's judgement on them.
//!
//! A confirmation gives a statement the authority of a person. Therefore it is a separate operation
//! that needs the right to forget, and neither a field of a record nor a tool of a model.

mod shown;

use aios_memory::{FactQuery, Identity, MemoryView, Timestamp};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::shown::ShownFact;
use super::{
    answer,
    request::{NoBody, NoParameters, Part, PathName, Query, time, within},
};
use crate::{
    answer_bytes::{Room, json_bytes},
    bounds::{HITS_MAX, HTTP_ANSWER_BYTES_MAX, PAGE_RECORDS, PAGE_RECORDS_MAX},
    call::Call,
    facts::{self, Cut, label, latest},
    failure::Failure,
};

/// The facts of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Time at which the facts were known and true, RFC 3339. Default: now.
    #[serde(default, deserialize_with = "time")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// True to include facts that have ended. Default: false.
    #[serde(default)]
    all: bool,
    /// Only facts about this subject. ASCII letters match in either case.
    subject: Option<String>,
    /// Only facts of this attribute, such as `home`.
    attribute: Option<String>,
    /// Id of a project to narrow to. Facts without a project are included.
    project: Option<String>,
    /// Maximum number of facts, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// `next` of the page before. Default: the beginning.
    cursor: Option<String>,
}

/// A page of facts, the latest stated first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FactPage)]
pub(crate) struct Page {
    items: Vec<ShownFact>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// A search among facts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// The question, in words.
    q: String,
    /// Maximum number of facts, 1 to 200. Default: 5.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// Id of a project to narrow to. Facts without a project are included.
    project: Option<String>,
}

/// A slot: a property of a subject.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Slot {
    /// The subject. ASCII letters match in either case.
    subject: String,
    /// Its property, such as `home`.
    attribute: String,
    /// Id of a project to narrow to. Facts without a project are included.
    project: Option<String>,
}

/// The part of the memory whose contradictions are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Within {
    /// Id of a project to narrow to. Facts without a project are included.
    project: Option<String>,
}

/// Facts in an answer without pages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FactList)]
pub(crate) struct Found {
    items: Vec<ShownFact>,
    /// Number of facts that are left out because the answer would exceed 8 MiB.
    left_out: usize,
}

/// Slots with several current values.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contradictions {
    /// Up to 1,000 slots.
    contradictions: Vec<Contradiction>,
    /// Number of slots that are left out because the answer would exceed 8 MiB.
    left_out: usize,
}

/// A slot with several current values.
#[derive(Debug, Serialize, ToSchema)]
struct Contradiction {
    subject: String,
    attribute: String,
    /// The current facts of the slot, the oldest first.
    facts: Vec<ShownFact>,
}

/// A confirmed fact, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConfirmedFact)]
pub(crate) struct Confirmed {
    /// Its key, `fact/ID`.
    key: String,
    /// Time of the confirmation.
    #[schema(value_type = String, format = DateTime)]
    confirmed_at: Option<Timestamp>,
    /// 0 to 1.
    confidence: f32,
    /// `low`, `normal` or `high`.
    trust: &'static str,
}

/// The facts that went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectedFacts)]
pub(crate) struct Rejected {
    /// Their keys.
    rejected: Vec<String>,
}

/// Lists facts, the latest stated first: the current ones, or those as of an earlier time. A page
/// ends early after 8 MiB of facts.
#[utoipa::path(
    get,
    path = "/api/v1/facts",
    tag = "facts",
    params(Listing),
    responses((status = 200, description = "A page", body = Page))
)]
pub(crate) async fn list_facts(
    call: Call,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let Listing { as_of, all, subject, attribute, project, limit, cursor } = listing;
    let limit = within("limit", limit.unwrap_or(PAGE_RECORDS), 1..=PAGE_RECORDS_MAX)?;
    let after = cursor.map(|cursor| facts::opened("cursor", &cursor)).transpose()?;
    let query = FactQuery::default()
        .with_as_of(as_of)
        .with_subject(subject.map(|it| label("subject", it)).transpose()?)
        .with_attribute(attribute.map(|it| label("attribute", it)).transpose()?)
        .with_after(after)
        .with_limit(limit);
    let query = if all { query.with_ended() } else { query };
    let view = in_project(&call, project)?;
    let listing = facts::page(&view, query, "cursor", HTTP_ANSWER_BYTES_MAX, json_bytes);
    let page = call.read(Box::pin(listing)).await?;
    let items = page.facts.into_iter().map(ShownFact::from).collect();
    let page = Page { items, next: page.next.map(facts::sealed) };
    Ok(answer::json(StatusCode::OK, &page))
}

/// Finds the current facts that match a question, by meaning and by words, best first.
#[utoipa::path(
    get,
    path = "/api/v1/facts/search",
    tag = "facts",
    params(Search),
    responses((status = 200, description = "The facts, best first", body = Found))
)]
pub(crate) async fn search_facts(
    call: Call,
    Query(Search { q, limit, project }): Query<Search>,
) -> Result<Response, Failure> {
    let limit = limit.map(|limit| within("limit", limit, 1..=HITS_MAX)).transpose()?;
    let view = in_project(&call, project)?;
    call.traced.asked(&q);
    let found = call.read(Box::pin(view.facts().search(&q, limit))).await?;
    let mut items: Vec<ShownFact> = found.into_iter().map(ShownFact::from).collect();
    call.traced.found(items.iter().map(ShownFact::text));
    let left_out = Room::new(HTTP_ANSWER_BYTES_MAX).cut(&mut items, json_bytes);
    Ok(answer::json(StatusCode::OK, &Found { items, left_out }))
}

/// Returns all facts of a slot, including ended ones, in the order in which they were stated.
#[utoipa::path(
    get,
    path = "/api/v1/facts/history",
    tag = "facts",
    params(Slot),
    responses((status = 200, description = "The facts, oldest first", body = Found))
)]
pub(crate) async fn fact_history(
    call: Call,
    Query(Slot { subject, attribute, project }): Query<Slot>,
) -> Result<Response, Failure> {
    let (subject, attribute) = (label("subject", subject)?, label("attribute", attribute)?);
    let view = in_project(&call, project)?;
    let found = call.read(Box::pin(view.facts().history(&subject, &attribute))).await?;
    let found: Vec<ShownFact> = found.into_iter().map(ShownFact::from).collect();
    let Cut { items, left_out } = latest(found, HTTP_ANSWER_BYTES_MAX, json_bytes);
    Ok(answer::json(StatusCode::OK, &Found { items, left_out }))
}

/// Returns the slots with several current values.
#[utoipa::path(
    get,
    path = "/api/v1/facts/contradictions",
    tag = "facts",
    params(Within),
    responses((status = 200, description = "The slots", body = Contradictions))
)]
pub(crate) async fn contradictions(
    call: Call,
    Query(Within { project }): Query<Within>,
) -> Result<Response, Failure> {
    let view = in_project(&call, project)?;
    let found = call.read(Box::pin(view.facts().contradictions())).await?;
    let slots = facts::contradictions::<ShownFact>(found).into_iter();
    let slots = slots.map(Contradiction::from);
    let mut contradictions: Vec<Contradiction> = slots.collect();
    let left_out = Room::new(HTTP_ANSWER_BYTES_MAX).cut(&mut contradictions, json_bytes);
    Ok(answer::json(StatusCode::OK, &Contradictions { contradictions, left_out }))
}

/// Confirms a fact in the name of the person for whom the caller acts: its confidence becomes 1,
/// its trust high.
#[utoipa::path(
    post,
    path = "/api/v1/facts/{id}/confirm",
    tag = "facts",
    params(("id" = String, Path, description = "Its id, or its key")),
    responses(
        (status = 200, description = "The confirmed fact", body = Confirmed),
        (status = 404, description = "The caller sees no such fact")
    )
)]
pub(crate) async fn confirm_fact(
    call: Call,
    PathName(id): PathName,
    Query(NoParameters {}): Query<NoParameters>,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let id = facts::id_of("id", &id)?;
    let view = call.caller.view().clone();
    let fact = call.write(Box::pin(async move { view.facts().confirm(&id).await })).await?;
    let key = facts::key_of(&fact.id);
    let confirmed = Confirmed {
        key: key.to_string(),
        confirmed_at: fact.confirmed_at,
        confidence: fact.confidence,
        trust: fact.trust().as_str(),
    };
    Ok(answer::with_changed(answer::kept(StatusCode::OK, &confirmed), [key]))
}

/// Rejects the value of a fact permanently: the owner's facts with the same value or statement are
/// removed with their versions, and the value is never learned again, in any notation. Facts that
/// they superseded become current again; the messages stay.
#[utoipa::path(
    post,
    path = "/api/v1/facts/{id}/reject",
    tag = "facts",
    params(("id" = String, Path, description = "Its id, or its key")),
    responses(
        (status = 200, description = "The facts that went", body = Rejected),
        (status = 404, description = "The caller sees no such fact")
    )
)]
pub(crate) async fn reject_fact(
    call: Call,
    PathName(id): PathName,
    Query(NoParameters {}): Query<NoParameters>,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let id = facts::id_of("id", &id)?;
    let view = call.caller.view().clone();
    let removed = call.write(Box::pin(async move { view.facts().reject(&id).await })).await?;
    let rejected: Vec<String> = removed.iter().map(|it| it.key().to_string()).collect();
    let response = answer::kept(StatusCode::OK, &Rejected { rejected });
    Ok(answer::with_changed(response, removed.iter().map(Identity::key)))
}

fn in_project(call: &Call, project: Option<String>) -> Result<MemoryView, Failure> {
    Part { project, ..Part::default() }.of(call.caller.view())
}

impl From<facts::Contradiction<ShownFact>> for Contradiction {
    fn from(slot: facts::Contradiction<ShownFact>) -> Contradiction {
        let facts::Contradiction { subject, attribute, facts } = slot;
        Contradiction { subject, attribute, facts }
    }
}
