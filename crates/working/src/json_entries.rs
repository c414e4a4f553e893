//! Entries in a file that a person can read: a JSON list, oldest first.
//!
//! Each change acquires the lock, reads the file and replaces it (write, fsync, rename, fsync of
//! the directory), so any number of processes can share it and a crash leaves the old file or the
//! new one. A file that cannot be parsed is never overwritten.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_record::{Id, Kind, Timestamp};

use crate::{
    Config, Entry, EntryFilter, EntryStore, EntryUpdate, Error, WorkingView,
    access::identity,
    row::{Fields, Row, check_meta},
    visible::Visible,
};

/// Entries in a JSON file.
#[derive(Debug, Clone)]
pub struct JsonEntries {
    path: Arc<PathBuf>,
    config: Arc<Config>,
    visible: Arc<Visible>,
}

impl JsonEntries {
    pub(crate) fn new(path: PathBuf, view: &WorkingView) -> JsonEntries {
        let (config, visible) = (Arc::clone(&view.config), Arc::clone(&view.visible));
        JsonEntries { path: Arc::new(path), config, visible }
    }

    /// Runs `change` on all entries with the lock held; saves them if it returns true.
    async fn change<T, F>(&self, change: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&JsonEntries, &mut Vec<Entry>) -> Result<(T, bool), Error> + Send + 'static,
    {
        let this = self.clone();
        let work = move || {
            let _lock = lock(&this.path)?;
            let mut entries = load(&this.path)?;
            let (value, changed) = change(&this, &mut entries)?;
            if changed {
                save(&this.path, &entries)?;
            }
            Ok(value)
        };
        blocking(work).await
    }

    fn sees(&self, entry: &Entry, now: Timestamp) -> bool {
        let alive = entry.meta.expires_at.is_none_or(|end| now < end);
        alive && self.visible.gate().sees(&entry.meta.scope)
    }

    fn may_change(&self, entry: &Entry) -> bool {
        self.visible.gate().may_change(&entry.meta.scope)
    }

    /// Returns the index of the entry that a bare id resolves to.
    fn find(&self, entries: &[Entry], id: &str) -> Result<Option<usize>, Error> {
        let now = self.config.clock.now();
        let places = entries.iter().enumerate();
        let seen = places.filter(|(_, entry)| entry.id.as_str() == id && self.sees(entry, now));
        let found = seen.map(|(place, _)| place).collect();
        let owner = |place: &usize| entries[*place].meta.scope.owner();
        self.visible.meant(Kind::Entry, id, found, owner)
    }

    /// Fills in times and checks every field.
    fn prepare(&self, entry: &mut Entry) -> Result<(), Error> {
        let now = self.config.clock.now();
        entry.meta.created_at.get_or_insert(now);
        entry.meta.recorded_at.get_or_insert(now);
        entry.meta.updated_at = Some(now);
        entry.settle(now);
        check_meta(&entry.meta, self.config.text_bytes_max)?;
        entry.check(self.config.text_bytes_max)
    }
}

impl EntryStore for JsonEntries {
    async fn add(&self, entry: Entry) -> Result<Entry, Error> {
        self.change(move |this, entries| {
            let mut entry = entry;
            entry.meta.recorded_at = None;
            this.visible.gate().fill(&mut entry.meta.scope)?;
            this.prepare(&mut entry)?;
            if entries.iter().any(|other| identity(other) == identity(&entry)) {
                return Err(Error::Conflict { kind: Kind::Entry, id: entry.id });
            }
            entries.push(entry.clone());
            Ok((entry, true))
        })
        .await
    }

    async fn put(&self, entry: Entry) -> Result<Entry, Error> {
        self.change(move |this, entries| {
            let now = this.config.clock.now();
            let mut entry = entry;
            this.visible.gate().fill(&mut entry.meta.scope)?;
            let same = |other: &&mut Entry| {
                this.sees(other, now)
                    && other.meta.scope.user == entry.meta.scope.user
                    && (&other.category, &other.key) == (&entry.category, &entry.key)
                    && (&other.entity_type, &other.entity_id)
                        == (&entry.entity_type, &entry.entity_id)
            };
            if let Some(existing) = entries.iter_mut().rev().find(same) {
                let (created_at, recorded_at) =
                    (existing.meta.created_at, existing.meta.recorded_at);
                let mut entry = existing.clone().replaced_by(entry);
                entry.meta.created_at = created_at;
                entry.meta.recorded_at = recorded_at;
                this.prepare(&mut entry)?;
                existing.clone_from(&entry);
                return Ok((entry, true));
            }
            this.prepare(&mut entry)?;
            entries.push(entry.clone());
            Ok((entry, true))
        })
        .await
    }

