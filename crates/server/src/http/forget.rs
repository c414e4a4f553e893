//! `POST /api/v1/forget`: forgets records by key, by scope or by text.

use aios_memory::{
    ForgetOptions, ForgetQuery, ForgetTarget, Identity, MemoryView, Receipt, Scope,
    forget::Proposed,
    record::{Mode, forms},
};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    answer,
    request::{Json, key_of, within},
    shapes::{Hit, ShownReceipt, word},
};
use crate::{
    bounds::{KEYS_MAX, TEXT_RECORDS_MAX},
    call::Call,
    caller::Caller,
    failure::Failure,
    forget::{forget as forget_by, identity},
    operation::Right,
};

/// Records to forget: either `keys` or `filter`. Records that belong to them or were derived from
/// them are forgotten as well, but never records of other owners.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ForgetRequest)]
pub(crate) struct Forget {
    /// 1 to 1,000 keys, `KIND/ID`.
    #[serde(default)]
    keys: Option<Vec<String>>,
    #[serde(default)]
    filter: Option<Filter>,
    /// True to erase every byte of them from all files. Rewrites files, which takes seconds to
    /// minutes. Default: false.
    #[serde(default)]
    purge: bool,
    /// True to only list the records that would be forgotten. Default: false.
    #[serde(default)]
    dry_run: bool,
}

/// Conditions. A record must meet all of them; at least one is required.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ForgetFilter)]
pub(crate) struct Filter {
    /// Text of the records. Records with exactly this text, now or in an older version, are
    /// forgotten. If others match as well, the call is refused, and a dry run lists them.
    query: Option<String>,
    /// With `query`: selects every record of at least this relevance, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    min_relevance: Option<f64>,
    /// With `query`: maximum number of records, 1 to 1,000. Default: 10.
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// The owner, which must be the caller's.
    user: Option<String>,
    /// Id of the project.
    project: Option<String>,
    /// Name of the agent.
    agent: Option<String>,
    /// Id of the conversation.
    session: Option<String>,
}

/// The forgotten records, and those that a dry run with a query proposes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forgotten {
    #[serde(flatten)]
    receipt: ShownReceipt,
    /// The records that a dry run with a query proposes, with their texts, for review.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed: Option<Vec<Proposal>>,
    /// True if the query needs no review, so that the same call without `dry_run` succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    certain: Option<bool>,
}

/// A record proposed by a query.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ForgetProposal)]
struct Proposal {
    #[serde(flatten)]
    record: Hit,
    /// `text`, `words`, `contains` or `relevant`.
    agreement: String,
}

/// Forgets records: nothing shows them any more, and no import restores them.
#[utoipa::path(
    post,
    path = "/api/v1/forget",
    tag = "memory",
    request_body = Forget,
    responses((status = 200, description = "The receipt", body = Forgotten))
)]
pub(crate) async fn forget(call: Call, Json(request): Json<Forget>) -> Result<Response, Failure> {
    let caller = call.caller.clone();
    let is_dry_run = request.dry_run;
    if is_dry_run && request.filter.as_ref().is_some_and(|filter| filter.query.is_some()) {
        // The answer shows texts.
        call.caller.demand(Right::Read, "a dry run with a query")?;
    }
    let work = Box::pin(async move { forgotten(&caller, request).await });
    // A dry run changes nothing, so it may be cancelled.
    let forgotten = match is_dry_run {
        true => call.read(work).await?,
        false => call.write(work).await?,
    };
    let response = match forgotten.proposed {
        None => answer::kept(StatusCode::OK, &forgotten),
        Some(_) => answer::json(StatusCode::OK, &forgotten),
    };
    let gone = forgotten.receipt.records().filter(|_| !is_dry_run);
    Ok(answer::with_changed(response, gone))
}

