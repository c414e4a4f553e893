//! The project of a session, and the part of the memory that the session sees.

use std::path::PathBuf;

use aios_memory::{Key, Kind, MemoryView, Scope, ScopeFilter, project::Project};
use tokio::task;

use super::{
    call::{Call, missing},
    session::session_of,
};
use crate::failure::Failure;

impl Call {
    /// Returns the memory as visible to the session: the records of its project, and those without
    /// a project. A project named by a flag of the hook takes precedence. A session without a
    /// stored project belongs to that of the working directory.
    pub(super) async fn in_project(&self) -> Result<MemoryView, Failure> {
        if self.whole.gate().filter().scope.project.is_some() {
            return Ok(self.whole.clone());
        }
        let project = match self.stored_project().await?.flatten() {
            Some(project) => project,
            None => project_of(self.input.cwd.clone()).await?,
        };
        let scope = Scope { project: Some(project), ..Scope::default() };
        Ok(self.whole.narrow(&ScopeFilter::new(scope))?)
    }

    /// Returns the memory with the scope for the messages of the session. Unlike
    /// [`Call::in_project`], it has no project for a session that was stored without one.
    pub(super) async fn for_messages(&self) -> Result<MemoryView, Failure> {
        if self.whole.gate().filter().scope.project.is_some() {
            return Ok(self.whole.clone());
        }
        let Some(project) = self.stored_project().await? else { return self.in_project().await };
        let scope = Scope { project, ..Scope::default() };
        // A fork repeats lines of its parent, which may be in another project.
        Ok(self.whole.select(&ScopeFilter::new(scope))?)
    }

    /// Returns the project in which the session is stored: its own, since it accepts no messages of
    /// another; otherwise that of its last message. `None` if nothing of the session is stored. The
    /// working directory is irrelevant, because it may change during a session.
    async fn stored_project(&self) -> Result<Option<Option<String>>, Failure> {
        let id = session_of(self)?;
        let session = self.whole.get(&Key::new(Kind::Session, id.clone())).await?;
        // A shared session with this id is a different one.
        let scope = session.map(|it| it.scope).filter(|it| self.whole.gate().may_change(it));
        if let Some(project) = scope.and_then(|scope| scope.project) {
            return Ok(Some(Some(project)));
        }
        let last = self.whole.working().messages().recent(&id, 1).await;
        let last = last.map_err(aios_memory::Error::from)?.pop();
        Ok(last.map(|last| last.meta.scope.project))
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
