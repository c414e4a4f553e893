//! The disk of the simulation. It records the synced data, and makes the image of a moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirEntryExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use rusqlite::Connection;

use super::{
    calls::{Call, Calls},
    random::Random,
};
use crate::{Durability, sync::Disk};

/// Number of syncs of a round within which the power is cut.
const SYNCS: u64 = 250;
/// The same for a round that begins with an empty directory.
const SYNCS_NEW: u64 = 60;

/// Message of the sync that fails.
const FAILED: &str = "the disk did not take it";

/// Effect of syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syncs {
    Done,
    Skipped,
    /// A sync of a directory does not remove names: all removed names are back.
    OfWhatCame,
    /// One sync fails, and the system reports that once: the content of the file at that time never
    /// reaches the disk, even if later syncs succeed. Everything that was not synced is lost.
    Failing,
}

/// A disk that records what would remain after a power cut.
pub(super) struct Recorder {
    root: PathBuf,
    image: PathBuf,
    syncs: Syncs,
    durability: Durability,
    state: Mutex<State>,
}

struct State {
    random: Random,
    /// The entries with which each directory was synced.
    directories: BTreeMap<PathBuf, Entries>,
    /// The length with which each file was synced, by inode. A second name in the vault keeps a
    /// removed file.
    files: HashMap<u64, u64>,
    /// Number of syncs before one fails.
    until_failure: Option<u64>,
    has_failed: bool,
    /// The file whose sync failed.
    unsafe_file: Option<u64>,
    syncs_left: u64,
    calls: Calls,
    acknowledged: usize,
    purges_end: usize,
    cut: Option<Cut>,
}

/// The calls made before the power was cut, and their progress.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub(super) calls: Calls,
    /// Number of acknowledged calls.
    pub(super) acknowledged: usize,
    /// Number of calls made when the last purge was done.
    pub(super) purges_end: usize,
}

type Entries = BTreeMap<OsString, Entry>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    inode: u64,
    is_dir: bool,
}

impl Disk for Recorder {
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.before_sync();
        if state.fails() {
            let inode = fs::metadata(path)?.ino();
            state.unsafe_file = Some(inode);
            self.keep(path, inode);
            return Err(io::Error::other(FAILED));
        }
        if self.syncs != Syncs::Skipped {
            self.file_is_safe(&mut state, path)?;
        }
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.before_sync();
        if state.fails() {
            return Err(io::Error::other(FAILED));
        }
        if self.syncs != Syncs::Skipped {
            self.directory_is_safe(&mut state, path)?;
        }
        Ok(())
    }
}

impl State {
    fn fails(&mut self) -> bool {
        let left = self.until_failure;
        self.until_failure = left.and_then(|left| left.checked_sub(1));
        self.has_failed |= left == Some(0);
        left == Some(0)
    }
}

impl Recorder {
    /// Creates a disk on which everything below `root` is synced, and which makes an image of it at
    /// `image` at one of the next syncs.
    pub(super) fn new(
        root: &Path,
        image: &Path,
        syncs: Syncs,
        durability: Durability,
        calls: &Calls,
        random: &mut Random,
    ) -> Arc<Recorder> {
        let state = State {
            random: Random(1 + random.below(u64::MAX)),
            directories: BTreeMap::new(),
            files: HashMap::new(),
            until_failure: None,
            has_failed: false,
            unsafe_file: None,
            syncs_left: random.below(if calls.made.is_empty() { SYNCS_NEW } else { SYNCS }),
            calls: calls.clone(),
            acknowledged: calls.made.len(),
            purges_end: 0,
            cut: None,
        };
        let recorder = Recorder {
            root: root.to_owned(),
            image: image.to_owned(),
            syncs,
            durability,
            state: Mutex::new(state),
        };
        fs::create_dir_all(root).unwrap();
        fs::create_dir_all(recorder.vault()).unwrap();
        recorder.all_is_safe(&mut recorder.state.lock().unwrap(), root);
        Arc::new(recorder)
    }

    pub(super) fn begin(&self, call: Call) {
        self.state.lock().unwrap().calls.made.push(call);
    }

    pub(super) fn acknowledge(&self) {
        let mut state = self.state.lock().unwrap();
        state.acknowledged = state.calls.made.len();
    }

    /// Returns the ids that exist after all calls.
    pub(super) fn ids_held(&self) -> Vec<String> {
        let calls = &self.state.lock().unwrap().calls;
        calls.state_after(calls.made.len()).into_keys().collect()
    }

