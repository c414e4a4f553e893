//! The recalled records, and the number of those that were never recalled.

use std::collections::BTreeMap;

use aios_record::{Identity, Key, Kind, Record};
use jiff::Timestamp;
use serde::Serialize;

use super::{excerpt::excerpt, options::ReportOptions, tally::Tally};
use crate::{
    Error, MemoryView,
    recalls::{Count, parts_of},
};

/// Number of listed records, most recalls first.
const TOP: usize = 20;
/// Identities per lookup.
const LOOKUP: usize = 1000;

/// Recalls of the records of a view: hits of searches, and records in contexts. A user's report
/// counts the user's own recalls, the administrator's report those of all readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecallReport {
    /// The start of counting. `None` if no recall was counted yet.
    pub counted_since: Option<Timestamp>,
    /// Number of recalls of the records that are still stored.
    pub recalls: u64,
    /// Number of recalled records.
    pub recalled: u64,
    /// Number of records of long-term memory that were never recalled.
    pub never: u64,
    /// True if counts were dropped because there were more than `report.recalls_max`: then some of
    /// `never` were recalled long ago.
    pub is_cut: bool,
    /// The 20 records with the most recalls.
    pub top: Vec<RecalledRecord>,
}

/// A recalled record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecalledRecord {
    /// The key.
    pub key: Key,
    /// The owning user; `None` if it is shared.
    pub user: Option<String>,
    /// The beginning of its title or text, in one line.
    pub text: String,
    /// The number of recalls.
    pub recalls: u64,
    /// The time of the last recall.
    pub last_at: Timestamp,
}

impl MemoryView {
    /// Reports on recalls, and counts the recalled records of each kind in `tally`, which has all
    /// records.
    pub(super) async fn recall_report(
        &self,
        options: &ReportOptions,
        tally: &mut Tally,
    ) -> Result<Option<RecallReport>, Error> {
        let Some(table) = self.recall_counts().await? else { return Ok(None) };
        let mut counted: Vec<(Identity, Count)> = Vec::new();
        let is_whole = self.gate().acts_for().is_none();
        let mut all: BTreeMap<Identity, Count> = BTreeMap::new();
        for (key, count) in &table.counts {
            let Some((reader, record)) = parts_of(key) else { continue };
            if options.admits(record.kind) && (is_whole || reader == self.reader()) {
                let sum = all.entry(record).or_insert(Count { recalls: 0, ..*count });
                sum.recalls = sum.recalls.saturating_add(count.recalls);
                sum.last_at = sum.last_at.max(count.last_at);
            }
        }
        let all: Vec<(Identity, Count)> = all.into_iter().collect();
        for some in all.chunks(LOOKUP) {
            let identities: Vec<Identity> = some.iter().map(|(it, _)| it.clone()).collect();
            let known = self.longterm().records().known(&identities).await?;
            counted.extend(
                some.iter().zip(known).filter(|(_, known)| *known).map(|(it, _)| it.clone()),
            );
        }
        for (identity, _) in &counted {
            *tally.recalled.entry(identity.kind).or_default() += 1;
        }
        let counts = self.longterm().records().counts().await?.into_iter();
        let admitted = counts.filter(|(collection, _)| {
            Kind::from_collection(collection).is_ok_and(|kind| options.admits(kind))
        });
        let kept = admitted.map(|(_, count)| count).sum::<u64>();
        counted.sort_by(|(a, x), (b, y)| {
            y.recalls.cmp(&x.recalls).then(y.last_at.cmp(&x.last_at)).then_with(|| a.cmp(b))
        });
        let (recalled, recalls) =
            (counted.len() as u64, counted.iter().map(|(_, count)| count.recalls).sum());
        counted.truncate(TOP);
        Ok(Some(RecallReport {
            counted_since: table.since,
            recalls,
            recalled,
            never: kept.saturating_sub(recalled),
            is_cut: table.is_cut,
            top: self.described(&counted).await?,
        }))
    }

    async fn described(&self, top: &[(Identity, Count)]) -> Result<Vec<RecalledRecord>, Error> {
        let identities: Vec<Identity> = top.iter().map(|(identity, _)| identity.clone()).collect();
        let records = self.longterm().records().get_all(&identities).await?;
        let described = top.iter().filter_map(|(identity, count)| {
            let record = records.iter().find(|record| record.identity() == *identity)?;
            Some(RecalledRecord {
                key: identity.key(),
                user: identity.owner.name().map(str::to_owned),
                text: line_of(record),
                recalls: count.recalls,
                last_at: count.last_at,
            })
        });
        Ok(described.collect())
    }
}

/// Returns the beginning of a record's title or text.
fn line_of(record: &Record) -> String {
    excerpt(record.title.as_deref().unwrap_or(&record.text))
}
