//! A call of a hook, and the part of the memory that it concerns.

use std::path::PathBuf;

use aios_memory::{MemoryView, Scope, ScopeFilter, project::Project};
use tokio::task;

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

    /// Returns the memory as visible from the working directory: the records of its project, and
    /// those without a project. A project named by a flag of the hook takes precedence.
    pub(super) async fn in_project(&self) -> Result<MemoryView, Failure> {
        if self.whole.gate().filter().scope.project.is_some() {
            return Ok(self.whole.clone());
        }
        let project = project_of(self.input.cwd.clone()).await?;
        let scope = Scope { project: Some(project), ..Scope::default() };
        Ok(self.whole.narrow(&ScopeFilter::new(scope))?)
    }
}

/// Returns the failure for a missing field of the input.
pub(super) fn missing(field: &str) -> Failure {
    Failure::Usage {
        message: format!("the input has no `{field}`"),
        hint: "update aios-memory, or report the version of the host",
    }
}

/// Returns the id of a directory's project. Fails if the directory no longer exists, because
/// records without a project would be visible in every project.
async fn project_of(cwd: Option<PathBuf>) -> Result<String, Failure> {
    let cwd = cwd.ok_or_else(|| missing("cwd"))?;
    let found = task::spawn_blocking(move || Project::of(&cwd)).await;
    let found = found.map_err(|_| Failure::Memory(aios_memory::Error::Interrupted))?;
    Ok(found?.id)
}
