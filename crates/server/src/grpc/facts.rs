//! Facts: learning, reading as of a time, and a person's judgement on them.

use aios_memory::{Fact, FactQuery, FailedMessage, Identity, Key, LearnReport};
use prost::Message;

use super::{
    answer::Answer,
    messages::object,
    scope,
    values::{self, bytes, narrow, seconds},
};
use crate::{
    answer_bytes::{Room, json_bytes},
    bounds::{GRPC_ANSWER_BYTES_MAX, HITS_MAX, LEARN_MESSAGES_MAX, PAGE_RECORDS, PAGE_RECORDS_MAX},
    call::Call,
    facts::{self, Cut, id_of, key_of, label, latest, take_failed},
    failure::Failure,
    wire::{
        self, ConfirmFactRequest, ConfirmFactResponse, Contradiction, ContradictionsRequest,
        ContradictionsResponse, FactHistoryRequest, FactHistoryResponse, FactsRequest,
        FactsResponse, LearnFailure, LearnRequest, RejectFactRequest, RejectFactResponse,
        SearchFactsRequest, SearchFactsResponse,
    },
};

pub(super) async fn learn(
    call: &Call,
    request: LearnRequest,
) -> Result<Answer<wire::LearnReport>, Failure> {
    let LearnRequest { messages, scope } = request;
    if !(1..=LEARN_MESSAGES_MAX).contains(&messages.len()) {
        let count = messages.len();
        return Err(Failure::invalid(format!(
            "`messages`: expected 1 to {LEARN_MESSAGES_MAX}, not {count}"
        )));
    }
    let view = scope::view(call, scope)?;
    let mut objects = Vec::with_capacity(messages.len());
    for (place, message) in (1..).zip(messages) {
        let of_message = |failure: Failure| failure.within(&format!("message {place}"));
        objects.push(object(message).map_err(of_message)?);
    }
    let report = call.write(async move { Box::pin(view.facts().learn(objects)).await }).await?;
    let keys: Vec<String> = report.facts.iter().map(Key::to_string).collect();
    Ok(Answer::changed(report_message(report), keys))
}

pub(super) async fn list(call: &Call, request: FactsRequest) -> Result<FactsResponse, Failure> {
    let FactsRequest { as_of, all, subject, attribute, page_size, page_token, scope } = request;
    let view = scope::view(call, scope)?;
    let limit = values::count("page_size", page_size, PAGE_RECORDS_MAX)?.unwrap_or(PAGE_RECORDS);
    let after = values::text(page_token).map(|token| facts::opened("page_token", &token));
    let named = |field, text| values::text(text).map(|text| label(field, text)).transpose();
    let query = FactQuery::default()
        .with_as_of(values::time("as_of", as_of)?)
        .with_subject(named("subject", subject)?)
        .with_attribute(named("attribute", attribute)?)
        .with_after(after.transpose()?)
        .with_limit(limit);
    let query = if all { query.with_ended() } else { query };
    let listing = facts::page(&view, query, "page_token", GRPC_ANSWER_BYTES_MAX, json_bytes);
    let page = call.read(Box::pin(listing)).await?;
    Ok(FactsResponse {
        facts: page.facts.into_iter().map(wire::Fact::from).collect(),
        next_page_token: page.next.map(facts::sealed).unwrap_or_default(),
    })
}

pub(super) async fn search(
    call: &Call,
    request: SearchFactsRequest,
) -> Result<SearchFactsResponse, Failure> {
    let SearchFactsRequest { query, limit, scope } = request;
    let view = scope::view(call, scope)?;
    let limit = values::count("limit", limit, HITS_MAX)?;
    call.traced.asked(&query);
    let found = call.read(view.facts().search(&query, limit)).await?;
    let mut facts: Vec<_> = found.into_iter().map(wire::Fact::from).collect();
    call.traced.found(facts.iter().map(|fact| fact.text.as_str()));
    let left_out = Room::new(GRPC_ANSWER_BYTES_MAX).cut(&mut facts, Message::encoded_len);
    Ok(SearchFactsResponse { facts, left_out: narrow(left_out) })
}

