//! Import of an export.

use std::{collections::HashMap, path::Path};

use aios_memory::{
    MemoryView,
    admission::{Admission, Arrival, Manner, Outcome, Refusal, Tally},
};
use aios_record::{Gate, Identity, Kind, Mode, Progress, Remedy};
use serde::Serialize;
use tokio::{sync::mpsc, task};

use super::reading::{self, Line};
use crate::Error;

/// Capacity of the channel in batches: batches read but not yet written.
const BATCHES_AHEAD: usize = 2;

/// Outcome of importing an export.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Restocked {
    /// True if nothing was written, in which case `added` counts the records that would be added.
    pub dry_run: bool,
    /// Record counts by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// Records that could not be stored.
    pub failed: Vec<RestockFailure>,
}

/// A record of an export that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestockFailure {
    /// Line number, from 1.
    pub line: u64,
    /// The reason.
    pub error: String,
    /// The next step, if the reason does not state it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

/// Imports a file that [`to_file`](super::to_file) wrote. Each record returns to its former tier
/// and keeps its times. Calls `progress` with the number of records read.
///
/// - A record that is already stored, in any tier, is unchanged, so an interrupted import can be
///   repeated from the start. If two lines have the same id, the first one is used.
/// - Facts are stored first, so they keep their confirmations and changes when their messages are
///   learned from. A learned fact is skipped if none of the messages that state it is stored
///   afterwards. Values that were rejected in the exported memory are not rejected here.
/// - Forgotten records stay forgotten.
/// - A record of an owner other than the view's is refused. The administrator's view accepts every
///   owner.
/// - A record whose goal or task is missing is stored without that reference.
/// - If a message's position in its session is occupied by another one, it gets the next position.
/// - A stored session without a summary gets the summary of the file.
///
/// With [`Mode::DryRun`], nothing is stored, and refusals by the tiers are not detected.
///
/// # Errors
/// - [`Error::Input`] if the file cannot be read, is not an export or has an unknown
///   version.
/// - Errors of working or long-term memory, such as an exceeded limit. If records were added before
///   such an error, returns [`Error::Unfinished`]; these records stay.
pub async fn read_back(
    view: &MemoryView,
    path: &Path,
    mode: Mode,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Restocked, Error> {
    let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
    let opened = path.to_owned();
    let reading = task::spawn_blocking(move || reading::read(&opened, &sender));
    let mut stock = Stock {
        admission: Admission::new(view, Manner::Found).with_mode(mode),
        done: Restocked { dry_run: mode.is_dry_run(), ..Restocked::default() },
        facts: HashMap::new(),
        gate: view.gate().clone(),
    };
    // Changes that working memory has acknowledged must be detected as known.
    view.feed().catch_up().await?;
    let taken = stock.take_all(batches, progress).await;
    taken.map_err(|error| error.after(stock.done.tally.added))?;
    if !mode.is_dry_run() {
        let unfounded = stock.remove_unfounded(view).await;
        unfounded.map_err(|error| error.after(stock.done.tally.added))?;
    }
    view.feed().catch_up().await?;
    reading.await.map_err(Error::interrupted)??;
    Ok(stock.done)
}

/// Writer of the lines of an export.
struct Stock {
    admission: Admission,
    done: Restocked,
    /// The added facts, with their lines.
    facts: HashMap<Identity, u64>,
    gate: Gate,
}

impl Stock {
    async fn take_all(
        &mut self,
        mut batches: mpsc::Receiver<Vec<Line>>,
        progress: impl Fn(Progress),
    ) -> Result<(), Error> {
        while let Some(batch) = batches.recv().await {
            self.take(batch).await?;
            progress(Progress::new(self.done.tally.read));
        }
        Ok(())
    }

    /// Removes facts whose messages are neither in the file nor in the memory. Messages may follow
    /// their facts in the file.
    async fn remove_unfounded(&mut self, view: &MemoryView) -> Result<(), Error> {
        let facts: Vec<Identity> = self.facts.keys().cloned().collect();
        for identity in view.facts().remove_unfounded(&facts).await? {
            let Some(line) = self.facts.get(&identity) else { continue };
            let reason = "the messages that state it are not stored".to_owned();
            self.done.tally.take_back(*line, identity.key(), reason);
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
                    self.done.failed.push(RestockFailure { line, error: problem, remedy: None });
                }
            }
        }
        let mut owners = HashMap::new();
        for arrival in arrivals.iter().filter(|it| it.kind == Kind::Fact) {
            let mut scope = arrival.scope.clone();
            if self.gate.fill(&mut scope).is_ok() {
                owners.insert(arrival.place, scope.owner());
            }
        }
        for verdict in self.admission.admit(arrivals).await? {
            self.done.tally.count(&verdict);
            if verdict.outcome == Outcome::Added
                && let Some(owner) = owners.remove(&verdict.place)
            {
                let identity = Identity::new(owner, verdict.kind, verdict.id.clone());
                self.facts.insert(identity, verdict.place);
            }
            if let Outcome::Refused(Refusal { reason: error, remedy }) = verdict.outcome {
                self.done.failed.push(RestockFailure { line: verdict.place, error, remedy });
            }
        }
        Ok(())
    }
}
