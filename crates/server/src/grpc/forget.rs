//! Forgets records by key or by a filter.

use std::path::PathBuf;

use aios_memory::{
    ForgetOptions, ForgetQuery, ForgetTarget, Key, MemoryView, Mode, Proposal, Receipt,
};
use serde_json::json;

use super::{answer::Answer, records::key, scope, values};
use crate::{
    bounds::{KEYS_MAX, TEXT_RECORDS_MAX},
    call::Call,
    caller::Caller,
    failure::Failure,
    forget::{forget as forget_by, identity},
    wire::{ForgetFilter, ForgetReceipt, ForgetRequest},
};

/// The records that a request selects.
enum Selection {
    Keys(Vec<Key>),
    Target(ForgetTarget),
    Text(ForgetQuery),
}

pub(super) async fn forget(
    call: &Call,
    request: ForgetRequest,
) -> Result<Answer<ForgetReceipt>, Failure> {
    let ForgetRequest { keys, filter, purge, dry_run, scope } = request;
    let view = scope::view(call, scope)?;
    let selection = selection(&call.caller, keys, filter)?;
    let is_text = matches!(selection, Selection::Text(_));
    let (target, proposal) =
        call.read(Box::pin(target(&call.caller, &view, selection, dry_run))).await?;
    if !call.read(view.forgetting().knew(&target)).await? {
        return Err(Failure::not_found("no such record").with_advice("Recall returns keys"));
    }
    let mut options = ForgetOptions::new(target);
    options.purge = purge;
    options.mode = if dry_run { Mode::DryRun } else { Mode::Apply };
    let caller = call.caller.clone();
    let forgetting = async move { forget_by(&caller, &view, options).await };
    let receipt = call.write(forgetting).await?;
    if is_text && receipt.keys.is_empty() && receipt.remade.is_empty() && !purge {
        return Err(Failure::not_found("no record says this text")
            .with_advice("Recall returns the keys of similar records"));
    }
    let needs_review = proposal.is_some_and(|proposal| !proposal.is_certain());
    let receipt = receipt_message(receipt, needs_review);
    let keys = if dry_run { Vec::new() } else { receipt.keys.clone() };
    Ok(Answer::changed(receipt, keys))
}

fn selection(
    caller: &Caller,
    keys: Vec<String>,
    filter: Option<ForgetFilter>,
) -> Result<Selection, Failure> {
    let one = || Failure::invalid("expected either `keys` or `filter`");
    let Some(ForgetFilter { text, min_relevance, limit, document, all }) = filter else {
        if keys.is_empty() {
            return Err(one());
        }
        if KEYS_MAX < keys.len() {
            let count = keys.len();
            let problem = format!("`keys`: expected at most {KEYS_MAX}, not {count}");
            return Err(Failure::invalid(problem).with_advice("split them over several calls"));
        }
        let keys = keys.iter().map(|text| key("keys", text));
        return Ok(Selection::Keys(keys.collect::<Result<_, _>>()?));
    };
    if !keys.is_empty() {
        return Err(one());
    }
    let limit = values::count("filter.limit", limit, TEXT_RECORDS_MAX)?;
    let min_relevance = values::share("filter.min_relevance", min_relevance)?;
    match (values::text(text), values::text(document), all) {
        (Some(text), None, false) => {
            let mut query = ForgetQuery::new(text).with_kinds(caller.readable(None)?);
            query.limit = limit.unwrap_or(query.limit);
            query.min_relevance = min_relevance;
            Ok(Selection::Text(query))
        }
        _ if limit.is_some() || min_relevance.is_some() => {
            Err(Failure::invalid("`filter`: `limit` and `min_relevance` belong to `text`"))
        }
        (None, Some(document), false) => {
            Ok(Selection::Target(ForgetTarget::Document(PathBuf::from(document))))
        }
        (None, None, true) => Ok(Selection::Target(ForgetTarget::All)),
        _ => Err(Failure::invalid("`filter`: expected one of `text`, `document` and `all`")),
    }
}

/// Returns the target of a selection. In a dry run, includes records that need a review.
async fn target(
    caller: &Caller,
    view: &MemoryView,
    selection: Selection,
    dry_run: bool,
) -> Result<(ForgetTarget, Option<Proposal>), Failure> {
    match selection {
        Selection::Keys(keys) => {
            let mut identities = Vec::with_capacity(keys.len());
            for key in keys {
                identities.push(identity(caller, view, key).await?);
            }
            Ok((ForgetTarget::Records(identities), None))
        }
        Selection::Target(target) => Ok((target, None)),
        Selection::Text(query) if dry_run => {
            let proposal = view.forgetting().propose(&query).await?;
            let reviewed = query.min_relevance.is_none().then(|| proposal.clone());
            Ok((ForgetTarget::Proposed(Box::new(proposal)), reviewed))
        }
        Selection::Text(query) => Ok((ForgetTarget::Query(query), None)),
    }
}

fn receipt_message(receipt: Receipt, needs_review: bool) -> ForgetReceipt {
    ForgetReceipt {
        forgotten: values::narrow(receipt.forgotten),
        keys: receipt.keys.iter().map(Key::to_string).collect(),
        dry_run: receipt.dry_run,
        purged: receipt.purged,
        needs_review,
        receipt_json: json!(receipt).to_string().into_bytes(),
        pending: receipt.pending,
    }
}
