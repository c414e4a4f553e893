//! The scope that a message names, within that of the caller.

use aios_memory::{MemoryView, Scope, ScopeFilter, record::forms};

use super::values;
use crate::{call::Call, failure::Failure, wire};

/// Returns the caller's view, narrowed to the scope of a message. The user is never a field of a
/// message.
pub(super) fn view(call: &Call, scope: Option<wire::Scope>) -> Result<MemoryView, Failure> {
    let view = call.caller.view();
    let Some(wire::Scope { project, agent, session, exact }) = scope else {
        return Ok(view.clone());
    };
    let scope = Scope {
        user: None,
        project: part("scope.project", project)?,
        agent: part("scope.agent", agent)?,
        session: part("scope.session", session)?,
    };
    let filter = match exact {
        true => ScopeFilter::exact(scope),
        false => ScopeFilter::new(scope),
    };
    Ok(view.narrow(&filter)?)
}

/// Returns a part of a scope, or `None` if it is not given.
fn part(field: &str, name: String) -> Result<Option<String>, Failure> {
    match values::text(name) {
        Some(name) if forms::is_blank(&name) => {
            Err(Failure::invalid(format!("`{field}`: expected visible text")))
        }
        Some(name) => Ok(Some(values::id(field, name)?.into())),
        None => Ok(None),
    }
}
