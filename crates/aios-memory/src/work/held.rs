//! The tasks that this process holds. A dropped [`Work`](super::Work) leaves its hold here without
//! blocking, and a background task records the release.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aios_files::Mark;
use aios_record::{Gate, Id, Identity, Key, Kind, Scope, ScopeFilter};
use aios_working::Task;
use tokio::{sync::watch, task};

use super::{claim::Claim, problem::WorkProblem};
use crate::{Error, MemoryView, shared::Shared};

/// Time without a call after which a kept task counts as interrupted, because its caller is gone.
/// The caller may continue it nevertheless.
const KEPT_IDLE_MAX: Duration = Duration::from_secs(15 * 60);

/// The tasks that this process holds, and its mark.
pub(crate) struct Held {
    pub(super) mark: tokio::sync::Mutex<Option<Mark>>,
    holds: Mutex<HashMap<String, Holding>>,
    /// Holds of dropped works whose release is not recorded yet. At most one for each hold.
    dropped: Mutex<Vec<(String, Identity)>>,
    /// Wakes the background task, which ends with it.
    wake: watch::Sender<()>,
}

/// A task that is held.
struct Holding {
    /// `None` until the task is claimed.
    task: Option<Identity>,
    /// The time of the last call, if the hold outlives its works.
    kept: Option<Instant>,
}

/// The hold of one unit of work. Dropping it releases the task, unless it is kept.
pub(super) struct Hold {
    name: String,
    shared: Arc<Shared>,
    is_kept: bool,
}

impl Held {
    pub(crate) fn new() -> Held {
        Held {
            mark: tokio::sync::Mutex::default(),
            holds: Mutex::default(),
            dropped: Mutex::default(),
            wake: watch::channel(()).0,
        }
    }

    /// Returns true if this is the name of this process's mark.
    pub(super) async fn is_own(&self, process: &str) -> bool {
        self.mark.lock().await.as_ref().is_some_and(|mark| mark.name() == process)
    }

    /// Returns true if a work of this process has the hold. A kept one that is idle for long is
    /// given up.
    pub(super) fn holds(&self, hold: &str) -> bool {
        let is_idle = |kept: Instant| KEPT_IDLE_MAX < kept.elapsed();
        locked(&self.holds).get(hold).is_some_and(|holding| !holding.kept.is_some_and(is_idle))
    }

    /// Records the release of all held tasks and removes the mark: the process ends in an orderly
    /// way.
    pub(crate) async fn end(&self, shared: &Arc<Shared>) {
        let holds = mem::take(&mut *locked(&self.holds));
        let released = holds.into_iter().filter_map(|(hold, it)| Some((hold, it.task?)));
        locked(&self.dropped).extend(released);
        let is_released = release(shared).await;
        let Some(mark) = self.mark.lock().await.take() else { return };
        // Otherwise the mark tells that the tasks are interrupted.
        if is_released && let Err(error) = mark.remove() {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to remove the mark of this process");
        }
    }
}

/// Records releases in the background, until the memory is dropped.
pub(crate) fn keep_releasing(memory: &Arc<Shared>) {
    let mut woken = memory.work.wake.subscribe();
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
    let dropped = mem::take(&mut *locked(&shared.work.dropped));
    for (hold, identity) in dropped {
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
        locked(&shared.work.holds).insert(name.clone(), Holding { task: None, kept: None });
        Hold { name, shared: Arc::clone(shared), is_kept: false }
    }

    /// Returns the kept hold of this name, if this process has it.
    pub(super) fn kept(shared: &Arc<Shared>, name: &str) -> Option<Hold> {
        let mut holds = locked(&shared.work.holds);
        *holds.get_mut(name)?.kept.as_mut()? = Instant::now();
        Some(Hold { name: name.to_owned(), shared: Arc::clone(shared), is_kept: true })
    }

    /// Returns the hold of the claimed task.
    pub(super) fn of(self, task: &Task) -> Hold {
        let key = Key::new(Kind::Task, task.id.clone());
        if let Some(holding) = locked(&self.shared.work.holds).get_mut(&self.name) {
            holding.task = Some(key.of(task.meta.scope.owner()));
        }
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Lets the hold outlive this value.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
        if let Some(holding) = locked(&self.shared.work.holds).get_mut(&self.name) {
            holding.kept = Some(Instant::now());
        }
    }

    /// Ends the hold: the task has ended.
    pub(super) fn end(mut self) {
        self.is_kept = true;
        locked(&self.shared.work.holds).remove(&self.name);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let holding = locked(&self.shared.work.holds).remove(&self.name);
        if let Some(task) = holding.and_then(|holding| holding.task) {
            locked(&self.shared.work.dropped).push((self.name.clone(), task));
            self.shared.work.wake.send_replace(());
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
