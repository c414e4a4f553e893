//! Reads of a table whose files may be damaged.
//!
//! A damaged file can make its reader fail in any way, even panic, so each read runs in a separate
//! task.

use std::future::Future;

use futures::TryStreamExt;
use lancedb::{
    arrow::arrow_array::{cast::AsArray, types::UInt64Type},
    expr::{col, lit},
};
use tokio::task;

use super::{Library, Row, Site, fragments::Deleted, rows};
use crate::Error;

/// The columns that distinguish the versions of a record.
const STAMP_COLUMNS: &[&str] = &["id", "collection", "user", "content_hash", "recorded_at"];

/// The rows of a fragment that were read, each with its offset, and the offsets of the unreadable
/// ones.
#[derive(Debug, Default)]
pub(crate) struct Readable {
    pub(crate) rows: Vec<(u32, Row)>,
    pub(crate) damaged: Vec<u32>,
}

impl Library {
    /// Returns the rows of a fragment, with only identity, hash and time read.
    pub(crate) async fn stamps(&self, fragment: u64) -> Result<Vec<(u32, Row)>, Error> {
        self.stamps_of(fragment, Deleted::LeftOut).await
    }

    /// As [`stamps`](Library::stamps), but includes the deleted rows if `deleted` requests them or
    /// the deletion file cannot be read.
    pub(crate) async fn stamps_left(
        &self,
        fragment: u64,
        deleted: Deleted,
    ) -> Result<Vec<(u32, Row)>, Error> {
        match self.stamps_of(fragment, deleted).await {
            Err(_) => self.stamps_of(fragment, Deleted::Included).await,
            stamps => stamps,
        }
    }

    async fn stamps_of(&self, fragment: u64, deleted: Deleted) -> Result<Vec<(u32, Row)>, Error> {
        let library = self.clone();
        guarded(async move {
            let batches = library.scan_fragment(fragment, STAMP_COLUMNS, deleted).await?;
            let mut batches = Box::pin(batches);
            let mut stamps = Vec::new();
            while let Some(batch) = batches.try_next().await? {
                let addresses = batch.column_by_name("_rowaddr");
                let addresses = addresses.and_then(|it| it.as_primitive_opt::<UInt64Type>());
                let addresses = addresses.expect("the address was asked for");
                // An address is the fragment's number and, in the low half, the offset.
                let offsets = addresses.values().iter().map(|address| *address as u32);
                stamps.extend(offsets.zip(rows::rows(&batch)?));
            }
            Ok(stamps)
        })
        .await
    }

    /// Returns the whole rows at these offsets of a fragment, as far as they can be read. A part
    /// that fails is read again in halves.
    pub(crate) async fn readable(&self, fragment: u64, offsets: &[u32]) -> Readable {
        let mut readable = Readable::default();
        let mut parts = vec![offsets];
        while let Some(part) = parts.pop() {
            match (self.whole_at(fragment, part).await, part) {
                (Ok(rows), _) => readable.rows.extend(part.iter().copied().zip(rows)),
                (Err(_), []) => {}
                (Err(error), [offset]) => {
                    tracing::warn!(fragment, offset, %error, "failed to read a row");
                    readable.damaged.push(*offset);
                }
                (Err(_), part) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        readable
    }

    /// Returns the columns whose index cannot be used.
    pub(crate) async fn damaged_indexes(&self) -> Result<Vec<String>, Error> {
        let indexes = self.table.list_indices().await;
        let indexes = indexes.map_err(Error::library("list the indexes"))?;
        let mut damaged = Vec::new();
        for column in indexes.into_iter().flat_map(|index| index.columns) {
            let (library, asked) = (self.clone(), column.clone());
            let tried = guarded(async move { library.use_index(&asked).await }).await;
            if let Err(error) = tried {
                if error.is_disk_full() {
                    return Err(error);
                }
                tracing::warn!(column, %error, "failed to use an index");
                damaged.push(column);
            }
        }
        Ok(damaged)
    }

    /// Returns `true` if the index of keys finds every row.
    pub(crate) async fn has_sound_keys(&self) -> bool {
        let library = self.clone();
        let found = guarded(async move {
            let keys = library.keys().await?;
            library.finds_by_index(&keys).await
        });
        found.await.unwrap_or(false)
    }

    /// Runs a query on the index of a column.
    async fn use_index(&self, column: &str) -> Result<(), Error> {
        let nothing = "\u{1}";
        match column {
            "terms" => self.matching(&[nothing.to_owned()], &lit(true), 1).await.map(drop),
            "vector" => {
                let vector = vec![1.0; self.site.dimension];
                self.nearest(&vector, &lit(true), 1).await.map(drop)
            }
            column => self.scan(col(column).eq(lit(nothing))).await.map(drop),
        }
    }

    /// Returns the number of rows that a fragment has by its manifest.
    pub(crate) async fn rows_in(&self, fragment: u64) -> Option<u64> {
        let library = self.clone();
        let count = guarded(async move { library.physical_rows(fragment).await });
        count.await.ok().flatten()
    }

    /// Returns the whole rows at these offsets of a fragment.
    pub(crate) async fn whole_at(&self, fragment: u64, offsets: &[u32]) -> Result<Vec<Row>, Error> {
        let library = self.clone();
        let places: Vec<(u64, u32)> = offsets.iter().map(|offset| (fragment, *offset)).collect();
        guarded(async move { library.take(&places, &rows::all_columns()).await }).await
    }
}

/// Opens a table whose files may be damaged.
pub(crate) async fn open_guarded(site: Site) -> Result<Option<Library>, Error> {
    guarded(Library::open_unchecked(site)).await
}

/// Reads in a separate task, so that a panic becomes an error.
pub(super) async fn guarded<T: Send + 'static>(
    read: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    task::spawn(read).await.unwrap_or_else(|panic| {
        Err(Error::Library { action: "read a damaged file", source: Box::new(panic) })
    })
}
