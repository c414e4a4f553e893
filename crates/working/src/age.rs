//! Ageing: moving out old records.
//!
//! Moving out is not removal: it adds no change to the feed, and a long-term memory keeps its copy.
//! So if there is a feed, only rows that it delivers are moved out, after all of their changes were
//! delivered. Without a feed, this file is the only store, and old rows are removed. Goals and
//! sessions are summarised before any of their records is moved out.

use std::collections::BTreeMap;

use aios_record::{Kind, Mode, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::{
    Error,
    access::Access,
    config::{Config, EventFeed, PATTERNS_MAX, SESSION_ACTIVE_HOURS},
    feed::trace,
    meta::IMPORTANT,
    metric, pattern, removal, summary, tables,
    upkeep::{Upkeep, days_before},
};

/// Rows per transaction, so that writers do not wait long.
const BATCH: i64 = 1000;
/// Days summarised per run. The next run continues with the others.
const DAYS: usize = 1000;
/// Sessions, goals or days summarised per transaction.
const SUMMARIES: i64 = 16;
const HOUR_US: i64 = 3_600_000_000;

/// Retention in days, counted from when this memory recorded the record, or from its end or last
/// activity if that is later. `None` keeps it permanently. If there is a change feed, records that
/// it does not deliver are kept permanently, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Goals and tasks, from their end. Default: 90.
    pub goals_and_tasks_days: Option<u32>,
    /// Tool calls. Default: 30.
    pub tool_calls_days: Option<u32>,
    /// Decisions. Default: 30.
    pub decisions_days: Option<u32>,
    /// Messages and interactions. Default: 30.
    pub messages_days: Option<u32>,
    /// Sessions, from their last activity. Default: 90.
    pub sessions_days: Option<u32>,
    /// Events. Default: 30.
    pub events_days: Option<u32>,
    /// Summaries of sessions, goals and days. Default: 365.
    pub summaries_days: Option<u32>,
    /// Single samples of metrics, which then become hourly figures. Default: 7.
    pub metrics_days: Option<u32>,
    /// Hourly figures of metrics. Default: 365.
    pub metrics_hourly_days: Option<u32>,
    /// Maximum number of patterns: important ones first, then those with the best success bound.
    /// Default: [`PATTERNS_MAX`].
    pub patterns_max: Option<usize>,
    /// Days between two [compactions](Upkeep::vacuum_if_due) of the file; `None` disables them.
    /// Default: 7.
    pub vacuum_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            goals_and_tasks_days: Some(90),
            tool_calls_days: Some(30),
            decisions_days: Some(30),
            messages_days: Some(30),
            sessions_days: Some(90),
            events_days: Some(30),
            summaries_days: Some(365),
            metrics_days: Some(7),
            metrics_hourly_days: Some(365),
            patterns_max: Some(PATTERNS_MAX),
            vacuum_days: Some(7),
        }
    }
}

/// Result of ageing, actual or predicted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AgeReport {
    /// Number of records moved out, by collection; collections without any are omitted.
    pub records: BTreeMap<&'static str, u64>,
    /// Number of sessions, goals and days that were summarised.
    pub summed_up: u64,
    /// True if the file was compacted.
    pub vacuumed: bool,
}

const RECORDED: &str = "recorded_at < ?1";
const ENDED: &str = "max(completed_at, recorded_at) < ?1";

/// The kinds that age or expire, and the condition that a row is old (`?1` is the cutoff time).
/// Children come before their parents.
const AGEING: &[(Kind, &str)] = &[
    (Kind::ToolCall, RECORDED),
    (Kind::Task, ENDED),
    (Kind::Goal, ENDED),
    (Kind::Message, RECORDED),
    (Kind::Session, "max(last_active, recorded_at) < ?1"),
    (Kind::Decision, RECORDED),
    (Kind::Interaction, RECORDED),
    (Kind::Event, RECORDED),
    (Kind::Summary, RECORDED),
    (Kind::Pattern, RECORDED),
    (Kind::Entry, RECORDED),
    (Kind::File, RECORDED),
    (Kind::Fact, RECORDED),
    (Kind::AgentState, RECORDED),
];

impl Retention {
    /// Returns the retention of a kind; `None` for kinds that only expire.
    fn days(&self, kind: Kind) -> Option<u32> {
        match kind {
            Kind::Goal | Kind::Task => self.goals_and_tasks_days,
            Kind::ToolCall => self.tool_calls_days,
            Kind::Decision => self.decisions_days,
            Kind::Message | Kind::Interaction => self.messages_days,
            Kind::Session => self.sessions_days,
            Kind::Event => self.events_days,
            Kind::Summary => self.summaries_days,
            _ => None,
        }
    }
}

