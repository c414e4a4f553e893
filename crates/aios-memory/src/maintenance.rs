//! What is done once an hour: working memory gives up what is past its retention and tidies its
//! files. Nothing leaves it that long-term memory has not told to be safe.

use std::time::Duration;

use aios_record::{Identity, Record};
use aios_working::{Aged, Retention};

use crate::{Administrator, Config, Error, config, pump::Pump};

/// How long after the opening, and how often then. A command that is over sooner does none of it.
pub(crate) const FIRST: Duration = Duration::from_secs(5 * 60);
pub(crate) const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Refusals that are looked at, the newest first.
const REFUSED_MAX: usize = 1000;

impl Administrator {
    /// Moves out of working memory what is past its retention and safe in long-term memory, removes
    /// what has expired, moves what waits into the library, tidies the word index, refreshes what
    /// the query planner knows, and empties the log. Happens once an hour by itself.
    ///
    /// # Errors
    /// What working or long-term memory report.
    pub async fn maintain(&self) -> Result<Aged, Error> {
        let aged = age(&self.shared().pump, &self.config().to_retention()).await?;
        self.catch_up().await?;
        self.longterm().remove_expired().await?;
        self.longterm().drain().await?;
        self.working().optimize().await?;
        self.working().checkpoint().await?;
        Ok(aged)
    }

    /// The records that [`maintain`](Administrator::maintain) would move out of working memory now.
    ///
    /// # Errors
    /// What working memory reports.
    pub async fn would_age(&self) -> Result<Aged, Error> {
        Ok(self.working().would_age(&self.config().to_retention()).await?)
    }
}

/// Stores records in long-term memory that it refused and would take today. A store of the former
/// version refused records of one user for those of another that had the same id.
async fn feed_refused(pump: &Pump) -> Result<(), Error> {
    let (working, longterm) = (pump.working(), pump.longterm());
    for refused in longterm.refused(REFUSED_MAX).await? {
        let Identity { kind, id, .. } = refused.identity;
        let owners = match working.record(kind, id.as_str()).await {
            Ok(record) => record.iter().map(Record::owner).collect(),
            Err(aios_working::Error::Ambiguous { owners, .. }) => owners,
            Err(error) => return Err(error.into()),
        };
        for owner in owners {
            let identity = Identity::new(owner, kind, id.clone());
            if longterm.known(std::slice::from_ref(&identity)).await? != [false] {
                continue;
            }
            let Some(record) = working.record_by_identity(&identity).await? else { continue };
            match longterm.store(vec![record]).await {
                Ok(_) => tracing::info!(%identity, "a refused record is stored"),
                Err(error) => tracing::debug!(%identity, %error, "a record is refused again"),
            }
        }
    }
    Ok(())
}

/// Lets working memory give up what is past its retention: first it hears what is safe.
pub(crate) async fn age(pump: &Pump, retention: &Retention) -> Result<Aged, Error> {
    pump.catch_up().await?;
    feed_refused(pump).await?;
    pump.trim().await?;
    Ok(pump.working().age(retention).await?)
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