    /// Records that the last call was a purge and is done.
    pub(super) fn purged(&self) {
        let mut state = self.state.lock().unwrap();
        state.purges_end = state.calls.made.len();
        let gone = state.calls.of_the_last();
        state.calls.purged.extend(gone);
    }

    /// Cuts the power at one of the next `syncs`, or earlier if that is set.
    pub(super) fn cut_within(&self, syncs: u64) {
        let mut state = self.state.lock().unwrap();
        let soon = state.random.below(syncs);
        state.syncs_left = state.syncs_left.min(soon);
    }

    /// Cuts the power after this many `syncs`.
    pub(super) fn cut_after(&self, syncs: u64) {
        self.state.lock().unwrap().syncs_left = syncs;
    }

    /// Cuts the power only in [`cut`](Recorder::cut).
    pub(super) fn cut_at_the_end(&self) {
        self.state.lock().unwrap().syncs_left = u64::MAX;
    }

    /// Makes one sync fail after this many `syncs`.
    pub(super) fn fail_after(&self, syncs: u64) {
        self.state.lock().unwrap().until_failure = Some(syncs);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.state.lock().unwrap().has_failed
    }

    pub(super) fn has_cut(&self) -> bool {
        self.state.lock().unwrap().cut.is_some()
    }

    pub(super) fn cut(&self) {
        self.make_image(&mut self.state.lock().unwrap());
    }

    pub(super) fn take(&self) -> Cut {
        fs::remove_dir_all(self.vault()).unwrap();
        self.state.lock().unwrap().cut.clone().expect("the power was cut")
    }

    /// Returns `true` if everything that was not synced is lost. Chance decides otherwise.
    fn loses_all(&self) -> bool {
        matches!(self.syncs, Syncs::OfWhatCame | Syncs::Failing)
    }

    fn vault(&self) -> PathBuf {
        self.image.with_extension("vault")
    }

    fn before_sync(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        if state.cut.is_none() {
            match state.syncs_left.checked_sub(1) {
                Some(left) => state.syncs_left = left,
                None => self.make_image(&mut state),
            }
        }
        state
    }

    fn all_is_safe(&self, state: &mut State, dir: &Path) {
        for (name, entry) in entries(dir) {
            let path = dir.join(name);
            if entry.is_dir {
                self.all_is_safe(state, &path);
            } else {
                self.file_is_safe(state, &path).unwrap();
            }
        }
        self.directory_is_safe(state, dir).unwrap();
    }

    fn file_is_safe(&self, state: &mut State, path: &Path) -> io::Result<()> {
        let metadata = fs::metadata(path)?;
        if state.unsafe_file != Some(metadata.ino()) {
            state.files.insert(metadata.ino(), metadata.len());
        }
        self.keep(path, metadata.ino());
        Ok(())
    }

    fn directory_is_safe(&self, state: &mut State, path: &Path) -> io::Result<()> {
        fs::metadata(path)?;
        let entries = entries(path);
        for (name, entry) in &entries {
            if !entry.is_dir {
                self.keep(&path.join(name), entry.inode);
            }
        }
        let mut safe = entries;
        if self.syncs == Syncs::OfWhatCame {
            for (name, entry) in state.directories.remove(path).unwrap_or_default() {
                safe.entry(name).or_insert(entry);
            }
        }
        state.directories.insert(path.to_owned(), safe);
        Ok(())
    }

    /// Gives a file a second name, under which it outlives its removal. SQLite's files are left
    /// out, since SQLite counts their names.
    fn keep(&self, path: &Path, inode: u64) {
        let other = self.vault().join(inode.to_string());
        if !is_sqlite(path) && !other.exists() {
            // A temporary file may already be gone. In that case it is not kept.
            let _ = fs::hard_link(path, other);
        }
    }

    fn make_image(&self, state: &mut State) {
        fs::create_dir_all(&self.image).unwrap();
        copy_sqlite(&self.root, &self.image, self.durability, &mut state.random);
        self.image_of(state, &self.root, &self.image);
        let State { calls, acknowledged, purges_end, .. } = &*state;
        let (acknowledged, purges_end) = (*acknowledged, *purges_end);
        state.cut = Some(Cut { calls: calls.clone(), acknowledged, purges_end });
    }

