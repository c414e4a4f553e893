//! The hold of one unit of work. A dropped [`Work`](super::Work) leaves its hold without blocking,
//! and a background task records the release.

use std::{sync::Arc, time::Duration};

use aios_record::{Gate, Id, Identity, Key, Kind, Owner, Scope, ScopeFilter};
use aios_working::Task;
use tokio::{task, time};

use super::{claim::Claim, problem::WorkProblem};
use crate::{Error, MemoryView, shared::Shared};

/// Time between two checks for kept tasks that are idle.
const IDLE_CHECK: Duration = Duration::from_secs(60);

/// The hold of one unit of work. Dropping it releases the task, unless it is kept.
pub(super) struct Hold {
    name: String,
    shared: Arc<Shared>,
    is_kept: bool,
    /// True while the task is being ended.
    is_ending: bool,
}

/// Records the release of all held tasks and removes the mark, at an orderly end of the process.
pub(crate) async fn end(shared: &Arc<Shared>) {
    shared.work.drop_all();
    let is_released = release(shared).await;
    let Some(mark) = shared.work.mark.lock().await.take() else { return };
    // Otherwise the mark is kept, and shows that the tasks are interrupted.
    if is_released {
        let removed = task::spawn_blocking(move || mark.remove()).await;
        if let Ok(Err(error)) = removed {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to remove the mark of this process");
        }
    }
}

/// Records releases in the background, until the memory is dropped.
pub(crate) fn keep_releasing(memory: &Arc<Shared>) {
    let mut woken = memory.work.woken();
    let memory = Arc::downgrade(memory);
    task::spawn(async move {
        let mut checks = time::interval(IDLE_CHECK);
        loop {
            tokio::select! {
                changed = woken.changed() => if changed.is_err() { return },
                _ = checks.tick() => {}
            }
            match memory.upgrade() {
                Some(memory) if !memory.is_closed() => {
                    memory.work.drop_idle();
                    release(&memory).await;
                }
                _ => return,
            }
        }
    });
}

/// Records the releases of dropped works. Returns false if one could not be recorded.
async fn release(shared: &Arc<Shared>) -> bool {
    let mut is_released = true;
    let dropped = shared.work.take_dropped();
    if dropped.is_empty() {
        return is_released;
    }
    for (hold, identity) in dropped {
        let released = async {
            let own = owned(shared, &identity)?;
            Claim::change(&own, &identity.id, &hold, |claim| claim.is_released = true).await
        };
        match released.await {
            // It has ended or was deleted, or another caller holds it.
            Err(Error::Work { problem: WorkProblem::Taken, .. }) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                is_released = false;
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, %identity, "failed to record that a task was interrupted");
                shared.work.drop_again(hold, identity);
            }
            Ok(_) => {}
        }
    }
    shared.pump.wake();
    is_released
}

/// Returns the view that writes for the owner of a task: for the administrator's view, the part of
/// the owner.
pub(super) fn of_owner(view: &MemoryView, owner: Owner) -> Result<MemoryView, Error> {
    if view.gate().acts_for().is_some() {
        return Ok(view.clone());
    }
    let filter = view.gate().filter();
    let scope = Scope { user: None, ..filter.scope.clone() };
    let filter = ScopeFilter { scope, ..filter.clone() };
    Ok(MemoryView::new(Arc::clone(view.shared()), Gate::owner(owner).narrow(&filter)?))
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
        Hold { name, shared: Arc::clone(shared), is_kept: false, is_ending: false }
    }

    /// Returns the kept hold of this name, if this process has it.
    pub(super) fn kept(shared: &Arc<Shared>, name: &str) -> Option<Hold> {
        let is_kept = shared.work.call_kept(name);
        let (name, shared) = (name.to_owned(), Arc::clone(shared));
        is_kept.then_some(Hold { name, shared, is_kept: true, is_ending: false })
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

    /// Keeps the hold beyond this value.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
        self.shared.work.keep(&self.name);
    }

    /// Returns true if no other work of this hold is ending the task. Until this value is dropped,
    /// none can begin to.
    pub(super) fn begin_end(&mut self) -> bool {
        self.is_ending = self.shared.work.begin_end(&self.name);
        self.is_ending
    }

    /// Ends the hold of a task that has ended.
    pub(super) fn end(mut self) {
        self.is_kept = true;
        self.shared.work.end(&self.name);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.is_ending {
            self.shared.work.cancel_end(&self.name);
        }
        if !self.is_kept {
            self.shared.work.drop_hold(&self.name);
        }
    }
}
