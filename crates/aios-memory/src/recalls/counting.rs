//! Recalls of a view: the name under which they are counted, and the table for a report.

use std::sync::Arc;

use aios_record::{Identity, Owner};
use jiff::Timestamp;
use tokio::task;

use super::{Table, read};
use crate::{Error, MemoryView};

impl MemoryView {
    /// Counts a recall of each of these records, and writes the counts in the background if that is
    /// due.
    pub(crate) fn count_recalls<'a>(&self, recalled: impl Iterator<Item = &'a Identity>) {
        let shared = self.shared();
        if shared.recalls.is_counting() && shared.recalls.count(self.reader(), recalled) {
            let shared = Arc::clone(shared);
            task::spawn(async move {
                // Another memory may be at this path now.
                if shared.anchor.check().is_ok() {
                    shared.recalls.write(&shared.longterm).await;
                }
            });
        }
    }

    /// Returns the name under which this view's recalls are counted.
    pub(crate) fn reader(&self) -> &str {
        self.gate().acts_for().map_or("", Owner::as_str)
    }

    /// Returns the counts of all readers, with those of this process that are not in the file yet.
    /// `None` if the settings disable it.
    pub(crate) async fn recall_counts(&self) -> Result<Option<Table>, Error> {
        if !self.config().report.recalls {
            return Ok(None);
        }
        let dir = self.config().memory.data_dir.clone();
        let reading = task::spawn_blocking(move || read(&dir));
        let mut table = reading.await.map_err(|_| Error::Interrupted)?;
        let waiting = self.shared().recalls.waiting();
        if !waiting.is_empty() {
            table.add(waiting, Timestamp::now(), self.config().report.recalls_max);
        }
        Ok(Some(table))
    }
}
