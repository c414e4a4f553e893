//! Projects of the sessions of coding agents.
//!
//! A hook stores a session in the project of its directory. If the file of that session is read
//! without a project, the same session is continued, so its messages belong to the same project.
//! The ids of messages without an id of their own depend on the project.

use std::collections::HashMap;

use aios_draft::Draft;
use aios_memory::{Id, MemoryView, Scope, admission::Admission};

use crate::Error;

/// The known projects of the sessions of one input.
#[derive(Debug, Default)]
pub(super) struct Projects {
    of_sessions: HashMap<Scope, Option<String>>,
}

impl Projects {
    /// Sets the project of each draft of a coding agent that names none to that of its stored
    /// session, if there is one.
    pub(super) async fn settle(
        &mut self,
        view: &MemoryView,
        admission: &mut Admission,
        drafts: &mut [(u64, Draft)],
    ) -> Result<(), Error> {
        if view.gate().filter().scope.project.is_some() {
            return Ok(());
        }
        let of_agents = drafts.iter_mut().map(|(_, draft)| draft).filter(|it| it.redacts_secrets);
        for draft in of_agents.filter(|it| it.scope.project.is_none()) {
            let scope = draft.scope.clone();
            let Some(Ok(session)) = scope.session.as_deref().map(Id::new) else { continue };
            // A refused scope is reported when the record is written.
            if view.gate().fill(&mut scope.clone()).is_err() {
                continue;
            }
            if !self.of_sessions.contains_key(&scope) {
                let project = admission.project_of(&scope, &session).await?;
                self.of_sessions.insert(scope.clone(), project);
            }
            draft.scope.project = self.of_sessions[&scope].clone();
        }
        Ok(())
    }
}
