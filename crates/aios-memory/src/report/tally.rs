//! Counts that are gathered record by record.

use std::collections::{BTreeMap, HashMap};

use aios_record::{Identity, Kind, Record};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::options::DAYS_MAX;

/// Maximum number of users, and of agents, in a report.
const GROUPS_MAX: usize = 50;
/// Maximum number of procedures that a report examines.
const PROCEDURES_MAX: usize = 10_000;
const SECONDS_OF_DAY: i64 = 86_400;

/// Totals of the covered records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Number of records now.
    pub records: u64,
    /// Number of records that were recorded in the period.
    pub added: u64,
    /// Total length of their texts, in bytes.
    pub text_bytes: u64,
    /// Bytes on disk, of all tiers and owners, without backups. A service leaves it out for callers
    /// that may not observe it.
    pub disk_bytes: Option<u64>,
    /// The time at which the oldest of them was recorded.
    pub first_at: Option<Timestamp>,
    /// The time at which the newest of them was recorded.
    pub last_at: Option<Timestamp>,
}

/// The records of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindRow {
    /// The kind.
    pub kind: Kind,
    /// Its collection.
    pub collection: &'static str,
    /// Number of records now.
    pub records: u64,
    /// Number of records that were recorded in the period.
    pub added: u64,
    /// Total length of their texts, in bytes.
    pub text_bytes: u64,
    /// Number of records that were recalled. 0 if recalls are not counted.
    pub recalled: u64,
}

/// The records of one user or agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupRow {
    /// The name. `None` for records without one; among users, the shared records.
    pub name: Option<String>,
    /// Number of records now.
    pub records: u64,
    /// Number of records that were recorded in the period.
    pub added: u64,
}

/// Records by user or by agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// The 50 users or agents with the most records.
    pub rows: Vec<GroupRow>,
    /// Number of the remaining users or agents.
    pub omitted: u64,
    /// Number of their records.
    pub omitted_records: u64,
}

/// A day of the period, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayRow {
    /// The day, such as `2026-11-30`.
    pub date: String,
    /// Number of records that were recorded on that day.
    pub added: u64,
    /// Number of records that were recorded until its end.
    pub records: u64,
    /// Total length of the texts recorded until its end, in bytes.
    pub text_bytes: u64,
}

/// Numbers of some records.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    records: u64,
    added: u64,
    text_bytes: u64,
}

impl Count {
    fn add(&mut self, is_new: bool, text_bytes: u64) {
        self.records += 1;
        self.added += u64::from(is_new);
        self.text_bytes += text_bytes;
    }
}

/// Counts of the records that were added.
pub(super) struct Tally {
    since: Timestamp,
    whole: Count,
    times: Option<(Timestamp, Timestamp)>,
    kinds: BTreeMap<Kind, Count>,
    users: HashMap<Option<String>, Count>,
    agents: HashMap<Option<String>, Count>,
    /// By day since 1970.
    days: BTreeMap<i64, Count>,
    /// The first procedures, which a report examines.
    pub(super) procedures: Vec<Identity>,
    /// Recalled records by kind.
    pub(super) recalled: BTreeMap<Kind, u64>,
}

impl Tally {
    pub(super) fn new(since: Timestamp) -> Tally {
        Tally {
            since,
            whole: Count::default(),
            times: None,
            kinds: BTreeMap::new(),
            users: HashMap::new(),
            agents: HashMap::new(),
            days: BTreeMap::new(),
            procedures: Vec::new(),
            recalled: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, record: &Record) {
        let at = record.recorded_at;
        let (is_new, bytes) = (self.since <= at, record.text.len() as u64);
        self.whole.add(is_new, bytes);
        let (first, last) = self.times.unwrap_or((at, at));
        self.times = Some((first.min(at), last.max(at)));
        self.kinds.entry(record.kind).or_default().add(is_new, bytes);
        add_to(&mut self.users, record.scope.user.as_ref(), is_new, bytes);
        add_to(&mut self.agents, record.scope.agent.as_ref(), is_new, bytes);
        self.days.entry(day_of(at)).or_default().add(is_new, bytes);
        if record.kind == Kind::Procedure && self.procedures.len() < PROCEDURES_MAX {
            self.procedures.push(record.identity());
        }
    }

    pub(super) fn totals(&self) -> Totals {
        Totals {
            records: self.whole.records,
            added: self.whole.added,
            text_bytes: self.whole.text_bytes,
            disk_bytes: None,
            first_at: self.times.map(|(first, _)| first),
            last_at: self.times.map(|(_, last)| last),
        }
    }

    /// Returns the number of records of a kind.
    pub(super) fn records_of(&self, kind: Kind) -> u64 {
        self.kinds.get(&kind).map_or(0, |count| count.records)
    }

    pub(super) fn kinds(&self) -> Vec<KindRow> {
        let row = |(&kind, count): (&Kind, &Count)| KindRow {
            kind,
            collection: kind.collection(),
            records: count.records,
            added: count.added,
            text_bytes: count.text_bytes,
            recalled: self.recalled.get(&kind).copied().unwrap_or(0),
        };
        let mut rows: Vec<KindRow> = self.kinds.iter().map(row).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.records));
        rows
    }

    pub(super) fn users(&self) -> Groups {
        groups(&self.users)
    }

    pub(super) fn agents(&self) -> Groups {
        groups(&self.agents)
    }

    /// Returns the days from `first` to `last`, and the number of days left out because there are
    /// more than [`DAYS_MAX`]. Days count from 1970.
    pub(super) fn days(&self, first: i64, last: i64) -> (Vec<DayRow>, u64) {
        let listed = first.max(last.saturating_sub(DAYS_MAX as i64 - 1));
        let omitted = listed.saturating_sub(first).unsigned_abs();
        let mut sum = Count::default();
        for count in self.days.range(..listed).map(|(_, count)| count) {
            sum.records += count.records;
            sum.text_bytes += count.text_bytes;
        }
        let row = |day| {
            let count = self.days.get(&day).copied().unwrap_or_default();
            sum.records += count.records;
            sum.text_bytes += count.text_bytes;
            let (added, records, text_bytes) = (count.added, sum.records, sum.text_bytes);
            DayRow { date: date_of(day), added, records, text_bytes }
        };
        ((listed..=last).map(row).collect(), omitted)
    }
}

fn add_to(
    groups: &mut HashMap<Option<String>, Count>,
    name: Option<&String>,
    is_new: bool,
    bytes: u64,
) {
    groups.entry(name.cloned()).or_default().add(is_new, bytes);
}

fn groups(groups: &HashMap<Option<String>, Count>) -> Groups {
    let row = |(name, count): (&Option<String>, &Count)| GroupRow {
        name: name.clone(),
        records: count.records,
        added: count.added,
    };
    let mut rows: Vec<GroupRow> = groups.iter().map(row).collect();
    rows.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.name.cmp(&b.name)));
    let others = rows.split_off(rows.len().min(GROUPS_MAX));
    Groups {
        rows,
        omitted: others.len() as u64,
        omitted_records: others.iter().map(|row| row.records).sum(),
    }
}

/// Returns the number of the day since 1970, in UTC.
pub(super) fn day_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(SECONDS_OF_DAY)
}

fn date_of(day: i64) -> String {
    let begin = SignedDuration::from_secs(day.saturating_mul(SECONDS_OF_DAY));
    let time = Timestamp::UNIX_EPOCH.checked_add(begin).unwrap_or(Timestamp::MIN);
    time.strftime("%Y-%m-%d").to_string()
}
