//! The tasks that this process holds, in RAM.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aios_files::Mark;
use aios_record::Identity;
use tokio::sync::watch;

/// Time without a call after which a kept task counts as interrupted, because its caller is
/// presumed gone. The caller may still continue it.
const KEPT_IDLE_MAX: Duration = Duration::from_secs(15 * 60);

/// The tasks that this process holds, and its mark.
pub(crate) struct Held {
    pub(super) mark: tokio::sync::Mutex<Option<Mark>>,
    holds: Mutex<HashMap<String, Holding>>,
    /// Holds of dropped works whose release is not recorded yet, each once.
    dropped: Mutex<Vec<(String, Identity)>>,
    /// Wakes the background task, which ends when this is dropped.
    wake: watch::Sender<()>,
}

/// The hold of a task.
struct Holding {
    /// `None` until the task is claimed.
    task: Option<Identity>,
    /// The time of the last call, if the hold is kept beyond its works.
    kept: Option<Instant>,
    /// True while a work ends the task.
    is_ending: bool,
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

    /// Returns true if a work of this process has the hold. A kept hold that is idle for too long
    /// is released.
    pub(super) fn holds(&self, hold: &str) -> bool {
        locked(&self.holds).get(hold).is_some_and(|holding| !holding.kept.is_some_and(is_idle))
    }

    /// Adds a hold of a task that is not claimed yet.
    pub(super) fn add(&self, name: &str) {
        locked(&self.holds)
            .insert(name.to_owned(), Holding { task: None, kept: None, is_ending: false });
    }

    /// Sets the claimed task of a hold.
    pub(super) fn claimed(&self, name: &str, task: Identity) {
        if let Some(holding) = locked(&self.holds).get_mut(name) {
            holding.task = Some(task);
        }
    }

    /// Keeps a hold beyond its works.
    pub(super) fn keep(&self, name: &str) {
        if let Some(holding) = locked(&self.holds).get_mut(name) {
            holding.kept = Some(Instant::now());
        }
    }

    /// Returns true if there is a kept hold of this name, and records the time of the call.
    pub(super) fn call_kept(&self, name: &str) -> bool {
        let mut holds = locked(&self.holds);
        let kept = holds.get_mut(name).and_then(|holding| holding.kept.as_mut());
        kept.map(|kept| *kept = Instant::now()).is_some()
    }

    /// Returns true if no other work of this hold is ending the task, and records that one is.
    pub(super) fn begin_end(&self, name: &str) -> bool {
        let mut holds = locked(&self.holds);
        holds.get_mut(name).is_some_and(|it| !mem::replace(&mut it.is_ending, true))
    }

    /// Records that the task has not ended.
    pub(super) fn cancel_end(&self, name: &str) {
        if let Some(holding) = locked(&self.holds).get_mut(name) {
            holding.is_ending = false;
        }
    }

    /// Ends a hold whose task has ended.
    pub(super) fn end(&self, name: &str) {
        locked(&self.holds).remove(name);
    }

    /// Releases a hold. The background task records the release.
    pub(super) fn drop_hold(&self, name: &str) {
        let holding = locked(&self.holds).remove(name);
        if let Some(task) = holding.and_then(|holding| holding.task) {
            locked(&self.dropped).push((name.to_owned(), task));
            self.wake.send_replace(());
        }
    }

    /// Releases all holds.
    pub(super) fn drop_all(&self) {
        let holds = mem::take(&mut *locked(&self.holds));
        let released = holds.into_iter().filter_map(|(hold, it)| Some((hold, it.task?)));
        locked(&self.dropped).extend(released);
    }

    /// Releases the kept holds that are idle for too long.
    pub(super) fn drop_idle(&self) {
        let mut holds = locked(&self.holds);
        let idle = holds.extract_if(|_, it| it.kept.is_some_and(is_idle));
        let released: Vec<_> = idle.filter_map(|(hold, it)| Some((hold, it.task?))).collect();
        drop(holds);
        locked(&self.dropped).extend(released);
    }

    /// Returns a hold whose release could not be recorded to the list.
    pub(super) fn drop_again(&self, hold: String, task: Identity) {
        locked(&self.dropped).push((hold, task));
    }

    /// Takes the released holds from the list.
    pub(super) fn take_dropped(&self) -> Vec<(String, Identity)> {
        mem::take(&mut *locked(&self.dropped))
    }

    /// Returns a receiver that changes when a hold is released.
    pub(super) fn woken(&self) -> watch::Receiver<()> {
        self.wake.subscribe()
    }
}

fn is_idle(kept: Instant) -> bool {
    KEPT_IDLE_MAX < kept.elapsed()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