impl Upkeep<'_> {
    /// Summarises the goals that ended, the sessions without activity for
    /// [`SESSION_ACTIVE_HOURS`] and the days with messages of several sessions, then moves out the
    /// old and expired records of every scope. Runs in small transactions, so that concurrent
    /// writers do not wait long. Finally compacts the file if that is due.
    ///
    /// Open goals and tasks, [`IMPORTANT`] records and records with undelivered changes in the feed
    /// are kept. A parent that is moved out before its children leaves a stub, which no read shows;
    /// it is deleted after the last of them.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written; records moved out before that are not
    /// restored.
    pub async fn age(self, retention: &Retention) -> Result<AgeReport, Error> {
        self.age_with(retention, Mode::Apply).await
    }

    /// Like [`age`](Upkeep::age), in the given mode. With [`Mode::DryRun`] nothing is moved out,
    /// and the report has the records that would be. It lacks patterns beyond the maximum, and
    /// counts sessions whose new summary would first have to be delivered.
    ///
    /// # Errors
    /// As [`age`](Upkeep::age).
    pub async fn age_with(self, retention: &Retention, mode: Mode) -> Result<AgeReport, Error> {
        if mode.is_dry_run() {
            return self.preview(retention).await;
        }
        let summed_up = self.sum_up().await? + self.sum_up_days(retention).await?;
        let mut aged = AgeReport { summed_up, ..AgeReport::default() };
        for &(kind, _) in AGEING {
            let moved = self.age_kind(kind, retention.days(kind)).await?;
            if 0 < moved {
                aged.records.insert(kind.collection(), moved);
            }
        }
        if let Some(keep) = retention.patterns_max {
            let pruned = self.prune_patterns(keep).await?;
            if 0 < pruned {
                *aged.records.entry(Kind::Pattern.collection()).or_default() += pruned;
            }
        }
        let (samples, hours) = (retention.metrics_days, retention.metrics_hourly_days);
        self.view
            .free_room(move |access| {
                removal::drop_stubs(access)?;
                if let Some(days) = samples {
                    metric::roll_up(access, days_before(access.now, days))?;
                }
                let Some(days) = hours else { return Ok(()) };
                metric::drop_hours(access, days_before(access.now, days))
            })
            .await?;
        self.optimize().await?;
        if let Some(days) = retention.vacuum_days {
            aged.vacuumed = self.vacuum_if_due(days).await?;
        }
        Ok(aged)
    }

    /// Returns the records that [`age`](Upkeep::age) would move out now.
    async fn preview(self, retention: &Retention) -> Result<AgeReport, Error> {
        let retention = retention.clone();
        self.view
            .read(move |access| {
                let mut aged = AgeReport::default();
                for &(kind, old) in AGEING {
                    let (table, which) = (kind.collection(), which(access, kind, old));
                    let sql = format!("SELECT count(*) FROM {table} WHERE {which}");
                    let mut statement = access.connection.prepare_cached(&sql)?;
                    let params = (cutoff(access, retention.days(kind)), IMPORTANT, micros(access));
                    let count: i64 = statement.query_row(params, |row| row.get(0))?;
                    if 0 < count {
                        aged.records.insert(kind.collection(), count.cast_unsigned());
                    }
                }
                Ok(aged)
            })
            .await
    }

    /// Summarises everything due, and returns the number of summaries.
    async fn sum_up(self) -> Result<u64, Error> {
        let mut made = 0;
        for kind in [Kind::Session, Kind::Goal] {
            let mut after = 0;
            loop {
                let due = self.view.read(move |access| ended(access, kind, after)).await?;
                let Some(last) = due.last() else { break };
                after = *last;
                let sum_up = move |access: &Access<'_>| {
                    let each = due.iter().map(|row| sum_up(access, kind, *row));
                    each.map(|made| made.map(u64::from)).sum::<Result<u64, Error>>()
                };
                made += self.view.free_room(sum_up).await?;
            }
        }
        Ok(made)
    }

    /// Summarises the days that are due, and returns the number of summaries.
    async fn sum_up_days(self, retention: &Retention) -> Result<u64, Error> {
        let days = retention.summaries_days;
        let due = self
            .view
            .read(move |access| {
                let since = days.map_or(0, |days| days_before(access.now, days));
                summary::days_due(access, since, DAYS)
            })
            .await?;
        let mut made = 0;
        for few in due.chunks(usize::try_from(SUMMARIES).unwrap_or(1)) {
            let few = few.to_vec();
            let sum_up = move |access: &Access<'_>| {
                let each = few.iter().map(|day| summary::of_day(access, day));
                each.map(|made| made.map(u64::from)).sum::<Result<u64, Error>>()
            };
            made += self.view.free_room(sum_up).await?;
        }
        Ok(made)
    }

    /// Moves out the old records of one kind. A reader finds them; the writer then checks only
    /// those again.
    async fn age_kind(self, kind: Kind, days: Option<u32>) -> Result<u64, Error> {
        let (mut after, mut moved) = (0, 0);
        loop {
            let old = self.view.read(move |access| old(access, kind, days, after)).await?;
            let Some(last) = old.last() else { return Ok(moved) };
            after = *last;
            moved += self.view.free_room(move |access| move_old(access, kind, days, &old)).await?;
        }
    }

    /// Moves out all patterns of all owners except the best `keep` (see [`PATTERNS_MAX`]), and
    /// returns their number. [`IMPORTANT`] patterns rank first, then those with the highest success
    /// bound. Patterns with undelivered changes in the feed are kept.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn prune_patterns(self, keep: usize) -> Result<u64, Error> {
        self.view.free_room(move |access| pattern::prune(access, keep)).await
    }
}