pub(super) async fn history(
    call: &Call,
    request: FactHistoryRequest,
) -> Result<FactHistoryResponse, Failure> {
    let FactHistoryRequest { subject, attribute, scope } = request;
    let view = scope::view(call, scope)?;
    let (subject, attribute) = (label("subject", subject)?, label("attribute", attribute)?);
    let found = call.read(view.facts().history(&subject, &attribute)).await?;
    let found: Vec<_> = found.into_iter().map(wire::Fact::from).collect();
    let Cut { items, left_out } = latest(found, GRPC_ANSWER_BYTES_MAX, Message::encoded_len);
    Ok(FactHistoryResponse { facts: items, left_out: narrow(left_out) })
}

pub(super) async fn contradictions(
    call: &Call,
    request: ContradictionsRequest,
) -> Result<ContradictionsResponse, Failure> {
    let view = scope::view(call, request.scope)?;
    let found = call.read(view.facts().contradictions()).await?;
    let slots = facts::contradictions(found).into_iter();
    let slots = slots.map(|facts::Contradiction { subject, attribute, facts }| Contradiction {
        subject,
        attribute,
        facts,
    });
    let mut contradictions: Vec<_> = slots.collect();
    let left_out = Room::new(GRPC_ANSWER_BYTES_MAX).cut(&mut contradictions, Message::encoded_len);
    Ok(ContradictionsResponse { contradictions, left_out: narrow(left_out) })
}

pub(super) async fn confirm(
    call: &Call,
    request: ConfirmFactRequest,
) -> Result<Answer<ConfirmFactResponse>, Failure> {
    let id = id_of("key", &request.key)?;
    let view = call.caller.view().clone();
    let fact = call.write(async move { Box::pin(view.facts().confirm(&id)).await }).await?;
    let key = key_of(&fact.id).to_string();
    let confirmed = ConfirmFactResponse {
        key: key.clone(),
        confirmed_at: seconds(fact.confirmed_at),
        confidence: fact.confidence.into(),
        trust: fact.trust().as_str().to_owned(),
    };
    Ok(Answer::changed(confirmed, [key]))
}

pub(super) async fn reject(
    call: &Call,
    request: RejectFactRequest,
) -> Result<Answer<RejectFactResponse>, Failure> {
    let id = id_of("key", &request.key)?;
    let view = call.caller.view().clone();
    let removed = call.write(async move { Box::pin(view.facts().reject(&id)).await }).await?;
    let rejected: Vec<String> =
        removed.iter().map(Identity::key).map(|it| it.to_string()).collect();
    Ok(Answer::changed(RejectFactResponse { rejected: rejected.clone() }, rejected))
}

fn report_message(mut report: LearnReport) -> wire::LearnReport {
    let (failed, failed_count) = take_failed(&mut report);
    let failed = failed
        .into_iter()
        .map(|FailedMessage { line, error }| LearnFailure { line: narrow(line), error });
    wire::LearnReport {
        added: narrow(report.added),
        updated: narrow(report.updated),
        superseded: narrow(report.superseded),
        ignored: narrow(report.ignored),
        refused: narrow(report.refused),
        facts: report.facts.iter().map(Key::to_string).collect(),
        failed: failed.collect(),
        failed_count: narrow(failed_count),
    }
}

impl From<Fact> for wire::Fact {
    fn from(fact: Fact) -> wire::Fact {
        let (text, trust) = (fact.statement(), fact.trust().as_str().to_owned());
        let superseded_by = fact.superseded_by.as_ref().map(|id| key_of(id).to_string());
        wire::Fact {
            key: key_of(&fact.id).to_string(),
            subject: fact.subject,
            attribute: fact.attribute,
            value_json: bytes(&fact.value),
            text,
            time_json: bytes(&fact.time),
            stated_at: seconds(fact.stated_at),
            valid_from: seconds(fact.valid_from),
            valid_to: seconds(fact.valid_to),
            ended_at: seconds(fact.ended_at),
            ended_by: fact.ended_by.unwrap_or_default(),
            recorded_at: seconds(fact.meta.recorded_at),
            superseded_by: superseded_by.unwrap_or_default(),
            evidence: fact.evidence,
            confidence: fact.confidence.into(),
            confirmed_at: seconds(fact.confirmed_at),
            trust,
            origin: fact.origin.to_string(),
            user: fact.meta.scope.user.unwrap_or_default(),
            project: fact.meta.scope.project.unwrap_or_default(),
        }
    }
}
