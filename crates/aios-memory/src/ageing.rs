//! Ageing of working memory: it drops records past their retention. A record is dropped only after
//! long-term memory has confirmed it as stored.

use std::time::Duration;

use aios_record::Record;
use aios_working::{AgeReport, Retention};

use crate::{Config, Error, config, learning::Learner, pump::Pump};

/// Delay of the first run after opening, and the interval after it. A shorter command runs none.
pub(crate) const FIRST: Duration = Duration::from_secs(5 * 60);
pub(crate) const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Maximum number of refused changes checked per run, the newest first.
const REFUSED_MAX: usize = 1000;

/// Drops records past their retention from working memory, after trimming the feed to the changes
/// that are safe in long-term memory.
pub(crate) async fn age(
    pump: &Pump,
    learner: &Learner,
    retention: &Retention,
) -> Result<AgeReport, Error> {
    pump.catch_up().await?;
    feed_refused(pump).await?;
    learner.catch_up().await?;
    pump.trim(learner.keep_position().await?).await?;
    Ok(pump.working().upkeep().age(retention).await?)
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
