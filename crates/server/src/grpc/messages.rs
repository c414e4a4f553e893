//! Appending messages to a session.

use aios_memory::{
    Id, Key, Kind, Scope,
    admission::{Admission, Arrival, Content, Manner, Outcome},
    draft::{
        TEXT_BYTES_MAX,
        identity::{Facts, Namer},
    },
    record::forms,
    working::NewMessage,
};

use super::{answer::Answer, scope, values};
use crate::{
    bounds::MESSAGES_MAX,
    call::Call,
    failure::{Class, Failure},
    wire::{AddMessagesRequest, AddMessagesResponse, AddedMessage, ChatMessage},
};

pub(super) async fn add(
    call: &Call,
    request: AddMessagesRequest,
) -> Result<Answer<AddMessagesResponse>, Failure> {
    let AddMessagesRequest { session, messages, scope } = request;
    if !(1..=MESSAGES_MAX).contains(&messages.len()) {
        let count = messages.len();
        return Err(Failure::invalid(format!(
            "`messages`: expected 1 to {MESSAGES_MAX}, not {count}"
        )));
    }
    let view = scope::view(call, scope)?;
    let mut scope = Scope { session: values::text(session), ..Scope::default() };
    view.gate().fill(&mut scope).map_err(aios_memory::Error::from)?;
    let session = match scope.session.clone() {
        Some(session) if !forms::is_blank(&session) => values::id("session", session)?,
        _ => return Err(Failure::invalid("`session`: expected the id of a session")),
    };
    let mut arrivals = Vec::with_capacity(messages.len());
    for (place, message) in (1..).zip(messages) {
        let of_message = |failure: Failure| Failure {
            message: format!("message {place}: {}", failure.message),
            ..failure
        };
        arrivals.push(arrival(place, message, &session, &scope).map_err(of_message)?);
    }
    let writing = async move {
        let mut admission = Admission::new(&view, Manner::Written);
        Box::pin(admission.admit(arrivals)).await
    };
    let added = call.write(writing).await?;
    let added = added.into_iter().map(|verdict| AddedMessage {
        key: Key::new(verdict.kind, verdict.id).to_string(),
        known: verdict.outcome == Outcome::Known,
    });
    let messages: Vec<_> = added.collect();
    let keys: Vec<String> = messages.iter().map(|message| message.key.clone()).collect();
    Ok(Answer::changed(AddMessagesResponse { messages }, keys))
}

/// Returns the arrival of a message. Its id is derived from the external one, if it has that, as
/// when a file is ingested.
fn arrival(
    place: u64,
    message: ChatMessage,
    session: &Id,
    scope: &Scope,
) -> Result<Arrival, Failure> {
    let kind = Kind::Message;
    let ChatMessage { role, content, name, .. } = message;
    if forms::is_blank(&content) {
        return Err(Failure::invalid("`content`: expected visible text"));
    }
    if TEXT_BYTES_MAX < content.len() {
        let bytes = content.len();
        let problem = format!("`content`: {bytes} bytes, the limit is {TEXT_BYTES_MAX}");
        return Err(Failure::new(Class::TooLarge, "too_long", problem)
            .with_advice("split it over several messages"));
    }
    let tokens = match message.tokens {
        0 => None,
        tokens @ 1.. => Some(tokens),
        tokens => return Err(Failure::invalid(format!("`tokens`: {tokens} is below 0"))),
    };
    let external_id = values::text(message.external_id);
    let timestamp = values::time("timestamp", message.timestamp)?;
    let role = values::text(role).unwrap_or_else(|| "user".to_owned());
    let id = match &external_id {
        None => Id::generate(),
        Some(external_id) => {
            let facts = Facts {
                kind,
                scope,
                role: Some(&role),
                name: None,
                external_id: Some(external_id),
                occurred_at: timestamp,
                text: &content,
            };
            Namer::default().name(facts, None).id
        }
    };
    let message = NewMessage {
        name: values::text(name),
        timestamp,
        tokens,
        model: values::text(message.model),
        external_id,
        metadata: values::json("metadata_json", &message.metadata_json)?.unwrap_or_default(),
        scope: scope.clone(),
        ..NewMessage::new(session.clone(), role, content)
    };
    Ok(Arrival::new(place, kind, id, scope.clone(), Content::Message(Box::new(message))))
}