    fn image_of(&self, state: &mut State, dir: &Path, to: &Path) {
        let now = entries(dir);
        let safe = state.directories.get(dir).cloned().unwrap_or_default();
        let names: BTreeSet<&OsString> = now.keys().chain(safe.keys()).collect();
        for name in names {
            let path = dir.join(name);
            if is_sqlite(&path) {
                continue;
            }
            let (now, safe) = (now.get(name).copied(), safe.get(name).copied());
            let is_undone = now == safe || self.loses_all() || state.random.below(2) == 0;
            let chosen = if is_undone { safe } else { now };
            match chosen {
                Some(entry) if entry.is_dir => {
                    fs::create_dir_all(to.join(name)).unwrap();
                    self.image_of(state, &path, &to.join(name));
                }
                Some(entry) => self.write(state, &path, entry, &to.join(name)),
                None => {
                    if let Some(entry) = now.filter(|entry| !entry.is_dir)
                        && state.random.below(3) == 0
                    {
                        // An object store on files writes under a name with a number behind it.
                        let mut staged = name.clone();
                        staged.push("#1");
                        self.write(state, &path, entry, &to.join(staged));
                    }
                }
            }
        }
    }

    /// Writes what remains of a file. Other threads continue, so a file without synced content may
    /// be gone.
    fn write(&self, state: &mut State, path: &Path, entry: Entry, to: &Path) {
        match self.content(state, path, entry) {
            Ok(content) => fs::write(to, content).unwrap(),
            Err(error) => assert!(!state.files.contains_key(&entry.inode), "{path:?}: {error}"),
        }
    }

    fn content(&self, state: &mut State, path: &Path, entry: Entry) -> io::Result<Vec<u8>> {
        let is_there = fs::metadata(path).is_ok_and(|metadata| metadata.ino() == entry.inode);
        let kept = self.vault().join(entry.inode.to_string());
        let mut bytes = fs::read(if is_there { path } else { &kept })?;
        let safe = *state.files.get(&entry.inode).unwrap_or(&0);
        let lost = (bytes.len() as u64).saturating_sub(safe);
        if 0 < lost {
            let at = usize::try_from(safe + state.random.below(lost)).unwrap();
            match state.random.below(4) {
                _ if self.loses_all() => bytes.truncate(usize::try_from(safe).unwrap()),
                0 => bytes.truncate(usize::try_from(safe).unwrap()),
                1 => bytes.truncate(at),
                2 => bytes[at..].fill(0),
                _ => {}
            }
        }
        Ok(bytes)
    }
}

fn entries(dir: &Path) -> Entries {
    let Ok(listed) = fs::read_dir(dir) else { return Entries::new() };
    let entry = |entry: fs::DirEntry| {
        let is_dir = entry.file_type().ok()?.is_dir();
        Some((entry.file_name(), Entry { inode: entry.ino(), is_dir }))
    };
    listed.filter_map(|listed| entry(listed.ok()?)).collect()
}

const SQLITE_FILE: &str = "journal.db";

fn is_sqlite(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SQLITE_FILE))
}

/// Copies the journal while it is in use.
fn copy_sqlite(root: &Path, to: &Path, durability: Durability, random: &mut Random) {
    let path = root.join(SQLITE_FILE);
    if !path.exists() {
        return;
    }
    // A reader keeps the write-ahead log from being restarted while the files are copied. A
    // checkpoint may run at the same time; its writes to the file are also in the log.
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();
    fs::copy(&path, to.join(SQLITE_FILE)).unwrap();
    let beside = |end: &str| format!("{SQLITE_FILE}{end}");
    let index = fs::read(root.join(beside("-shm"))).unwrap_or_default();
    let Ok(mut log) = fs::read(root.join(beside("-wal"))) else { return };
    if durability == Durability::Normal && !log.is_empty() {
        let kept = random_end_of_log(&index, random);
        log.truncate(log.len().min(kept));
    }
    fs::write(to.join(beside("-wal")), log).unwrap();
}

/// Returns a random position in the write-ahead log after the last checkpoint; see "WAL-Index File
/// Format" in SQLite's documentation.
fn random_end_of_log(index: &[u8], random: &mut Random) -> usize {
    const LOG_HEADER: u64 = 32;
    const FRAME: u64 = 24 + 4096;
    let number = |at: usize| {
        let bytes = index.get(at..at + 4).map_or([0; 4], |bytes| bytes.try_into().unwrap());
        u64::from(u32::from_ne_bytes(bytes))
    };
    let (frames, checkpointed) = (number(16), number(96));
    let lost = frames.saturating_sub(checkpointed) * FRAME;
    usize::try_from(LOG_HEADER + checkpointed * FRAME + random.below(lost + 1)).unwrap()
}
