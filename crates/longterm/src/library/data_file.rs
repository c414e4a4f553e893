//! One data file, read as a separate table.

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use lance::dataset::{
    CommitBuilder,
    fragment::FileFragment,
    transaction::{Operation, Transaction},
};

use super::{Library, Row, Site, connect, fragments::not_local, rows, salvage::guarded};
use crate::{Error, sync::unless_gone};

/// RAM for LanceDB's caches.
const CACHE_BYTES: usize = 1 << 20;
/// Columns that can be computed from the others.
const DERIVED_COLUMNS: &[&str] = &["terms", "vector"];

/// A data file, and the scratch directory of the table around it.
pub(crate) struct DataFile {
    library: Library,
    fragment: u64,
    rows: u32,
    scratch: PathBuf,
}

impl DataFile {
    /// Creates a table around the file in the directory `scratch`, and deletes its previous
    /// contents.
    pub(crate) async fn open(
        file: &Path,
        scratch: &Path,
        dimension: usize,
    ) -> Result<DataFile, Error> {
        unless_gone(fs::remove_dir_all(scratch)).map_err(Error::io("remove", scratch))?;
        let site = Site { dir: scratch.to_owned(), table: 0, dimension, cache_bytes: CACHE_BYTES };
        let (file, around) = (file.to_owned(), site.clone());
        guarded(async move { make_table(&file, &around).await }).await?;
        let gone =
            || Error::Library { action: "open a data file", source: "it has no rows".into() };
        let library = Library::open(site).await?.ok_or_else(gone)?;
        let fragment = library.fragments().await?.pop().ok_or_else(gone)?;
        let rows = u32::try_from(fragment.rows).unwrap_or(u32::MAX);
        Ok(DataFile { library, fragment: fragment.id, rows, scratch: scratch.to_owned() })
    }

    pub(crate) fn row_count(&self) -> u32 {
        self.rows
    }

    /// Returns the rows in this range, deleted or not. If they cannot be read, returns them without
    /// the columns that can be recomputed.
    pub(crate) async fn rows(&self, part: Range<u32>) -> Result<Vec<Row>, Error> {
        let all = rows::all_columns();
        if let Ok(rows) = self.columns(part.clone(), all.clone()).await {
            return Ok(rows);
        }
        let told: Vec<&str> =
            all.into_iter().filter(|column| !DERIVED_COLUMNS.contains(column)).collect();
        self.columns(part, told).await
    }

    async fn columns(
        &self,
        part: Range<u32>,
        columns: Vec<&'static str>,
    ) -> Result<Vec<Row>, Error> {
        let library = self.library.clone();
        let places: Vec<(u64, u32)> = part.map(|offset| (self.fragment, offset)).collect();
        guarded(async move { library.take(&places, &columns).await }).await
    }

    /// Removes the scratch directory.
    pub(crate) fn close(self) -> Result<(), Error> {
        let removed = unless_gone(fs::remove_dir_all(&self.scratch));
        removed.map(drop).map_err(Error::io("remove", self.scratch))
    }
}

async fn make_table(file: &Path, site: &Site) -> Result<(), Error> {
    let failed = || Error::library("open a data file");
    let table = connect(site)
        .await?
        .create_empty_table(site.name(), rows::schema(site.dimension))
        .execute()
        .await
        .map_err(failed())?;
    let (data, name) = (site.table_dir().join("data"), file.file_name().unwrap_or_default());
    let linked = fs::create_dir_all(&data).and_then(|()| link(file, &data.join(name)));
    linked.map_err(Error::io("link", file))?;
    let name = name.to_string_lossy();
    let dataset = table.dataset().ok_or_else(not_local)?.get().await.map_err(failed())?;
    let fragment = FileFragment::create_from_file(&name, &dataset, 0, None).await;
    let fragment = fragment.map_err(Error::library("open a data file"))?;
    let operation = Operation::Append { fragments: vec![fragment] };
    let transaction = Transaction::new_from_version(dataset.version().version, operation);
    let committed = CommitBuilder::new(dataset).execute(transaction).await;
    committed.map(drop).map_err(Error::library("open a data file"))
}

fn link(file: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(file, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => fs::copy(file, to).map(drop),
        linked => linked,
    }
}
