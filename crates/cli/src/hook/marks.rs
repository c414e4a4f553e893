//! The time at which each hook last ran, and its outcome, for `doctor`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aios_memory::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    event::{Event, Host},
    state::{DIRECTORY, replace},
};

/// The last run of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) at: Timestamp,
    /// True if the run succeeded.
    pub(crate) is_done: bool,
}

/// Records the run of a hook.
pub(super) fn mark(data_dir: &Path, host: Host, event: Event, is_done: bool) {
    let mark = Mark { at: Timestamp::now(), is_done };
    if let Ok(text) = serde_json::to_vec(&mark) {
        // Only `doctor` reads the mark, so a failure is ignored.
        let _ = replace(&file(data_dir, host, event), &text);
    }
}

/// Returns the last runs of the hooks of a host, ordered by event.
pub(crate) fn last_marks(data_dir: &Path, host: Host) -> Vec<(Event, Mark)> {
    let read = |event: Event| {
        let text = fs::read(file(data_dir, host, event)).ok()?;
        Some((event, serde_json::from_slice(&text).ok()?))
    };
    Event::ALL.iter().filter_map(|event| read(*event)).collect()
}

fn file(data_dir: &Path, host: Host, event: Event) -> PathBuf {
    let name = format!("{}.{}.json", host.name(), event.name());
    data_dir.join(DIRECTORY).join("ran").join(name)
}
