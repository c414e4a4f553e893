//! Narrows the caller's view to the scope in a message.

use aios_memory::{MemoryView, ScopeFilter};

use super::values;
use crate::{call::Call, failure::Failure, scope::scope_of, wire};

/// Returns the caller's view, narrowed to the scope of a message. Messages have no field for the
/// user.
pub(super) fn view(call: &Call, scope: Option<wire::Scope>) -> Result<MemoryView, Failure> {
    let view = call.caller.view();
    let Some(wire::Scope { project, agent, session, exact }) = scope else {
        return Ok(view.clone());
    };
    let [project, agent, session] = [project, agent, session].map(values::text);
    let scope = scope_of("scope.", project, agent, session)?;
    let filter = match exact {
        true => ScopeFilter::exact(scope),
        false => ScopeFilter::new(scope),
    };
    Ok(view.select(&filter)?)
}
