//! Counts of recalls by record: a small table for reports.
//!
//! A search adds to a map in RAM. About once a minute, and when the memory is closed, the map is
//! added to a file of the data directory. The table is lossy by design: a killed process loses the
//! counts since its last write, a full table loses the entries that were recalled least recently,
//! and a failed write is only logged. Each write drops records that are no longer stored. Forgotten
//! records are dropped immediately. The file has identities, counts and times, and no text.
//!
//! Recalls are counted for each reader, so that no user learns which shared records others recall.

mod counting;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aios_files::{Temporary, create, open_lock};
use aios_longterm::{Access, Longterm};
use aios_record::Identity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::task;

use crate::{Config, Error};

/// Name of the file.
const FILE: &str = "recalls.json";
/// Name of the lock file, held while the file is replaced.
const LOCK: &str = "recalls.lock";
/// Time between two writes.
const INTERVAL: Duration = Duration::from_secs(60);

/// The number of recalls of a record, and the time of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) recalls: u64,
    pub(crate) last_at: Timestamp,
}

/// Counts by reader and record, see [`key_of`].
pub(crate) type Counts = BTreeMap<String, Count>;

/// Ends the reader in a key. No owner contains it.
const READER_END: char = '\u{1e}';

/// Returns the key of the recalls of a record by a reader. The reader is the owner for whom the
/// handle acts; empty for the shared owner and the administrator.
fn key_of(reader: &str, record: &Identity) -> String {
    format!("{reader}{READER_END}{}", record.encode())
}

/// Returns the reader and the record of a key. `None` if it is damaged.
pub(crate) fn parts_of(key: &str) -> Option<(&str, Identity)> {
    let (reader, record) = key.split_once(READER_END)?;
    Some((reader, Identity::decode(record).ok()?))
}

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    /// The start of counting.
    pub(crate) since: Option<Timestamp>,
    /// True if entries were dropped because the table was full.
    pub(crate) is_cut: bool,
    pub(crate) counts: Counts,
}

impl Table {
    /// Adds counts. Keeps the `max` entries that were recalled last.
    fn add(&mut self, counts: Counts, now: Timestamp, max: usize) {
        self.since = Some(self.since.unwrap_or(now));
        for (key, count) in counts {
            let entry = self.counts.entry(key).or_insert(Count { recalls: 0, ..count });
            entry.recalls = entry.recalls.saturating_add(count.recalls);
            entry.last_at = entry.last_at.max(count.last_at);
        }
        if let Some(surplus) = self.counts.len().checked_sub(max).filter(|surplus| 0 < *surplus) {
            let mut ages: Vec<(Timestamp, String)> =
                self.counts.iter().map(|(key, count)| (count.last_at, key.clone())).collect();
            ages.sort_unstable();
            for (_, key) in ages.into_iter().take(surplus) {
                self.counts.remove(&key);
            }
            self.is_cut = true;
        }
    }
}

/// The counter of an open memory.
pub(crate) struct Recalls {
    /// The data directory.
    dir: PathBuf,
    is_counting: bool,
    entries_max: usize,
    waiting: Mutex<Waiting>,
}

/// Counts that are not in the file yet.
struct Waiting {
    counts: Counts,
    written: Instant,
}

impl Recalls {
    /// Returns the counter that the settings describe.
    pub(crate) fn new(config: &Config) -> Recalls {
        Recalls {
            dir: config.memory.data_dir.clone(),
            is_counting: config.report.recalls && config.memory.access == Access::ReadWrite,
            entries_max: config.report.recalls_max,
            waiting: Mutex::new(Waiting { counts: Counts::new(), written: Instant::now() }),
        }
    }

