//! Bulk writes under any owner: records from another memory, and the events and metrics of the
//! operational tier.

use aios_record::{Record, Scope};

use crate::{
    Error, Event, HourlyMetric, Metric, RestoreOutcome, WorkingView, event, metric, restore,
};

/// Bulk writes under any owner, for the program that keeps the memory.
///
/// ```
/// # use aios_working::{Config, Metric, Working};
/// # use aios_record::Timestamp;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let metric = Metric { key: "cpu".to_owned(), value: 0.5, timestamp: Timestamp::now() };
/// working.intake().put_metrics(vec![metric]).await?;
/// assert_eq!(working.metrics().keys().await?, ["cpu"]);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Intake<'_> {
    /// Stores records under their owners, in one transaction, and returns the outcome for each.
    /// Records must come after the records that they refer to: goals, then tasks and the rest.
    /// References come from [`Record::references`]; without one, a record refers to its owner's
    /// record of the id that it names, or else to the shared one. Added records become changes in
    /// the feed.
    ///
    /// A message whose position is occupied gets the next position of its session. A session that
    /// exists without a summary gets the given one.
    ///
    /// # Errors
    /// For a record: [`Error::Conflict`] if its owner has one of its id in another project, agent
    /// or session; another error for which [`is_invalid`](Error::is_invalid) returns true if a
    /// field cannot be stored. For the call: [`Error::Storage`] and [`Error::DiskFull`] if the file
    /// cannot be written; in that case nothing is stored.
    pub async fn restore(
        self,
        records: Vec<Record>,
    ) -> Result<Vec<Result<RestoreOutcome, Error>>, Error> {
        self.restore_in(None, records).await
    }

    /// Like [`restore`](Intake::restore), for a caller that is bound to `project`: the records are
    /// stored in it, and refer to records of it and to those without a project.
    ///
    /// # Errors
    /// As [`restore`](Intake::restore). For a record of another project: [`Error::OutOfScope`].
    pub async fn restore_in(
        self,
        project: Option<&str>,
        records: Vec<Record>,
    ) -> Result<Vec<Result<RestoreOutcome, Error>>, Error> {
        let project = project.map(str::to_owned);
        let view = self.view.narrow(&Scope { project, ..Scope::default() }.into())?;
        view.write(move |access| restore::restore_all(access, &records)).await
    }

    /// Stores events, in one transaction. An event that its owner already has is not changed.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the index of the first event that cannot be stored; in that case no
    /// event is stored.
    pub async fn put_events(self, events: Vec<Event>) -> Result<(), Error> {
        self.view.write(move |access| event::put_all(access, events)).await
    }

    /// Stores samples, in one transaction.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the index of the first sample that cannot be stored; in that case no
    /// sample is stored.
    pub async fn put_metrics(self, metrics: Vec<Metric>) -> Result<(), Error> {
        self.view.write(move |access| metric::put_all(access, &metrics)).await
    }

    /// Adds aggregates to their hours, in one transaction. Aggregates of the same hour are
    /// combined, weighted by `count`.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the index of the first one that cannot be stored; in that case no
    /// aggregate is added.
    pub async fn add_hours(self, hours: Vec<HourlyMetric>) -> Result<(), Error> {
        self.view.write(move |access| metric::add_hours(access, &hours)).await
    }
}
