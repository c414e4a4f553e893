//! The LanceDB table: appended to by one owner, searched by every process.
//!
//! Nothing here knows of the journal. A version of the table is valid only once the caller has
//! synced it and recorded its number; see `owner` for that protocol.

mod by_key;
mod data_file;
mod deletions;
mod files;
mod fragments;
mod ranked;
mod rows;
mod salvage;
mod site;
mod terms;
mod texts;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aios_record::{Record, Timestamp};
use futures::TryStreamExt;
use lancedb::{
    DistanceType, ObjectStoreRegistry, Session, Table,
    arrow::{arrow_array::RecordBatchIterator, arrow_schema::SchemaRef},
    expr::{DfExpr, col, is_in, lit},
    index::{
        Index,
        scalar::{
            BTreeIndexBuilder, FtsIndexBuilder, FtsQuery, FullTextSearchQuery, MatchQuery, Operator,
        },
        vector::IvfHnswSqIndexBuilder,
    },
    query::{ExecutableQuery, QueryBase, Select},
    table::{CompactionOptions, OptimizeAction, OptimizeOptions, Predicate},
};

pub(crate) use self::{
    data_file::DataFile,
    fragments::{Deleted, Fragment},
    ranked::{Extra, Ranked, Read},
    rows::{Row, SHOWN_COLUMNS, TAG_SEPARATOR},
    salvage::open_guarded,
    site::{Edition, Site, remove, tables},
    terms::{RowTerms, TermCounts},
};

use crate::Error;

/// Name of the full-text index.
const TERMS_INDEX: &str = "terms_idx";
/// Rows of a merged file, per tier. Files are merged with those of their own tier, so that adding
/// rows does not rewrite a large file. Each row is rewritten about once per tier.
const FRAGMENT_ROWS: [usize; 3] = [1024, 8192, 65_536];
/// Number of files of one tier from which they are merged into one of the next.
const TIER_FILES_MAX: usize = 8;
/// Number of versions beyond which older ones are pruned, whatever their age.
const VERSIONS_MAX: usize = 8;
/// Maximum age of a version.
const PRUNE_AGE_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);
/// The vector index is updated once it covers at most this many times as many rows as it misses.
const VECTOR_INDEX_LAG: usize = 8;
/// Approximate neighbours that an indexed vector leg examines.
const EF_SEARCH: usize = 300;
/// Rows read for each sampled vector.
const SPREAD: usize = 16;

/// Handle on the table. Cheap to clone; moves forward in versions only. The owner's handle is
/// always at the latest version.
#[derive(Clone)]
pub(crate) struct Library {
    table: Table,
    schema: SchemaRef,
    site: Arc<Site>,
    dir: PathBuf,
    /// Held while the handle moves to another version, so that it never moves back.
    moving: Arc<tokio::sync::Mutex<()>>,
}

impl Library {
    /// Opens a table. `None` if no owner has created it yet.
    ///
    /// # Errors
    /// [`Error::DamagedFile`] if reading the table would end the process.
    pub(crate) async fn open(site: Site) -> Result<Option<Library>, Error> {
        let Some(library) = Library::open_unchecked(site).await? else { return Ok(None) };
        library.check_deletions().await?;
        Ok(Some(library))
    }

    /// As [`open`](Library::open), for a caller that checks each file before it is read.
    async fn open_unchecked(site: Site) -> Result<Option<Library>, Error> {
        if !site.table_dir().exists() {
            return Ok(None);
        }
        let connection = connect(&site).await?;
        match connection.open_table(site.name()).execute().await {
            Ok(table) => Ok(Some(Library::new(table, site))),
            Err(lancedb::Error::TableNotFound { .. }) => Ok(None),
            Err(error) => Err(Error::library("open the table")(error)),
        }
    }

    /// Creates an empty table with its indexes. For the owner only.
    pub(crate) async fn create(site: Site) -> Result<Library, Error> {
        let failed = || Error::library("create the table");
        let connection = connect(&site).await?;
        let table = connection
            .create_empty_table(site.name(), rows::schema(site.dimension))
            .execute()
            .await
            .map_err(failed())?;
        table.set_unenforced_primary_key(["key"]).await.map_err(failed())?;
        make_indexes(&table).await.map_err(failed())?;
        Ok(Library::new(table, site))
    }

    fn new(table: Table, site: Site) -> Library {
        let (schema, dir) = (rows::schema(site.dimension), site.table_dir());
        Library { table, schema, site: Arc::new(site), dir, moving: Arc::default() }
    }

