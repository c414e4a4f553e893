//! Records of an export, taken back.

use std::path::Path;

use serde::Serialize;
use tokio::{sync::mpsc, task};

use super::{
    RecordProgress,
    reading::{self, Line},
};
use crate::{
    Error, ImportMode, MemoryView,
    admission::{Admission, Arrival, Manner, Outcome, Tally},
};

/// Batches that may have been read and not yet taken.
const BATCHES_AHEAD: usize = 2;

/// The outcome of taking an export back.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Restocked {
    /// Set if nothing was written; records that are counted as added would be.
    pub dry_run: bool,
    /// Counts of the records, by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// Records that could not be stored: line and reason.
    pub failed: Vec<(u64, String)>,
}

impl MemoryView {
    /// Takes back what [`export`](MemoryView::export) wrote, each record where it was and with the
    /// times that it had. One that is stored already stays as it is, in whichever tier that is, so
    /// an import that was interrupted is repeated as a whole; of two lines with one id the first
    /// counts; one that was forgotten stays so. A record of another owner than the view's is
    /// refused; the administrator's view takes those of every owner. One whose goal or task is not
    /// here is stored without that reference. A message whose place in its session another one has
    /// gets the next place, and a session that is here without a summary gets the one of the file.
    /// With [`ImportMode::DryRun`] nothing is stored, and refusals by the tiers are not found out.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be read, is not an export or is of another version;
    /// errors of working or long-term memory, such as that a limit is reached: as
    /// [`Error::Unfinished`] if records were taken before, which stay.
    pub async fn import_export(
        &self,
        path: &Path,
        mode: ImportMode,
        progress: Option<RecordProgress>,
    ) -> Result<Restocked, Error> {
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let opened = path.to_owned();
        let reading = task::spawn_blocking(move || reading::read(&opened, &sender));
        let admission = Admission::new(self, Manner::Found);
        let mut stock = Stock {
            admission: if mode == ImportMode::DryRun { admission.dry() } else { admission },
            done: Restocked { dry_run: mode == ImportMode::DryRun, ..Restocked::default() },
        };
        // What working memory was told is to be known as well.
        self.catch_up().await?;
        let taken = stock.take_all(batches, progress).await;
        taken.map_err(|error| error.after(stock.done.tally.added))?;
        self.catch_up().await?;
        reading.await.map_err(|_| Error::Interrupted)??;
        Ok(stock.done)
    }
}

/// Takes the lines of an export back.
struct Stock {
    admission: Admission,
    done: Restocked,
}

impl Stock {
    async fn take_all(
        &mut self,
        mut batches: mpsc::Receiver<Vec<Line>>,
        progress: Option<RecordProgress>,
    ) -> Result<(), Error> {
        while let Some(batch) = batches.recv().await {
            self.take(batch).await?;
            if let Some(progress) = &progress {
                progress(self.done.tally.read);
            }
        }
        Ok(())
    }

    async fn take(&mut self, batch: Vec<Line>) -> Result<(), Error> {
        let mut arrivals = Vec::with_capacity(batch.len());
        for (line, record) in batch {
            match record {
                Ok(record) => arrivals.push(Arrival::of_record(line, record)),
                Err(problem) => {
                    self.done.tally.read += 1;
                    self.done.tally.refused += 1;
                    self.done.failed.push((line, problem));
                }
            }
        }
        for verdict in self.admission.admit(arrivals).await? {
            self.done.tally.count(&verdict);
            if let Outcome::Refused(problem) = verdict.outcome {
                self.done.failed.push((verdict.place, problem));
            }
        }
        Ok(())
    }
}