/// Returns the next sessions or goals after row `after` that are due for a summary.
fn ended(access: &Access<'_>, kind: Kind, after: i64) -> Result<Vec<i64>, Error> {
    if kind == Kind::Goal {
        return summary::goals_due(access, after, SUMMARIES);
    }
    let idle = micros(access) - i64::from(SESSION_ACTIVE_HOURS) * HOUR_US;
    let idle = Timestamp::from_microsecond(idle).unwrap_or(Timestamp::UNIX_EPOCH);
    summary::sessions_due(access, idle, after, SUMMARIES)
}

/// Summarises a session or goal. Returns false if there was nothing to summarise.
fn sum_up(access: &Access<'_>, kind: Kind, row: i64) -> Result<bool, Error> {
    match kind {
        Kind::Session => summary::of_session(access, row),
        _ => summary::of_goal(access, row),
    }
}

/// Returns the next old rows after row `after`.
fn old(access: &Access<'_>, kind: Kind, days: Option<u32>, after: i64) -> Result<Vec<i64>, Error> {
    let (table, which) = (kind.collection(), which(access, kind, old_if(kind)));
    let sql =
        format!("SELECT row FROM {table} WHERE {which} AND ?4 < row ORDER BY row LIMIT {BATCH}");
    let mut statement = access.connection.prepare_cached(&sql)?;
    let params = (cutoff(access, days), IMPORTANT, micros(access), after);
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn move_old(
    access: &Access<'_>,
    kind: Kind,
    days: Option<u32>,
    rows: &[i64],
) -> Result<u64, Error> {
    let which = which(access, kind, old_if(kind));
    let which = format!("{which} AND row IN (SELECT value FROM json_each(?4))");
    let (cutoff, now, rows) = (cutoff(access, days), micros(access), json!(rows).to_string());
    // Some may have ended since the summaries were made; they are summarised here.
    for row in summary::missing(access, kind, &rows)? {
        sum_up(access, kind, row)?;
    }
    removal::move_out(access, kind, &which, &[&cutoff, &IMPORTANT, &now, &rows])
}

fn old_if(kind: Kind) -> &'static str {
    let found = AGEING.iter().find(|(ageing, _)| *ageing == kind);
    found.map(|(_, old)| *old).expect("only kinds of the table age")
}

/// Builds the condition of the rows to move out: `?1` is the cutoff time, `?2` the importance that
/// protects, `?3` now.
fn which(access: &Access<'_>, kind: Kind, old: &str) -> String {
    let (whole, kept) = (tables::whole(kind), is_kept_elsewhere(access.config, kind));
    format!(
        "{whole} AND (({old} AND importance < ?2 AND {kept}) OR expires_at <= ?3) AND {}",
        trace::is_told(kind)
    )
}

/// Builds the condition that the feed delivers a row, so that another store has it. True without a
/// feed.
fn is_kept_elsewhere(config: &Config, kind: Kind) -> &'static str {
    match (config.feed_kinds.is_empty(), config.feeds(kind), config.feed_events) {
        (false, false, _) => "0",
        (false, true, EventFeed::Critical) if kind == Kind::Event => "critical",
        _ => "1",
    }
}

/// Returns the time before which rows count as old. If `days` is `None`, no row does.
fn cutoff(access: &Access<'_>, days: Option<u32>) -> i64 {
    days.map_or(i64::MIN, |days| days_before(access.now, days))
}

fn micros(access: &Access<'_>) -> i64 {
    access.now.as_microsecond()
}

#[cfg(test)]
mod tests;