    /// Returns the location of the table.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Returns the directory of the table's files.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) async fn version(&self) -> Result<u64, Error> {
        self.table.version().await.map_err(Error::library("read the version"))
    }

    /// Moves the handle to `version`, unless it is there or later.
    pub(crate) async fn catch_up(&self, version: u64) -> Result<(), Error> {
        let _forward = self.moving.lock().await;
        if self.version().await? < version {
            self.stay_at(version).await?;
        }
        Ok(())
    }

    /// Moves the handle to this version exactly. For every process but the owner's: a version that
    /// is not recorded as synced may be rolled back, and its number reused.
    pub(crate) async fn stay_at(&self, version: u64) -> Result<(), Error> {
        let failed = Error::library("read the version that the journal speaks of");
        self.table.checkout(version).await.map_err(failed)
    }

    /// Adds rows whose keys the table does not hold.
    pub(crate) async fn append(&self, rows: &[Row]) -> Result<(), Error> {
        let batch = rows::batch(rows, &self.schema)?;
        self.table.add(batch).execute().await.map_err(Error::library("append"))?;
        Ok(())
    }

    /// Replaces rows whose keys the table may hold, and adds the others.
    pub(crate) async fn replace(&self, rows: &[Row]) -> Result<(), Error> {
        let batch = rows::batch(rows, &self.schema)?;
        let reader = RecordBatchIterator::new([Ok(batch)], self.schema.clone());
        let mut merge = self.table.merge_insert(&["key"]);
        merge.when_matched_update_all(None).when_not_matched_insert_all();
        merge.execute(Box::new(reader)).await.map_err(Error::library("replace"))?;
        Ok(())
    }

    /// Removes the rows of `keys` in a new version.
    pub(crate) async fn remove(&self, keys: &[String]) -> Result<(), Error> {
        let gone = is_in(col("key"), keys.iter().map(|key| lit(key.as_str())).collect());
        self.table.delete(Predicate::Expr(&gone)).await.map_err(Error::library("remove"))?;
        Ok(())
    }

    /// Returns the rows nearest to `vector`, best first.
    pub(crate) async fn nearest(
        &self,
        vector: &[f32],
        filter: &DfExpr,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let failed = || Error::library("search by meaning");
        let query = self
            .table
            .query()
            .only_if_expr(filter.clone())
            .limit(limit)
            .select(Select::columns(rows::SEARCH_COLUMNS))
            .nearest_to(vector)
            .map_err(failed())?
            .column("vector")
            .distance_type(DistanceType::Dot)
            .ef(EF_SEARCH);
        collect(&query, "search by meaning").await
    }

    /// Returns the rows that have any of `terms`, best first by the BM25 of the index.
    pub(crate) async fn matching(
        &self,
        terms: &[String],
        filter: &DfExpr,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let words = MatchQuery::new(terms.join(" "))
            .with_column(Some("terms".to_owned()))
            .with_operator(Operator::Or);
        let query = self
            .table
            .query()
            .only_if_expr(filter.clone())
            .full_text_search(FullTextSearchQuery::new_query(FtsQuery::Match(words)))
            .limit(limit)
            .select(Select::columns(rows::SEARCH_COLUMNS));
        collect(&query, "search by word").await
    }

    /// Returns the rows that match `filter`, in no order.
    pub(crate) async fn scan(&self, filter: DfExpr) -> Result<Vec<Row>, Error> {
        let query =
            self.table.query().only_if_expr(filter).select(Select::columns(rows::SEARCH_COLUMNS));
        collect(&query, "read").await
    }

    /// Returns the whole rows that match `filter`, in no order.
    pub(crate) async fn scan_whole(&self, filter: DfExpr) -> Result<Vec<Row>, Error> {
        collect(&self.table.query().only_if_expr(filter), "read").await
    }

    /// Returns the identities, times and scopes of the rows that match `filter`, in no order.
    pub(crate) async fn scan_times(&self, filter: DfExpr) -> Result<Vec<Record>, Error> {
        let query =
            self.table.query().only_if_expr(filter).select(Select::columns(rows::TIME_COLUMNS));
        Ok(collect(&query, "list").await?.into_iter().map(|row| row.record).collect())
    }

    /// Returns the keys of the rows that have expired at `now`, each with its content hash.
    pub(crate) async fn expired(&self, now: Timestamp) -> Result<Vec<(String, String)>, Error> {
        let failed = || Error::library("look for what has expired");
        let filter = col("expires_at").lt_eq(lit(now.as_microsecond()));
        let query = self.table.query().only_if_expr(filter);
        let query = query.select(Select::columns(&["key", "content_hash"]));
        let mut batches = query.execute().await.map_err(failed())?;
        let mut expired = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed())? {
            let column = |name| rows::texts(&batch, name).map(str::to_owned);
            expired.extend(column("key").zip(column("content_hash")));
        }
        Ok(expired)
    }

    /// Returns the vectors of at most `count` rows that match `filter`, sampled evenly from the
    /// first `count * SPREAD` rows.
    pub(crate) async fn spread_vectors(
        &self,
        count: usize,
        filter: Option<DfExpr>,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let failed = || Error::library("read vectors");
        let query = self.table.query().limit(count * SPREAD).select(Select::columns(&["vector"]));
        let query = match filter {
            Some(filter) => query.only_if_expr(filter),
            None => query,
        };
        let mut batches = query.execute().await.map_err(failed())?;
        let mut vectors = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed())? {
            vectors.extend(rows::vectors_of(&batch));
        }
        let step = vectors.len().div_ceil(count).max(1);
        Ok(vectors.into_iter().step_by(step).collect())
    }

    /// Returns the number of rows.
    pub(crate) async fn row_count(&self) -> Result<u64, Error> {
        Ok(self.table.count_rows(None).await.map_err(Error::library("count"))? as u64)
    }

    /// Returns the outstanding maintenance: the number of files beyond those that the rows need,
    /// and of rows outside the full-text index.
    pub(crate) async fn backlog(&self) -> Result<(u32, u64), Error> {
        let failed = || Error::library("read statistics");
        let stats = self.table.stats().await.map_err(failed())?;
        let files = self.surplus_files().await?;
        let index = self.table.index_stats(TERMS_INDEX).await.map_err(failed())?;
        let unindexed = index.map_or(stats.num_rows, |index| index.num_unindexed_rows);
        Ok((u32::try_from(files).unwrap_or(u32::MAX), unindexed as u64))
    }

    /// Returns the number of files beyond those that full files would need.
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

    /// Returns the word statistics of all rows, by owner.
    pub(crate) async fn term_counts(&self) -> Result<TermCounts, Error> {
        let failed = || Error::library("count the terms");
        let query = self.table.query().select(Select::columns(&["terms", "user"]));
        let mut batches = query.execute().await.map_err(failed())?;
        let mut counts = TermCounts::default();
        while let Some(batch) = batches.try_next().await.map_err(failed())? {
            rows::terms_by_user(&batch).for_each(|(user, terms)| counts.add(user, terms));
        }
        Ok(counts)
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

async fn connect(site: &Site) -> Result<lancedb::Connection, Error> {
    let cache_bytes = site.cache_bytes;
    // Indexes are read at every search, metadata once per version.
    let session = Session::new(
        cache_bytes / 4 * 3,
        cache_bytes / 4,
        Arc::new(ObjectStoreRegistry::default()),
    );
    let uri = site.dir.to_string_lossy();
    let connecting = lancedb::connect(&uri).session(Arc::new(session)).execute();
    connecting.await.map_err(Error::library("open the directory"))
}

/// Builds the indexes that every table has, replacing existing ones.
async fn make_indexes(table: &Table) -> Result<(), lancedb::Error> {
    let index = FtsIndexBuilder::default()
        .base_tokenizer("whitespace".to_owned())
        .lower_case(false)
        .stem(false)
        .remove_stop_words(false)
        .ascii_folding(false)
        .max_token_length(None)
        .with_position(false);
    let index = table.create_index(&["terms"], Index::FTS(index));
    index.name(TERMS_INDEX.to_owned()).execute().await?;
    for column in ["key", "session"] {
        let index = Index::BTree(BTreeIndexBuilder::default());
        table.create_index(&[column], index).execute().await?;
    }
    Ok(())
}

async fn collect(query: &impl ExecutableQuery, action: &'static str) -> Result<Vec<Row>, Error> {
    let mut batches = query.execute().await.map_err(Error::library(action))?;
    let mut rows = Vec::new();
    while let Some(batch) = batches.try_next().await.map_err(Error::library(action))? {
        rows.extend(rows::rows(&batch)?);
    }
    Ok(rows)
}

/// Returns the time since `moment`, in microseconds since 1970, by the clock that Lance uses.
fn age_of(moment: i64) -> Duration {
    let moment = UNIX_EPOCH + Duration::from_micros(moment.try_into().unwrap_or(0));
    SystemTime::now().duration_since(moment).unwrap_or_default()
}