async fn forgotten(caller: &Caller, request: Forget) -> Result<Forgotten, Failure> {
    let Forget { keys, filter, purge, dry_run } = request;
    let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
    let (view, target) = match (keys, filter) {
        (Some(keys), None) => (caller.view().clone(), by_key(caller, &keys).await?),
        (None, Some(filter)) => by_filter(caller, filter)?,
        _ => {
            return Err(Failure::invalid("name either `keys` or `filter`, and not both"));
        }
    };
    if let (ForgetTarget::Query(query), true) = (&target, dry_run) {
        return proposed(caller, &view, query.clone(), purge).await;
    }
    if !view.forgetting().knew(&target).await? {
        return Err(Failure::not_found("no such records, now or before"));
    }
    let options = ForgetOptions::new(target).with_mode(mode);
    let options = if purge { options.with_purge() } else { options };
    let receipt = ShownReceipt::from(forget_by(caller, &view, options).await?);
    Ok(Forgotten { receipt, proposed: None, certain: None })
}

async fn by_key(caller: &Caller, keys: &[String]) -> Result<ForgetTarget, Failure> {
    within("keys", keys.len(), 1..=KEYS_MAX)?;
    let mut records: Vec<Identity> = Vec::with_capacity(keys.len());
    for (index, text) in keys.iter().enumerate() {
        let at = |failure: Failure| failure.within(&format!("keys[{index}]"));
        let key = key_of(text).map_err(at)?;
        records.push(identity(caller, caller.view(), key).await.map_err(at)?);
    }
    Ok(ForgetTarget::Records(records))
}

fn by_filter(caller: &Caller, filter: Filter) -> Result<(MemoryView, ForgetTarget), Failure> {
    let Filter { query, min_relevance, limit, user, project, agent, session } = filter;
    let parts = [&user, &project, &agent, &session, &query];
    if parts.iter().all(|part| part.is_none()) {
        return Err(Failure::invalid("`filter` is empty: it would select every record")
            .with_advice("name a query, user, project, agent or session"));
    }
    if let Some(part) = parts.iter().find_map(|it| it.as_ref().filter(|it| forms::is_blank(it))) {
        return Err(Failure::invalid(format!("a part of `filter` is empty: `{part}`")));
    }
    if query.is_none() && (min_relevance.is_some() || limit.is_some()) {
        return Err(Failure::invalid("`min_relevance` and `limit` need a `query`"));
    }
    let view = caller.view().select(&Scope { user, project, agent, session }.into())?;
    let Some(text) = query else { return Ok((view, ForgetTarget::All)) };
    let mut query = ForgetQuery::new(text).with_kinds(caller.readable(None)?);
    if let Some(limit) = limit {
        query = query.with_limit(within("limit", limit, 1..=TEXT_RECORDS_MAX)?);
    }
    if let Some(relevance) = min_relevance {
        query = query.with_min_relevance(within("min_relevance", relevance, 0.0..=1.0)?);
    }
    Ok((view, ForgetTarget::Query(query)))
}

/// Lists the records that match a query.
async fn proposed(
    caller: &Caller,
    view: &MemoryView,
    query: ForgetQuery,
    purge: bool,
) -> Result<Forgotten, Failure> {
    let is_bounded = query.min_relevance.is_some();
    let proposal = view.forgetting().propose(&query).await?;
    let certain = proposal.is_certain() || is_bounded;
    let shown = proposal.proposed.iter().map(|Proposed { record, agreement, .. }| Proposal {
        record: Hit::from(record.clone()),
        agreement: word(agreement),
    });
    let shown = shown.collect();
    let receipt = match proposal.is_empty() {
        true => Receipt { dry_run: true, ..Receipt::default() },
        false => {
            let target = ForgetTarget::Proposed(Box::new(proposal));
            let options = ForgetOptions::new(target).with_mode(Mode::DryRun);
            let options = if purge { options.with_purge() } else { options };
            forget_by(caller, view, options).await?
        }
    };
    let receipt = ShownReceipt::from(receipt);
    Ok(Forgotten { receipt, proposed: Some(shown), certain: Some(certain) })
}
