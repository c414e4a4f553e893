//! The hold of one unit of work. A dropped [`Work`](super::Work) leaves its hold without blocking,
//! and a background task records the release.

use std::sync::Arc;

use aios_record::{Gate, Id, Identity, Key, Kind, Scope, ScopeFilter};
use aios_working::Task;
use tokio::task;

use super::{claim::Claim, problem::WorkProblem};
use crate::{Error, MemoryView, shared::Shared};

/// The hold of one unit of work. Dropping it releases the task, unless it is kept.
pub(super) struct Hold {
    name: String,
    shared: Arc<Shared>,
    is_kept: bool,
}

/// Records the release of all held tasks and removes the mark: the process ends in an orderly way.
pub(crate) async fn end(shared: &Arc<Shared>) {
    shared.work.drop_all();
    let is_released = release(shared).await;
    let Some(mark) = shared.work.mark.lock().await.take() else { return };
    // Otherwise the mark tells that the tasks are interrupted.
    if is_released && let Err(error) = mark.remove() {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "failed to remove the mark of this process");
    }
}

/// Records releases in the background, until the memory is dropped.
pub(crate) fn keep_releasing(memory: &Arc<Shared>) {
    let mut woken = memory.work.woken();
    let memory = Arc::downgrade(memory);
    task::spawn(async move {
        while woken.changed().await.is_ok() {
            match memory.upgrade() {
                Some(memory) if !memory.is_closed() => drop(release(&memory).await),
                _ => return,
            }
        }
    });
}

/// Records the releases of dropped works. Returns false if one could not be recorded.
async fn release(shared: &Arc<Shared>) -> bool {
    let mut is_released = true;
    for (hold, identity) in shared.work.take_dropped() {
        let released = async {
            let own = owned(shared, &identity)?;
            Claim::change(&own, &identity.id, &hold, |claim| claim.is_released = true).await
        };
        match released.await {
            // It has ended or was deleted, or another caller has it.
            Err(Error::Work { problem: WorkProblem::Taken, .. }) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                is_released = false;
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, %identity, "failed to record that a task was interrupted");
            }
            Ok(_) => {}
        }
    }
    shared.pump.wake();
    is_released
}

/// Returns the view of the owner of a record, without shared ones.
pub(super) fn owned(shared: &Arc<Shared>, identity: &Identity) -> Result<MemoryView, Error> {
    let exact = ScopeFilter::exact(Scope::default());
    let gate = Gate::owner(identity.owner.clone()).narrow(&exact)?;
    Ok(MemoryView::new(Arc::clone(shared), gate))
}

impl Hold {
    /// Creates a hold of a task that is not claimed yet.
    pub(super) fn new(shared: &Arc<Shared>) -> Hold {
        let name = Id::generate().to_string();
        shared.work.add(&name);
        Hold { name, shared: Arc::clone(shared), is_kept: false }
    }

    /// Returns the kept hold of this name, if this process has it.
    pub(super) fn kept(shared: &Arc<Shared>, name: &str) -> Option<Hold> {
        let is_kept = shared.work.call_kept(name);
        is_kept.then(|| Hold { name: name.to_owned(), shared: Arc::clone(shared), is_kept })
    }

    /// Returns the hold of the claimed task.
    pub(super) fn of(self, task: &Task) -> Hold {
        let key = Key::new(Kind::Task, task.id.clone());
        self.shared.work.claimed(&self.name, key.of(task.meta.scope.owner()));
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Lets the hold outlive this value.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
        self.shared.work.keep(&self.name);
    }

    /// Ends the hold: the task has ended.
    pub(super) fn end(mut self) {
        self.is_kept = true;
        self.shared.work.end(&self.name);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.is_kept {
            self.shared.work.drop_hold(&self.name);
        }
    }
}
