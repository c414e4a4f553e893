//! The list of interrupted tasks.

use aios_working::TaskStatus;

use super::{
    Works,
    claim::Claim,
    crash::report_crashes,
    described::{InterruptedTask, described},
};
use crate::{Access, Error};

/// Maximum number of interrupted tasks in a list: the oldest ones.
pub const RESUME_LIST_MAX: usize = 1000;

impl Works<'_> {
    /// Returns the interrupted tasks that this view may resume, oldest first, at most
    /// [`RESUME_LIST_MAX`]. Tasks held by a living process, this one or another, are not included.
    /// Unless the memory is read-only, incidents of processes that died are recorded first.
    ///
    /// # Errors
    /// Errors of working or long-term memory; [`Error::Place`] if the mark of a process cannot be
    /// examined.
    pub async fn resume_list(self) -> Result<Vec<InterruptedTask>, Error> {
        if self.view.access() == Access::ReadWrite
            && let Err(error) = report_crashes(self.view.shared()).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to report a crash; the next call retries it");
        }
        let tasks = self.view.working().tasks().list(None, Some(TaskStatus::InProgress)).await?;
        let mut interrupted = Vec::new();
        for task in tasks {
            let Some(claim) = Claim::of(&task.metadata) else { continue };
            if self.view.gate().may_change(&task.meta.scope)
                && self.view.is_interrupted(&claim).await?
            {
                interrupted.push(described(self.view, task, &claim).await?);
            }
            if RESUME_LIST_MAX <= interrupted.len() {
                break;
            }
        }
        Ok(interrupted)
    }
}
