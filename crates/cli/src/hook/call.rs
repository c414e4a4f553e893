//! A call of a hook.

use aios_memory::MemoryView;

use super::{event::Host, input::Input};
use crate::failure::Failure;

/// A call of a hook.
pub(super) struct Call {
    pub(super) host: Host,
    pub(super) input: Input,
    /// The memory, narrowed by the flags of the hook. All projects unless a flag names one.
    pub(super) whole: MemoryView,
}

impl Call {
    /// Returns the host's id of the session.
    pub(super) fn session_id(&self) -> Result<&str, Failure> {
        let id = self.input.session_id.as_deref().filter(|id| !id.is_empty());
        id.ok_or_else(|| missing("session_id"))
    }
}

/// Returns the failure for a missing field of the input.
pub(super) fn missing(field: &str) -> Failure {
    Failure::Usage {
        message: format!("the input has no `{field}`"),
        hint: "update aios-memory, or report the version of the host",
    }
}