    /// Counts a recall of each of these records. Returns true if a write is due.
    fn count<'a>(&self, reader: &str, recalled: impl Iterator<Item = &'a Identity>) -> bool {
        let now = Timestamp::now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for identity in recalled {
            let is_full = self.entries_max <= waiting.counts.len();
            let key = key_of(reader, identity);
            match waiting.counts.get_mut(&key) {
                Some(count) => *count = Count { recalls: count.recalls + 1, last_at: now },
                None if is_full => {}
                None => drop(waiting.counts.insert(key, Count { recalls: 1, last_at: now })),
            }
        }
        let is_due = INTERVAL <= waiting.written.elapsed();
        if is_due {
            waiting.written = Instant::now();
        }
        is_due
    }

    /// Returns true if the settings enable counting.
    fn is_counting(&self) -> bool {
        self.is_counting
    }

    /// Returns the counts that are not in the file yet.
    fn waiting(&self) -> Counts {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).counts.clone()
    }

    fn take(&self) -> Counts {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.written = Instant::now();
        std::mem::take(&mut waiting.counts)
    }

    /// Adds the counts in RAM to the file, and drops records that are no longer stored.
    pub(crate) async fn write(&self, longterm: &Longterm) {
        let counts = self.take();
        if !counts.is_empty()
            && let Err(error) = write(&self.dir, counts, self.entries_max, longterm).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "failed to count recalls, which are lost");
        }
    }

    /// Removes records from the counts, and all counts of `reader`, even if the settings disable
    /// counting now.
    ///
    /// # Errors
    /// [`Error::Output`] if the file can neither be replaced nor removed.
    pub(crate) async fn forget(
        &self,
        forgotten: &[Identity],
        reader: Option<&str>,
    ) -> Result<(), Error> {
        let dir = self.dir.clone();
        let forgotten: BTreeSet<Identity> = forgotten.iter().cloned().collect();
        let reader = reader.map(str::to_owned);
        let stays = move |key: &String| {
            let parts = parts_of(key);
            parts.is_some_and(|(by, record)| {
                reader.as_deref() != Some(by) && !forgotten.contains(&record)
            })
        };
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.counts.retain(|key, _| stays(key));
        }
        let removing = task::spawn_blocking(move || {
            // A writer takes the lock before it looks the records up.
            if !dir.join(FILE).exists() && !dir.join(LOCK).exists() {
                return Ok(());
            }
            let _lock = lock(&dir)?;
            let path = dir.join(FILE);
            let content = match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                content => content.map_err(Error::output(&path))?,
            };
            let remove = || fs::remove_file(&path).map_err(Error::output(&path));
            let Ok(mut table) = serde_json::from_slice::<Table>(&content) else { return remove() };
            let before = table.counts.len();
            table.counts.retain(|key, _| stays(key));
            if table.counts.len() == before {
                return Ok(());
            }
            // A full disk must not prevent forgetting.
            replace(&dir, &table).or_else(|_| remove())
        });
        removing.await.map_err(|_| Error::Interrupted)?
    }
}

/// Adds counts to the file. The lock is held from before the records are looked up, so that a
/// record that is forgotten in the meantime is removed afterwards.
async fn write(dir: &Path, counts: Counts, max: usize, longterm: &Longterm) -> Result<(), Error> {
    let place = dir.to_owned();
    let reading = task::spawn_blocking(move || {
        let lock = lock(&place)?;
        Ok::<_, Error>((lock, read(&place)))
    });
    let (lock, mut table) = reading.await.map_err(|_| Error::Interrupted)??;
    table.add(counts, Timestamp::now(), max);
    table.counts.retain(|key, _| parts_of(key).is_some());
    let records: Vec<Identity> =
        table.counts.keys().filter_map(|key| Some(parts_of(key)?.1)).collect();
    let mut known = longterm.records().known(&records).await?.into_iter();
    table.counts.retain(|_, _| known.next().unwrap_or(false));
    let place = dir.to_owned();
    let writing = task::spawn_blocking(move || {
        let _lock = lock;
        replace(&place, &table)
    });
    writing.await.map_err(|_| Error::Interrupted)?
}

/// Waits for the lock, which is held for milliseconds.
fn lock(dir: &Path) -> Result<File, Error> {
    let file = open_lock(&dir.join(LOCK))?;
    file.lock().map_err(Error::output(&dir.join(LOCK)))?;
    Ok(file)
}

/// Reads the file. An absent or unreadable one counts as empty.
fn read(dir: &Path) -> Table {
    let read = fs::read(dir.join(FILE)).ok();
    read.and_then(|read| serde_json::from_slice(&read).ok()).unwrap_or_default()
}

/// Replaces the file by one rename. It is not synced, because its loss is harmless.
fn replace(dir: &Path, table: &Table) -> Result<(), Error> {
    let path = dir.join(FILE);
    let beside = Temporary::below(dir)?;
    let partial = beside.path().join(FILE);
    let written = || -> io::Result<()> {
        create(&partial)?.write_all(&serde_json::to_vec(table)?)?;
        fs::rename(&partial, &path)
    };
    written().map_err(Error::output(&path))
}
