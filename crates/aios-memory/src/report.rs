//! Reports: the contents of a memory by kind, day, user and agent, the records that are recalled,
//! the patterns and procedures that work, and the growth. Not here: the layout of a [`Report`] as
//! text or pages, which is up to the front ends.

mod excerpt;
mod options;
mod recalled;
mod tally;
#[cfg(test)]
mod tests;
mod works;

use aios_record::{Kind, Record, Scope};
use jiff::Timestamp;
use serde::Serialize;

use self::tally::{Tally, day_of};
pub use self::{
    options::{DAYS_DEFAULT, DAYS_MAX, ReportOptions},
    recalled::{RecallReport, RecalledRecord},
    tally::{DayRow, GroupRow, Groups, KindRow, Totals},
    works::{WorkReport, WorkRow},
};
use crate::{Error, MemoryView, upkeep::BackupStats};

/// Records of working memory per read.
const PAGE: usize = 500;

/// A report on the records that a view sees. Serializes to the output of
/// `aios-memory report --json`. Times and days are in UTC.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The time of the report, which is also the end of its period.
    pub generated_at: Timestamp,
    /// The first moment of its period.
    pub since: Timestamp,
    /// The records that it covers.
    pub scope: ReportScope,
    /// Totals of all covered records.
    pub totals: Totals,
    /// Records by kind, most first.
    pub kinds: Vec<KindRow>,
    /// Records by owning user, most first.
    pub users: Groups,
    /// Records by agent, most first.
    pub agents: Groups,
    /// The days of the period, oldest first.
    pub days: Vec<DayRow>,
    /// Days of the period that are left out because there are more than [`DAYS_MAX`].
    pub days_omitted: u64,
    /// Recalled records. `None` if the setting `report.recalls` is off.
    pub recalls: Option<RecallReport>,
    /// Patterns, by the lower bound of their success, highest first.
    pub patterns: WorkReport,
    /// Procedures, by the lower bound of their success, highest first.
    pub procedures: WorkReport,
    /// Scheduled backups. `None` if the settings disable them.
    pub backups: Option<BackupStats>,
}

/// The records that a report covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportScope {
    /// True if it covers the records of every owner.
    pub all_users: bool,
    /// The user whose own and shared records it covers. `None` for shared records only.
    pub user: Option<String>,
    /// The project that it is narrowed to.
    pub project: Option<String>,
    /// The agent that it is narrowed to.
    pub agent: Option<String>,
    /// The session that it is narrowed to.
    pub session: Option<String>,
}

impl MemoryView {
    /// Reports on the records of this view, superseded and expired ones included. Each record is
    /// read once, batch by batch, so that the RAM in use does not depend on their number.
    ///
    /// Counts the records of long-term memory, and those of working memory that long-term memory
    /// does not have. Forgotten and deleted records are not counted, so the growth is that of the
    /// remaining records.
    ///
    /// ```
    /// # use aios_memory::{AgentMemory, Config, ReportOptions};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
    /// memory.remember("The staging database moved to port 5433.").await?;
    ///
    /// let report = memory.report(&ReportOptions::default().with_days(7)).await?;
    /// assert_eq!(report.totals.records, 1);
    /// assert_eq!(report.days.len(), 7);
    /// assert_eq!(report.kinds[0].collection, "notes");
    /// # memory.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Limit`] if the number of days is 0 or above [`DAYS_MAX`]; errors of working or
    /// long-term memory.
    pub async fn report(&self, options: &ReportOptions) -> Result<Report, Error> {
        if options.since.is_none() && !(1..=DAYS_MAX).contains(&options.days) {
            return Err(Error::Limit { limit: options.days, limit_max: DAYS_MAX });
        }
        self.feed().catch_up().await?;
        let now = Timestamp::now();
        let since = options.begin(now);
        let mut tally = Tally::new(since);
        let add = |record: Record| {
            if options.admits(record.kind) {
                tally.add(&record);
            }
        };
        self.longterm().records().each_counted(add).await?;
        self.add_working(options, &mut tally).await?;
        let upkeep = self.shared().working.upkeep().stats().await?;
        let library = self.shared().longterm.stats().await?;
        let recalls = self.recall_report(options, &mut tally).await?;
        let procedures = self.procedure_report(&tally).await?;
        let (days, days_omitted) = tally.days(day_of(since), day_of(now));
        Ok(Report {
            generated_at: now,
            since,
            scope: self.report_scope(),
            totals: Totals {
                disk_bytes: Some(upkeep.file_bytes + library.disk_bytes),
                ..tally.totals()
            },
            users: tally.users(),
            agents: tally.agents(),
            kinds: tally.kinds(),
            days,
            days_omitted,
            recalls,
            patterns: match options.admits(Kind::Pattern) {
                true => self.pattern_report().await?,
                false => WorkReport::default(),
            },
            procedures,
            backups: self.backup_stats(now).await,
        })
    }

    /// Adds the records of working memory that long-term memory does not have: kinds that are not
    /// fed to it, and the events that are not.
    async fn add_working(&self, options: &ReportOptions, tally: &mut Tally) -> Result<(), Error> {
        let fed = &self.config().longterm.feed_kinds;
        let kinds = Kind::IN_WORKING.iter().copied();
        let is_here = |kind: &Kind| *kind == Kind::Event || !fed.contains(kind);
        for kind in kinds.filter(|kind| options.admits(*kind) && is_here(kind)) {
            let mut after = None;
            loop {
                let page = self.working().records().list(kind, after, PAGE).await?;
                let identities: Vec<_> = page.records.iter().map(|it| it.identity()).collect();
                let known = self.longterm().records().known(&identities).await?;
                let new = page.records.iter().zip(known).filter(|(_, known)| !known);
                new.for_each(|(record, _)| tally.add(record));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn report_scope(&self) -> ReportScope {
        let gate = self.gate();
        let Scope { user, project, agent, session } = gate.filter().scope.clone();
        let owner = gate.acts_for().and_then(|owner| owner.name().map(str::to_owned));
        let user = owner.or(user);
        let all_users = gate.acts_for().is_none() && user.is_none();
        ReportScope { all_users, user, project, agent, session }
    }
}
