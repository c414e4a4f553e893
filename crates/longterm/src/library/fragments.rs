//! The table file by file, without the query planner: for an index in RAM that follows the table,
//! and for reading a few rows at known positions.
//!
//! A fragment is the rows of one append, or of a merge of several. Its rows and their offsets never
//! change. Marking rows as deleted gives the fragment another deletion file.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use lance::dataset::fragment::{FragReadConfig, FragmentReader};
use lancedb::arrow::arrow_array::RecordBatch;

use crate::{
    Error,
    library::{
        Library, Row, deletions,
        ranked::{self, Read},
        rows,
    },
};

/// Identity of a fragment's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) id: u64,
    /// Name of its data file. A fragment's number may be reused after a roll-back, a file's name
    /// never is.
    pub(crate) file: String,
    /// Number of rows, including the deleted ones.
    pub(crate) rows: usize,
    /// Version and id of its deletion file. `None` if no row is deleted.
    pub(crate) deletions: Option<(u64, u64)>,
}

/// Rows of a fragment that were read together, still in columns.
pub(crate) struct Columns(RecordBatch);

impl Columns {
    /// Returns the rows, each with its offset in the fragment.
    pub(crate) fn rows(&self) -> Result<impl Iterator<Item = Result<Read<'_>, Error>>, Error> {
        let batch = ranked::Batch::new(&self.0).ok_or_else(|| Error::Library {
            action: "read a file",
            source: "a column is missing".into(),
        })?;
        Ok(batch.into_rows())
    }
}

/// Treatment of deleted rows by a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    LeftOut,
    /// For a fragment whose deletion file cannot be read.
    Included,
}

impl Library {
    /// Returns a handle that stays at the synced version `version`. The numbers of later versions
    /// may be reused.
    pub(crate) async fn pinned(&self, version: u64) -> Result<Library, Error> {
        let failed = || Error::library("pin the version");
        let table = self.table.query_snapshot().await.map_err(failed())?;
        if table.version().await.map_err(failed())? != version {
            table.checkout(version).await.map_err(failed())?;
        }
        Ok(Library { table, ..self.clone() })
    }

    /// Returns the fragments of this version.
    pub(crate) async fn fragments(&self) -> Result<Vec<Fragment>, Error> {
        let dataset = self.table.dataset().ok_or_else(not_local)?.get().await;
        let dataset = dataset.map_err(Error::library("list the files"))?;
        let fragments = dataset.get_fragments().into_iter().map(|fragment| {
            let deletions = fragment.metadata().deletion_file.as_ref();
            Fragment {
                id: fragment.id() as u64,
                file: fragment
                    .metadata()
                    .files
                    .first()
                    .map_or_else(String::new, |file| file.path.clone()),
                rows: fragment.metadata().physical_rows.unwrap_or(0),
                deletions: deletions.map(|file| (file.read_version, file.id)),
            }
        });
        Ok(fragments.collect())
    }

    /// Returns the rows of a fragment that are not deleted, in the columns that search needs.
    pub(crate) async fn read_fragment(
        &self,
        id: u64,
    ) -> Result<impl Stream<Item = Result<Columns, Error>> + use<>, Error> {
        let batches = self.scan_fragment(id, rows::SEARCH_COLUMNS, Deleted::LeftOut).await?;
        Ok(batches.map(|batch| batch.map(Columns)))
    }

    /// Returns the rows of a fragment, in these columns and with their addresses.
    pub(super) async fn scan_fragment(
        &self,
        id: u64,
        columns: &[&str],
        deleted: Deleted,
    ) -> Result<impl Stream<Item = Result<RecordBatch, Error>> + use<>, Error> {
        let rows = self.physical_rows(id).await?.ok_or_else(gone)?;
        let rows = u32::try_from(rows).map_err(|_| gone())?;
        let reader = Arc::new(self.open_fragment(id, columns, deleted).await?);
        let ranges = (0..rows).step_by(READ_ROWS as usize);
        let ranges = ranges.map(move |first| first..rows.min(first + READ_ROWS));
        let read = move |range| {
            let reader = Arc::clone(&reader);
            async move { reader.take_range(range, BATCH_ROWS).await.map(|it| it.buffered(1)) }
        };
        let batches = stream::iter(ranges).then(read).try_flatten();
        Ok(batches.map_err(|error| Error::library("read a file")(error)))
    }

