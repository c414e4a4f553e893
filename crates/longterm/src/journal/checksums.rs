//! Checksums of the library's files, stored in the transaction that marks the files as synced.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use super::{
    handle::Journal,
    meta::{meta_number, number, set_meta, sql_integer},
};
use crate::{
    Error,
    sync::checksums::{Checksum, Checksums, Known, Taken},
};

impl Journal {
    /// Returns the checksums of the library's files.
    pub(crate) async fn checksums(&self) -> Result<Known, Error> {
        self.ledger
            .read(|db| {
                let mut read =
                    db.prepare_cached("SELECT path, bytes, checksum FROM index_checksums")?;
                let mut rows = read.query([])?;
                let mut checksums = Checksums::new();
                while let Some(row) = rows.next()? {
                    let bytes = number(row.get(1)?);
                    // A hash of another length matches no file.
                    let hash = row.get::<_, Vec<u8>>(2)?.try_into().unwrap_or_default();
                    checksums.insert(row.get(0)?, Checksum { bytes, hash });
                }
                let compared_until = match meta_number(db, "files_compared_until")? {
                    0 => None,
                    micros => Some(UNIX_EPOCH + Duration::from_micros(micros)),
                };
                Ok(Known { checksums, compared_until })
            })
            .await
    }

    /// Records that every file of the library was compared at the time `until`.
    pub(crate) async fn set_compared(&self, until: SystemTime) -> Result<(), Error> {
        let micros = until.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let micros = sql_integer(u64::try_from(micros).unwrap_or(0));
        self.ledger.write(move |db| set_meta(db, "files_compared_until", micros)).await
    }
}

/// Deletes the checksums of all tables except `table`.
pub(super) fn forget_other_tables(db: &Connection, table: &str) -> Result<(), Error> {
    let sql = "DELETE FROM index_checksums WHERE substr(path, 1, length(?1) + 1) <> ?1 || '/'";
    db.prepare_cached(sql)?.execute([table])?;
    Ok(())
}

pub(super) fn keep_checksums(db: &Connection, taken: &Taken) -> Result<(), Error> {
    let mut forget = db.prepare_cached("DELETE FROM index_checksums WHERE path = ?1")?;
    for path in &taken.gone {
        forget.execute([path])?;
    }
    let mut keep = db.prepare_cached(
        "INSERT OR REPLACE INTO index_checksums (path, bytes, checksum) VALUES (?1, ?2, ?3)",
    )?;
    for (path, checksum) in &taken.new {
        keep.execute(params![path, sql_integer(checksum.bytes), checksum.hash])?;
    }
    Ok(())
}
