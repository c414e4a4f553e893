//! Maintenance of the table: files are merged, indexes updated, old versions pruned. For the owner.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lancedb::{
    DistanceType,
    index::{Index, vector::IvfHnswSqIndexBuilder},
    table::{CompactionOptions, OptimizeAction, OptimizeOptions},
};

use super::{
    Library,
    indexes::{TERMS_INDEX, make_indexes},
};
use crate::Error;

/// Rows of a merged file, per tier. Files are merged with files of their own tier, so that adding
/// rows does not rewrite a large file. Each row is rewritten about once per tier.
const FRAGMENT_ROWS: [usize; 3] = [1024, 8192, 65_536];
/// Number of files of one tier from which they are merged into one of the next.
const TIER_FILES_MAX: usize = 8;
/// Number of versions beyond which older ones are pruned, regardless of their age.
const VERSIONS_MAX: usize = 8;
/// Maximum age of a version.
const PRUNE_AGE_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);
/// Maximum ratio of indexed to unindexed rows at which the vector index is updated.
const VECTOR_INDEX_LAG: usize = 8;

impl Library {
    /// Returns the outstanding maintenance: the number of files in excess of the number that the
    /// rows need, and the number of rows outside the full-text index.
    pub(crate) async fn backlog(&self) -> Result<(u32, u64), Error> {
        let failed = || Error::library("read statistics");
        let stats = self.table.stats().await.map_err(failed())?;
        let files = self.surplus_files().await?;
        let index = self.table.index_stats(TERMS_INDEX).await.map_err(failed())?;
        let unindexed = index.map_or(stats.num_rows, |index| index.num_unindexed_rows);
        Ok((u32::try_from(files).unwrap_or(u32::MAX), unindexed as u64))
    }

    /// Returns the number of files in excess of the number that full files would need.
    async fn surplus_files(&self) -> Result<usize, Error> {
        let stats = self.table.stats().await.map_err(Error::library("read statistics"))?;
        let [.., full] = FRAGMENT_ROWS;
        Ok(stats.fragment_stats.num_fragments.saturating_sub(stats.num_rows.div_ceil(full)))
    }

    /// Merges small files into larger ones, tier by tier, until few enough are left.
    pub(crate) async fn compact(&self) -> Result<(), Error> {
        for (tier, target_rows_per_fragment) in FRAGMENT_ROWS.into_iter().enumerate() {
            let options = CompactionOptions { target_rows_per_fragment, ..Default::default() };
            let action = OptimizeAction::Compact { options, remap_options: None };
            self.table.optimize(action).await.map_err(Error::library("merge files"))?;
            if self.surplus_files().await? < TIER_FILES_MAX * (tier + 1) {
                break;
            }
        }
        Ok(())
    }

    /// Rewrites every file that has a removed row, and rebuilds the indexes. Afterwards only older
    /// versions have the removed rows.
    pub(crate) async fn rewrite(&self, vector_rows_min: u64) -> Result<(), Error> {
        let [.., target_rows_per_fragment] = FRAGMENT_ROWS;
        let options = CompactionOptions {
            target_rows_per_fragment,
            materialize_deletions: true,
            materialize_deletions_threshold: 0.0,
            ..Default::default()
        };
        let action = OptimizeAction::Compact { options, remap_options: None };
        self.table.optimize(action).await.map_err(Error::library("rewrite files"))?;
        self.rebuild_indexes(vector_rows_min).await
    }

    /// Rebuilds every index from scratch, the vector index if there are at least `vector_rows_min`
    /// rows.
    pub(crate) async fn rebuild_indexes(&self, vector_rows_min: u64) -> Result<(), Error> {
        let failed = || Error::library("rebuild the indexes");
        let indexes = self.table.list_indices().await.map_err(failed())?;
        for index in indexes.iter().filter(|index| index.columns.iter().any(|it| it == "vector")) {
            self.table.drop_index(&index.name).await.map_err(failed())?;
        }
        make_indexes(&self.table).await.map_err(failed())?;
        self.ensure_vector_index(vector_rows_min).await?;
        Ok(())
    }

    /// Adds new rows to the indexes. The vector index, which costs far more, is updated only once
    /// it misses many rows. A search compares the rows outside an index one by one.
    pub(crate) async fn update_indexes(&self) -> Result<(), Error> {
        let failed = || Error::library("update the indexes");
        let mut names = Vec::new();
        for index in self.table.list_indices().await.map_err(failed())? {
            let is_due = match self.table.index_stats(&index.name).await.map_err(failed())? {
                Some(stats) if index.columns.iter().any(|column| column == "vector") => {
                    stats.num_indexed_rows <= VECTOR_INDEX_LAG * stats.num_unindexed_rows
                }
                _ => true,
            };
            if is_due {
                names.push(index.name);
            }
        }
        let options = OptimizeOptions::default().index_names(names);
        self.table.optimize(OptimizeAction::Index(options)).await.map_err(failed())?;
        Ok(())
    }

    /// Builds the vector index if there are at least `rows_min` rows and it does not exist. Returns
    /// `true` if it was built.
    pub(crate) async fn ensure_vector_index(&self, rows_min: u64) -> Result<bool, Error> {
        let failed = || Error::library("build the vector index");
        let indexes = self.table.list_indices().await.map_err(failed())?;
        let indexed = |column: &str| {
            indexes.iter().any(|index| index.columns.iter().any(|name| name == column))
        };
        if indexed("vector") || self.row_count().await? < rows_min {
            return Ok(false);
        }
        let index = IvfHnswSqIndexBuilder::default().distance_type(DistanceType::Dot);
        self.table
            .create_index(&["vector"], Index::IvfHnswSq(index))
            .execute()
            .await
            .map_err(failed())?;
        Ok(true)
    }

    /// Removes the files of versions that are older than `age` or beyond the maximum number, and
    /// that no newer version needs. Fails if some cannot be removed. For the owner only, and only
    /// once the newest version is synced.
    pub(crate) async fn prune(&self, age: Duration) -> Result<(), Error> {
        let versions = self.table.list_versions().await;
        let mut versions = versions.map_err(Error::library("list the versions"))?;
        versions.sort_unstable_by_key(|version| std::cmp::Reverse(version.version));
        let age = match versions.get(VERSIONS_MAX - 1) {
            Some(oldest) => age.min(age_of(oldest.timestamp.timestamp_micros())),
            None => age,
        };
        let age = lancedb::table::Duration::from_std(age.min(PRUNE_AGE_MAX))
            .expect("a hundred years are within chrono's range");
        let action = OptimizeAction::Prune {
            older_than: Some(age),
            delete_unverified: Some(true),
            error_if_tagged_old_versions: Some(false),
        };
        let pruned = self.table.optimize(action).await;
        let pruned = pruned.map_err(Error::library("prune old versions"))?.prune;
        match pruned.map_or(0, |removed| removed.failed_deletes) {
            0 => Ok(()),
            left => Err(Error::Library {
                action: "prune old versions",
                source: format!("{left} files could not be removed").into(),
            }),
        }
    }
}

/// Returns the time since `moment`, in microseconds since 1970, by the clock that Lance uses.
fn age_of(moment: i64) -> Duration {
    let moment = UNIX_EPOCH + Duration::from_micros(moment.try_into().unwrap_or(0));
    SystemTime::now().duration_since(moment).unwrap_or_default()
}