    /// Opens a fragment's file without the query planner.
    async fn open_fragment(
        &self,
        id: u64,
        columns: &[&str],
        deleted: Deleted,
    ) -> Result<FragmentReader, Error> {
        let dataset = self.table.dataset().ok_or_else(not_local)?.get().await;
        let dataset = dataset.map_err(Error::library("open a file"))?;
        let schema = dataset.schema();
        let is_there =
            |column: &&str| !rows::NEW_COLUMNS.contains(column) || schema.field(column).is_some();
        let columns: Vec<&str> = columns.iter().copied().filter(is_there).collect();
        let columns = schema.project(&columns).map_err(Error::library("open a file"))?;
        let fragment = dataset.get_fragment(id as usize).ok_or_else(gone)?;
        if deleted == Deleted::LeftOut {
            deletions::check(&self.dir, &fragment).await?;
        }
        let config = FragReadConfig::default()
            .with_row_address(true)
            .with_ignore_deletions(deleted == Deleted::Included);
        fragment.open(&columns, config).await.map_err(Error::library("open a file"))
    }

    /// Checks all deletion files.
    pub(super) async fn check_deletions(&self) -> Result<(), Error> {
        let dataset = self.table.dataset().ok_or_else(not_local)?.get().await;
        let dataset = dataset.map_err(Error::library("open the table"))?;
        for fragment in dataset.get_fragments() {
            deletions::check(&self.dir, &fragment).await?;
        }
        Ok(())
    }

    /// Returns the number of rows that were written to a fragment, by its manifest.
    pub(super) async fn physical_rows(&self, id: u64) -> Result<Option<u64>, Error> {
        let failed = || Error::library("list the files");
        let dataset = self.table.dataset().ok_or_else(not_local)?.get().await.map_err(failed())?;
        let fragment = dataset.get_fragment(id as usize);
        Ok(fragment.and_then(|it| it.metadata().physical_rows).map(|rows| rows as u64))
    }

    /// Returns the offsets of the deleted rows of a fragment.
    pub(crate) async fn deleted(&self, id: u64) -> Result<Vec<u32>, Error> {
        let failed = || Error::library("read the deleted rows");
        let dataset = self.table.dataset().ok_or_else(not_local)?.get().await.map_err(failed())?;
        let fragment = dataset.get_fragment(id as usize).ok_or_else(gone)?;
        deletions::check(&self.dir, &fragment).await?;
        let deleted = fragment.get_deletion_vector().await;
        let deleted = deleted.map_err(|error| failed()(error.into()))?;
        Ok(deleted.map_or_else(Vec::new, |deleted| deleted.iter().collect()))
    }

    /// Returns the rows at these positions, as fragment and offset, in their order and in these
    /// columns, deleted or not.
    pub(crate) async fn take(
        &self,
        places: &[(u64, u32)],
        columns: &[&str],
    ) -> Result<Vec<Row>, Error> {
        let mut offsets: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        for (id, offset) in places {
            offsets.entry(*id).or_default().insert(*offset);
        }
        let fragments = offsets.into_iter().map(async |(id, offsets)| {
            let offsets: Vec<u32> = offsets.into_iter().collect();
            let reader = self.open_fragment(id, columns, Deleted::Included).await?;
            let batch = reader.take_as_batch(&offsets, None).await;
            let rows = rows::rows(&batch.map_err(Error::library("read rows"))?)?;
            Ok::<_, Error>(offsets.into_iter().map(move |offset| (id, offset)).zip(rows))
        });
        let fragments = future::try_join_all(fragments).await?;
        let mut rows: HashMap<(u64, u32), Row> = fragments.into_iter().flatten().collect();
        let taken = places.iter().map(|place| rows.remove(place).ok_or_else(gone));
        taken.collect()
    }
}

/// Rows per read from disk.
const READ_ROWS: u32 = 2048;
/// Rows per decoded batch, which is processed without a pause.
const BATCH_ROWS: u32 = 512;

pub(super) fn not_local() -> Error {
    Error::Library { action: "find the table's files", source: "the table is remote".into() }
}

fn gone() -> Error {
    Error::Library { action: "read a file", source: "the version does not have it".into() }
}