    async fn get(&self, id: &Id) -> Result<Option<Entry>, Error> {
        let (this, id) = (self.clone(), id.clone());
        blocking(move || {
            let mut entries = load(&this.path)?;
            let found = this.find(&entries, id.as_str())?;
            Ok(found.map(|place| entries.swap_remove(place)))
        })
        .await
    }

    async fn update(&self, id: &Id, update: EntryUpdate) -> Result<bool, Error> {
        let id = id.clone();
        self.change(move |this, entries| {
            let Some(place) = this.find(entries, id.as_str())? else { return Ok((false, false)) };
            this.visible.check_change(&identity(&entries[place]))?;
            let mut updated = entries[place].clone().updated(update);
            this.prepare(&mut updated)?;
            entries[place] = updated;
            Ok((true, true))
        })
        .await
    }

    async fn remove(&self, id: &Id) -> Result<bool, Error> {
        let id = id.clone();
        self.change(move |this, entries| {
            let Some(place) = this.find(entries, id.as_str())? else { return Ok((false, false)) };
            this.visible.check_change(&identity(&entries[place]))?;
            entries.remove(place);
            Ok((true, true))
        })
        .await
    }

    async fn list(&self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        let this = self.clone();
        blocking(move || {
            let now = this.config.clock.now();
            let mut found = load(&this.path)?;
            found.retain(|entry| this.sees(entry, now) && lets_through(&filter, entry));
            // Newest first; for equal times, the one stored last.
            found.reverse();
            found.sort_by_key(|entry| std::cmp::Reverse(entry.timestamp));
            found.truncate(filter.limit.unwrap_or(usize::MAX));
            Ok(found)
        })
        .await
    }

    async fn clear(&self) -> Result<u64, Error> {
        self.change(|this, entries| {
            let (now, before) = (this.config.clock.now(), entries.len());
            entries.retain(|entry| !this.sees(entry, now) || !this.may_change(entry));
            let cleared = before - entries.len();
            Ok((cleared as u64, 0 < cleared))
        })
        .await
    }
}

fn lets_through(filter: &EntryFilter, entry: &Entry) -> bool {
    let same =
        |wanted: &Option<String>, has: Option<&String>| wanted.is_none() || wanted.as_ref() == has;
    same(&filter.category, Some(&entry.category))
        && same(&filter.key, Some(&entry.key))
        && same(&filter.entity_type, entry.entity_type.as_ref())
        && same(&filter.entity_id, entry.entity_id.as_ref())
        && (filter.tags.is_empty() || filter.tags.iter().any(|tag| entry.tags.contains(tag)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(aios_ledger::Error::Closed.into()))
}

/// Locks the entries for a change; dropping the returned file releases the lock.
fn lock(path: &Path) -> Result<File, Error> {
    let file = aios_files::open_lock(&suffixed(path, ".lock"))
        .and_then(|file| aios_files::secure_file(path).map(|_| file))
        .map_err(aios_ledger::Error::from)?;
    file.lock().map_err(failed("lock", path))?;
    Ok(file)
}

fn load(path: &Path) -> Result<Vec<Entry>, Error> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| Error::DamagedFile {
            path: path.to_owned(),
            source: Box::new(source),
        }),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(failed("read", path)(source)),
    }
}

fn save(path: &Path, entries: &[Entry]) -> Result<(), Error> {
    let saved = || -> io::Result<()> {
        let partial = suffixed(path, ".partial");
        // Under the lock, this file can only be left over from a killed process.
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = aios_files::create(&partial)?;
        serde_json::to_writer_pretty(&mut file, entries)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    saved().map_err(failed("write", path))
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

/// Returns a constructor of [`Error::Io`].
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}
