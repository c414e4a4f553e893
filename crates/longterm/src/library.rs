//! The LanceDB table: appended to by one owner, searched by every process.
//!
//! Independent of the journal. A version of the table is valid only once the caller has synced it
//! and recorded its number; see `owner` for that protocol.

mod by_key;
mod data_file;
mod deletions;
mod files;
mod fragments;
mod indexes;
mod maintenance;
mod ranked;
mod rows;
mod salvage;
mod site;
mod terms;
mod texts;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_record::{Record, Timestamp};
use futures::TryStreamExt;
use lancedb::{
    DistanceType, ObjectStoreRegistry, Session, Table,
    arrow::{arrow_array::RecordBatchIterator, arrow_schema::SchemaRef},
    expr::{DfExpr, col, is_in, lit},
    index::scalar::{FtsQuery, FullTextSearchQuery, MatchQuery, Operator},
    query::{ExecutableQuery, QueryBase, Select},
    table::Predicate,
};

pub(crate) use self::{
    data_file::DataFile,
    fragments::{Deleted, Fragment},
    ranked::{Extra, Ranked, Read},
    rows::{Row, SHOWN_COLUMNS, TAG_SEPARATOR, UNSHOWN_COLUMNS},
    salvage::open_guarded,
    site::{Edition, Site, remove, tables},
    terms::{RowTerms, TermCounts},
};

use self::indexes::make_indexes;
use crate::Error;

/// Approximate neighbours that an indexed vector leg examines.
const EF_SEARCH: usize = 300;
/// Rows read for each sampled vector.
const SPREAD: usize = 16;

/// Handle to the table. Cheap to clone. Its version only increases; the owner's is always the
/// latest.
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

    /// Moves the handle to `version`, unless it is at that version or a later one.
    pub(crate) async fn catch_up(&self, version: u64) -> Result<(), Error> {
        let _forward = self.moving.lock().await;
        if self.version().await? < version {
            self.stay_at(version).await?;
        }
        Ok(())
    }

    /// Moves the handle to exactly this version. For processes other than the owner's: a version
    /// that is not recorded as synced may be rolled back, and its number reused.
    pub(crate) async fn stay_at(&self, version: u64) -> Result<(), Error> {
        let failed = Error::library("read the version that the journal records");
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
        let failed = || Error::library("find expired records");
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

async fn collect(query: &impl ExecutableQuery, action: &'static str) -> Result<Vec<Row>, Error> {
    let mut batches = query.execute().await.map_err(Error::library(action))?;
    let mut rows = Vec::new();
    while let Some(batch) = batches.try_next().await.map_err(Error::library(action))? {
        rows.extend(rows::rows(&batch)?);
    }
    Ok(rows)
}
