//! Numbers of records and bytes in long-term memory.

use std::{collections::BTreeMap, fs, path::Path};

use tokio::task;

use crate::{Error, Longterm, sync::unless_gone};

/// Numbers of records and bytes in long-term memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Number of acknowledged records, waiting ones included.
    pub records: u64,
    /// Number of changes that wait in the journal.
    pub pending: u64,
    /// Number of changes that could not be stored, see [`Feed::refused`](crate::Feed::refused).
    pub refused: u64,
    /// Number of records of each collection, waiting ones included.
    pub collections: BTreeMap<&'static str, u64>,
    /// Bytes of `journal.db` and the library on disk.
    pub disk_bytes: u64,
}

impl Longterm {
    /// Returns the numbers of records and bytes.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Io`] if the directory cannot be read.
    pub async fn stats(&self) -> Result<Stats, Error> {
        let collections = self.records().counts().await?;
        let places = self.parts.places.clone();
        let disk_bytes = task::spawn_blocking(move || {
            bytes_below(&places.library).map_err(Error::io("list", &places.library)).map(|bytes| {
                let journal = ["", "-wal"].iter().map(|end| {
                    let mut path = places.journal.clone().into_os_string();
                    path.push(end);
                    fs::metadata(path).map_or(0, |metadata| metadata.len())
                });
                bytes + journal.sum::<u64>()
            })
        });
        Ok(Stats {
            records: collections.values().sum(),
            pending: self.parts.journal.pending_count().await?,
            refused: self.parts.journal.refused_count().await?,
            collections,
            disk_bytes: disk_bytes.await.map_err(|_| Error::Closed)??,
        })
    }
}

fn bytes_below(dir: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    let Some(entries) = unless_gone(fs::read_dir(dir))? else { return Ok(0) };
    for entry in entries {
        let entry = entry?;
        let Some(metadata) = unless_gone(entry.metadata())? else { continue };
        bytes += if metadata.is_dir() { bytes_below(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
