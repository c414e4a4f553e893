//! Ageing: moving out what has been here long enough.
//!
//! Moving is not removing: nothing is told to the feed, and a long-term memory keeps what it has. A
//! row goes only when the feed has nothing more to tell of it. Not here: writing summaries of what
//! goes.

use std::collections::BTreeMap;

use aios_record::Kind;
use serde::Serialize;

use crate::{Error, PATTERNS_MAX, Working, access::Access, metric, removal};

/// A record of this importance or more never ages.
pub const IMPORTANT: f32 = 0.8;

/// So many rows go in one transaction, so that writers need not wait long.
const BATCH: i64 = 1000;
const DAY_US: i64 = 24 * 3_600_000_000;

/// How many days records stay. Each is counted from when the record was completed, or else from
/// when the memory took it in; `None` is for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Goals and tasks, once they ended. Default 90. What others here belong to stays with them.
    pub goals_and_tasks_days: Option<u32>,
    /// Tool calls. Default 30.
    pub tool_calls_days: Option<u32>,
    /// Decisions. Default 30.
    pub decisions_days: Option<u32>,
    /// Messages and interactions. Default 30.
    pub messages_days: Option<u32>,
    /// Events. Default 30.
    pub events_days: Option<u32>,
    /// Single samples of metrics; after that hourly figures. Default 7.
    pub metrics_days: Option<u32>,
    /// Hourly figures of metrics. Default 365.
    pub metrics_hourly_days: Option<u32>,
    /// How many patterns stay, the most surely successful ones. Default [`PATTERNS_MAX`].
    pub patterns_max: Option<usize>,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            goals_and_tasks_days: Some(90),
            tool_calls_days: Some(30),
            decisions_days: Some(30),
            messages_days: Some(30),
            events_days: Some(30),
            metrics_days: Some(7),
            metrics_hourly_days: Some(365),
            patterns_max: Some(PATTERNS_MAX),
        }
    }
}

/// How many records went, or would go, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Aged {
    /// By the name of their collection; kinds of which none goes are left out.
    pub records: BTreeMap<&'static str, u64>,
}

/// What can age: the kind, its table, and when a row of it is old (`?1` is the latest time that
/// counts as old). Children come before their parents.
const AGEING: &[(Kind, &str, &str)] = &[
    (Kind::ToolCall, "tool_calls", "recorded_at < ?1"),
    (
        Kind::Task,
        "tasks",
        "completed_at < ?1 AND id NOT IN (
             SELECT task_id FROM tool_calls WHERE task_id IS NOT NULL
         )",
    ),
    (
        Kind::Goal,
        "goals",
        "completed_at < ?1 AND id NOT IN (SELECT goal_id FROM tasks WHERE goal_id IS NOT NULL)",
    ),
    (Kind::Decision, "decisions", "recorded_at < ?1"),
    (Kind::Message, "messages", "recorded_at < ?1"),
    (Kind::Interaction, "interactions", "recorded_at < ?1"),
    (Kind::Event, "events", "recorded_at < ?1"),
];

impl Retention {
    fn days(&self, kind: Kind) -> Option<u32> {
        match kind {
            Kind::Goal | Kind::Task => self.goals_and_tasks_days,
            Kind::ToolCall => self.tool_calls_days,
            Kind::Decision => self.decisions_days,
            Kind::Message | Kind::Interaction => self.messages_days,
            Kind::Event => self.events_days,
            _ => None,
        }
    }
}

impl Working {
    /// Moves out what has been here long enough, of every scope, in small transactions, and says
    /// how many records went. Open goals and tasks, [`IMPORTANT`] records and those of which the
    /// change feed still has to tell stay.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written; what went before that is gone.
    pub async fn age(&self, retention: &Retention) -> Result<Aged, Error> {
        let all = self.unbound();
        let mut aged = Aged::default();
        for &(kind, table, old) in AGEING {
            let Some(days) = retention.days(kind) else { continue };
            loop {
                let taken = all.write(move |access| take(access, kind, table, old, days)).await?;
                if 0 < taken {
                    *aged.records.entry(kind.collection()).or_default() += taken;
                }
                if taken < BATCH.cast_unsigned() {
                    break;
                }
            }
        }
        if let Some(keep) = retention.patterns_max {
            let pruned = all.prune_patterns(keep).await?;
            if 0 < pruned {
                aged.records.insert(Kind::Pattern.collection(), pruned);
            }
        }
        let (samples, hours) = (retention.metrics_days, retention.metrics_hourly_days);
        all.write(move |access| {
            if let Some(days) = samples {
                metric::roll_up(access, before(access, days))?;
            }
            hours.map_or(Ok(()), |days| metric::drop_hours(access, before(access, days)))
        })
        .await?;
        Ok(aged)
    }

    /// What [`age`](Working::age) would move out now. Patterns are not counted, nor a parent whose
    /// children would go first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn would_age(&self, retention: &Retention) -> Result<Aged, Error> {
        let retention = retention.clone();
        self.unbound()
            .read(move |access| {
                let mut aged = Aged::default();
                for &(kind, table, old) in AGEING {
                    let Some(days) = retention.days(kind) else { continue };
                    let which = which(kind, old);
                    let sql = format!("SELECT count(*) FROM {table} WHERE {which}");
                    let params = (before(access, days), IMPORTANT);
                    let mut statement = access.connection.prepare_cached(&sql)?;
                    let count: i64 = statement.query_row(params, |row| row.get(0))?;
                    if 0 < count {
                        aged.records.insert(kind.collection(), count.cast_unsigned());
                    }
                }
                Ok(aged)
            })
            .await
    }
}

fn take(
    access: &Access<'_>,
    kind: Kind,
    table: &'static str,
    old: &str,
    days: u32,
) -> Result<u64, Error> {
    let which = which(kind, old);
    let which = format!("row IN (SELECT row FROM {table} WHERE {which} LIMIT ?3)");
    removal::move_out(access, table, &which, &[&before(access, days), &IMPORTANT, &BATCH])
}

fn which(kind: Kind, old: &str) -> String {
    format!("{old} AND importance < ?2 AND id NOT IN (SELECT id FROM feed WHERE kind = '{kind}')")
}

fn before(access: &Access<'_>, days: u32) -> i64 {
    access.now.as_microsecond() - i64::from(days) * DAY_US
}
