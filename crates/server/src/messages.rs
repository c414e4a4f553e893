//! Messages that a caller appends to a conversation, read as by every other interface. Malformed
//! fields are refused instead of repaired, because the caller can correct them.

use aios_memory::{
    Id, MemoryView, Scope,
    admission::Arrival,
    draft::{Defaults, Draft, TEXT_BYTES_MAX, Unnamed, identity::Namer},
};
use serde_json::{Map, Value};

use crate::failure::{Class, Failure};

/// Returns the defaults for messages of a conversation.
pub(crate) fn defaults(view: &MemoryView, session: &Id) -> Defaults {
    let mut scope = Scope::default().with_session(session.as_str());
    let bound = &view.gate().filter().scope;
    (scope.project, scope.agent) = (bound.project.clone(), bound.agent.clone());
    Defaults {
        scope,
        session: Unnamed::Fixed(session.to_string()),
        is_owned: view.gate().acts_for_user(),
        ..Defaults::default()
    }
}

/// Reads the message at `place` of a call, from 1. A message without an id is always new.
///
/// # Errors
/// Fails with the field that cannot be read, or that names an owner or a conversation other than
/// the call's.
pub(crate) fn arrival(
    place: u64,
    message: Map<String, Value>,
    view: &MemoryView,
    defaults: &Defaults,
) -> Result<Arrival, Failure> {
    let draft = Draft::from_chat(message, defaults);
    let draft = draft.map_err(|unfit| Failure::invalid(unfit.into_reason()))?;
    if let Some(mend) = draft.mended.first() {
        return Err(Failure::invalid(mend.problem()));
    }
    if draft.scope.session != defaults.scope.session {
        return Err(Failure::invalid("its metadata name another conversation than the call"));
    }
    if TEXT_BYTES_MAX < draft.text.len() {
        return Err(Failure::new(Class::TooLarge, "too_large", "the content is too long"));
    }
    let is_named = draft.external_id.is_some();
    let arrival = Arrival::of_draft(place, draft, view.gate(), &mut Namer::default());
    let mut arrival = arrival.map_err(Failure::invalid)?;
    if !is_named {
        // Two equal messages without ids are two messages.
        arrival.id = Id::generate();
    }
    Ok(arrival)
}
