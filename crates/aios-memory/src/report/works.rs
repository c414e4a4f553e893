//! Patterns and procedures by their success.

use aios_record::{Identity, Key, Kind, Record};
use aios_working::success_bound;
use serde::Serialize;
use serde_json::Value;

use super::{excerpt::excerpt, tally::Tally};
use crate::{Error, MemoryView};

/// Number of rows listed.
const TOP: usize = 20;
/// Records per read.
const PAGE: usize = 500;

/// Patterns or procedures by their success.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WorkReport {
    /// Number of all patterns or procedures.
    pub total: u64,
    /// Number of those that were never used.
    pub unused: u64,
    /// The 20 used ones with the highest lower bound of success.
    pub rows: Vec<WorkRow>,
    /// Number of those that were not examined, because there are more than 10,000.
    pub omitted: u64,
}

/// A pattern or procedure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkRow {
    /// The key.
    pub key: Key,
    /// The owning user; `None` if it is shared.
    pub user: Option<String>,
    /// The trigger of the pattern, or the name of the procedure.
    pub name: String,
    /// The action of the pattern, or the purpose of the procedure.
    pub text: String,
    /// The number of uses.
    pub uses: u64,
    /// The share of successful uses, 0 to 1.
    pub success_rate: f64,
    /// The lower bound of the success rate with 95 % confidence.
    pub success_bound: f64,
}

impl WorkReport {
    fn add(&mut self, row: WorkRow) {
        self.total += 1;
        if row.uses == 0 {
            self.unused += 1;
            return;
        }
        let place = self.rows.partition_point(|other| {
            let by_bound = other.success_bound.total_cmp(&row.success_bound);
            let by_name = || row.key.cmp(&other.key).then_with(|| row.user.cmp(&other.user));
            by_bound.then(other.uses.cmp(&row.uses)).then_with(by_name).is_ge()
        });
        self.rows.insert(place, row);
        self.rows.truncate(TOP);
    }
}

impl MemoryView {
    /// Reports on the patterns of working memory, which keeps the best ones.
    pub(super) async fn pattern_report(&self) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let mut after = None;
        loop {
            let page = self.working().records().list(Kind::Pattern, after, PAGE).await?;
            page.records.iter().for_each(|record| report.add(pattern(record)));
            after = page.next;
            if after.is_none() {
                return Ok(report);
            }
        }
    }

    /// Reports on the procedures that `tally` found.
    pub(super) async fn procedure_report(&self, tally: &Tally) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        for some in tally.procedures.chunks(PAGE) {
            let found = self.longterm().records().get_all(some).await?;
            found.iter().for_each(|record| report.add(procedure(record)));
        }
        report.omitted =
            tally.records_of(Kind::Procedure).saturating_sub(tally.procedures.len() as u64);
        report.total += report.omitted;
        Ok(report)
    }
}

fn pattern(record: &Record) -> WorkRow {
    let payload = &record.payload;
    let uses = number(payload, "uses");
    let success_rate = payload["success_rate"].as_f64().unwrap_or(0.0);
    row(record, ["trigger", "action"], uses, success_rate)
}

#[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
fn procedure(record: &Record) -> WorkRow {
    let successes = number(&record.payload, "success_count");
    let uses = successes.saturating_add(number(&record.payload, "fail_count"));
    let success_rate = if uses == 0 { 0.0 } else { successes as f64 / uses as f64 };
    row(record, ["name", "description"], uses, success_rate)
}

fn row(record: &Record, [name, text]: [&str; 2], uses: u64, success_rate: f64) -> WorkRow {
    let field = |name: &str| excerpt(record.payload[name].as_str().unwrap_or_default());
    let Identity { owner, .. } = record.identity();
    WorkRow {
        key: record.key(),
        user: owner.name().map(str::to_owned),
        name: field(name),
        text: field(text),
        uses,
        success_rate,
        success_bound: success_bound(success_rate, i64::try_from(uses).unwrap_or(i64::MAX)),
    }
}

fn number(payload: &Value, name: &str) -> u64 {
    payload[name].as_u64().unwrap_or(0)
}
