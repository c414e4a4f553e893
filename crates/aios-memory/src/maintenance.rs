//! Hourly maintenance: working memory drops records past their retention and tidies its files. A
//! record is dropped only after long-term memory has confirmed it as stored.

use std::time::Duration;

use aios_record::{Mode, Record};
use aios_working::{AgeReport, Retention};

use crate::{Administrator, Config, Error, config, pump::Pump};

/// Delay of the first run after opening, and the interval after it. A shorter command runs none.
pub(crate) const FIRST: Duration = Duration::from_secs(5 * 60);
pub(crate) const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Maximum number of refused changes checked per run, the newest first.
const REFUSED_MAX: usize = 1000;

/// Work on the whole memory, of every owner: maintenance, verification, backups.
///
/// ```
/// # use aios_memory::{AgentMemory, Config};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.remember("The staging database moved to port 5433.").await?;
///
/// let administrator = memory.administrator();
/// let report = administrator.upkeep().verify(|_| {}).await?;
/// assert!(report.is_clean());
/// administrator.upkeep().maintain().await?;
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Upkeep<'a> {
    pub(crate) memory: &'a Administrator,
}

impl Administrator {
    /// Returns the work on the whole memory.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { memory: self }
    }
}

impl Upkeep<'_> {
    /// Drops from working memory the records that are past their retention and safe in long-term
    /// memory, removes expired records, moves pending changes into the library, optimises the word
    /// index and the query planner's statistics, and truncates the write-ahead log. The part that
    /// drops records also runs by itself, once an hour.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn maintain(self) -> Result<AgeReport, Error> {
        self.maintain_with(Mode::Apply).await
    }

    /// Maintains the memory like [`maintain`](Upkeep::maintain), in the given mode. With
    /// [`Mode::DryRun`] nothing changes, and the report has the records that would be dropped from
    /// working memory.
    ///
    /// # Errors
    /// As [`maintain`](Upkeep::maintain).
    pub async fn maintain_with(self, mode: Mode) -> Result<AgeReport, Error> {
        let (memory, working) = (self.memory, self.memory.working().upkeep());
        let retention = memory.config().to_retention();
        if mode.is_dry_run() {
            return Ok(working.age_with(&retention, mode).await?);
        }
        let aged = age(&memory.shared().pump, &retention).await?;
        memory.feed().catch_up().await?;
        memory.longterm().upkeep().remove_expired().await?;
        memory.longterm().upkeep().drain().await?;
        working.optimize().await?;
        working.checkpoint().await?;
        Ok(aged)
    }
}

/// Stores refused records in long-term memory that it would accept today. A store of the former
/// version refused records of one user because of another user's records with the same id.
async fn feed_refused(pump: &Pump) -> Result<(), Error> {
    let (working, longterm) = (pump.working(), pump.longterm());
    for refused in longterm.feed().refused(REFUSED_MAX).await? {
        let key = refused.identity.key();
        let owners = match working.records().get(&key).await {
            Ok(record) => record.iter().map(Record::owner).collect(),
            Err(aios_working::Error::Ambiguous { owners, .. }) => owners,
            Err(error) => return Err(error.into()),
        };
        for owner in owners {
            let identity = key.clone().of(owner);
            if longterm.records().known(std::slice::from_ref(&identity)).await? != [false] {
                continue;
            }
            let Some(record) = working.records().get_exactly(&identity).await? else { continue };
            match longterm.store(vec![record]).await {
                Ok(_) => tracing::info!(%identity, "stored a record that was rejected before"),
                Err(error) => tracing::debug!(%identity, %error, "a record was rejected again"),
            }
        }
    }
    Ok(())
}

/// Drops records past their retention from working memory, after trimming the feed to the changes
/// that are safe in long-term memory.
pub(crate) async fn age(pump: &Pump, retention: &Retention) -> Result<AgeReport, Error> {
    pump.catch_up().await?;
    feed_refused(pump).await?;
    pump.trim().await?;
    Ok(pump.working().upkeep().age(retention).await?)
}

impl Config {
    pub(crate) fn to_retention(&self) -> Retention {
        let config::Retention {
            goals_and_tasks_days,
            tool_calls_days,
            decisions_days,
            messages_days,
            sessions_days,
            events_days,
            summaries_days,
            metrics_days,
            metrics_hourly_days,
            patterns_max,
            vacuum_days,
        } = self.retention;
        let days = |days: u64| (0 < days).then(|| u32::try_from(days).unwrap_or(u32::MAX));
        Retention {
            goals_and_tasks_days: days(goals_and_tasks_days),
            tool_calls_days: days(tool_calls_days),
            decisions_days: days(decisions_days),
            messages_days: days(messages_days),
            sessions_days: days(sessions_days),
            events_days: days(events_days),
            summaries_days: days(summaries_days),
            metrics_days: days(metrics_days),
            metrics_hourly_days: days(metrics_hourly_days),
            patterns_max: (0 < patterns_max).then_some(patterns_max),
            vacuum_days: days(vacuum_days),
        }
    }
}
