//! What is done to the file as a whole: a new word index, compacting, copying.

use std::path::Path;

use crate::{
    Error, Working,
    access::{Access, Stored},
    records::for_kind,
    row::Row,
    search::{self, CODES},
};

impl Working {
    /// Makes the word index anew from the rows.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn reindex(&self) -> Result<(), Error> {
        self.unbound().write(reindex).await
    }

    /// Rewrites the file without what was deleted.
    ///
    /// # Errors
    /// [`Error::Storage`] when the disk has no room for the copy.
    pub async fn vacuum(&self) -> Result<(), Error> {
        Ok(self.ledger.vacuum().await?)
    }

    /// Copies the file as it is now to `target`, which must not exist.
    ///
    /// # Errors
    /// [`Error::Storage`] when `target` cannot be written.
    pub async fn backup(&self, target: &Path) -> Result<(), Error> {
        Ok(self.ledger.backup(target).await?)
    }
}

/// Makes the word index anew from the rows.
pub(crate) fn reindex(access: &Access<'_>) -> Result<(), Error> {
    access.connection.execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    for &(kind, _) in CODES {
        for_kind!(kind, index_all(access), Ok(()))?;
    }
    Ok(())
}

fn index_all<T: Row>(access: &Access<'_>) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let items = access.rows::<T>(after)?;
        let Some((_, last)) = items.last() else { return Ok(()) };
        after = *last;
        for (item, row) in items {
            search::index(access.connection, T::KIND, row, &item.text(), Stored::Inserted)?;
        }
    }
}
