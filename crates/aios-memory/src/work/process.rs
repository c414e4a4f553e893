//! The mark of this process in the directory `run/`, see `aios_files::Mark`.

use std::path::{Path, PathBuf};

use aios_files::Mark;
use tokio::task;

use super::claim::Claim;
use crate::{Error, MemoryView, shared::Shared};

/// The directory of marks in the data directory.
pub(crate) const RUN: &str = "run";

pub(super) fn directory(shared: &Shared) -> PathBuf {
    shared.config.memory.data_dir.join(RUN)
}

impl MemoryView {
    /// Returns the name of this process's mark, which is created before its first task.
    pub(super) async fn process(&self) -> Result<String, Error> {
        let shared = self.shared();
        let mut mark = shared.work.mark.lock().await;
        if let Some(mark) = &*mark {
            return Ok(mark.name().to_owned());
        }
        shared.anchor.check()?;
        let started = shared.working.config().clock.now().as_microsecond();
        let dir = directory(shared);
        let made = task::spawn_blocking(move || Mark::make(&dir, started));
        let made = made.await.map_err(|_| Error::Interrupted)??;
        Ok(mark.insert(made).name().to_owned())
    }

    /// Returns true if no process works on the task of this claim.
    pub(super) async fn is_interrupted(&self, claim: &Claim) -> Result<bool, Error> {
        let shared = self.shared();
        if claim.is_released {
            return Ok(true);
        }
        if shared.work.is_own(&claim.process).await {
            return Ok(!shared.work.holds(&claim.hold));
        }
        if !is_name(&claim.process) {
            return Ok(true);
        }
        let (dir, name) = (directory(shared), claim.process.clone());
        let held = task::spawn_blocking(move || Mark::is_held(&dir, &name));
        Ok(!held.await.map_err(|_| Error::Interrupted)??)
    }
}

/// Returns true if a name in a claim is a plain file name, which cannot point outside of `run/`.
fn is_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let is_one = matches!(parts.next(), Some(std::path::Component::Normal(_)));
    is_one && parts.next().is_none() && !name.contains('/')
}
