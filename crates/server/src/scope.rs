//! The part of a caller's memory to which a call is narrowed, in the fields of either transport.

use aios_memory::{Id, Scope, record::forms};

use crate::{bounds::SCOPE_BYTES_MAX, failure::Failure};

/// Returns the scope with these parts. Calls have no field for the user. `within` is the prefix of
/// the fields in errors, such as `scope.`, or empty.
///
/// # Errors
/// Fails with the name of the field if a part has no visible text or is too long.
pub(crate) fn scope_of(
    within: &str,
    project: Option<String>,
    agent: Option<String>,
    session: Option<String>,
) -> Result<Scope, Failure> {
    for (name, part) in [("project", &project), ("agent", &agent), ("session", &session)] {
        let Some(part) = part else { continue };
        let refused = |problem: String| Failure::invalid(format!("`{within}{name}`: {problem}"));
        if forms::is_blank(part) {
            return Err(refused("expected visible text".to_owned()));
        }
        if name == "session" {
            Id::new(part.as_str()).map_err(|error| refused(error.to_string()))?;
        }
        if SCOPE_BYTES_MAX < part.len() {
            let bytes = part.len();
            return Err(refused(format!("{bytes} bytes, the limit is {SCOPE_BYTES_MAX}")));
        }
    }
    Ok(Scope { user: None, project, agent, session })
}
