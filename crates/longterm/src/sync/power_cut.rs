//! What a power cut leaves, simulated, and that all of it can be opened again.
//!
//! A [`Recorder`] stands in for the disk. It remembers which directories were synced with which
//! entries, and which files to which length. At a random sync, before that has any effect, it makes
//! an image of the data directory as a disk may look when the power goes at that moment:
//!
//! - an entry that its directory was not synced with since it came is there or not, and may still
//!   have the name from before it was renamed; one that went may be back;
//! - a file has all that it was synced with, and of the rest nothing, a part, zeros or all;
//! - SQLite syncs its files itself. With `Durability::Full` they are taken as they are, with
//!   `Durability::Normal` the log loses any part of its tail that was not checkpointed.
//!
//! The image is opened, and what it holds must be what a whole number of the calls made so far
//! left: with `Full` all that were acknowledged. The next round goes on from there.
//!
//! That the test can fail is a test too: the same without the syncs loses records.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env,
    ffi::OsString,
    fs,
    os::unix::fs::DirEntryExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use aios_embedding::StaticModel;
use aios_record::{Change, FeedItem, Id, Kind, Record, Scope};
use rusqlite::Connection;

use super::*;
use crate::{Applied, Config, Durability, FeedPage, Longterm, vectors::Vectors};

/// How often the power is cut unless `AIOS_CRASH_ROUNDS` says otherwise.
const ROUNDS: u64 = 6;
/// Calls of one round at most.
const CALLS: u64 = 40;
/// The syncs of one round among which the power is cut.
const SYNCS: u64 = 250;
/// As often a round begins with an empty directory.
const NEW_EVERY: u64 = 3;
/// The syncs of such a round among which the power is cut.
const SYNCS_NEW: u64 = 60;
/// Ids are so few that they are changed and removed often.
const IDS: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_power_cut() {
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    simulate(Durability::Full, Syncs::Done, rounds).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_normal_durability_only_the_newest_calls_are_lost() {
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    simulate(Durability::Normal, Syncs::Done, rounds).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_syncs_records_are_lost() {
    // A library whose files are cut off may be lost by a panic of its reader: a loss as well.
    let loss = tokio::spawn(simulate(Durability::Full, Syncs::Skipped, 50)).await;
    assert!(!matches!(loss, Ok(Ok(()))), "the simulation would not notice a missing sync");
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

async fn simulate(durability: Durability, syncs: Syncs, rounds: u64) -> Result<(), String> {
    let base = tempfile::tempdir().unwrap();
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = Random(seed);
    let mut dir = base.path().join("0");
    let mut calls = Calls::default();
    for round in 1..=rounds {
        if round % NEW_EVERY == 0 {
            dir = base.path().join(format!("{round}-new"));
            calls = Calls::default();
        }
        let image = base.path().join(round.to_string());
        let recorder = Recorder::new(&dir, &image, syncs, durability, &calls, &mut random);
        let cut = use_until_cut(&recorder, &dir, durability, &mut random)
            .await
            .map_err(|error| format!("seed {seed}, round {round}: before the cut: {error}"))?;
        fs::remove_dir_all(&dir).unwrap();
        calls = check(&image, &cut, durability)
            .await
            .map_err(|error| format!("seed {seed}, round {round}: after the cut: {error}"))?;
        dir = image;
    }
    Ok(())
}

/// Stores, changes and removes until the power is cut.
async fn use_until_cut(
    recorder: &Arc<Recorder>,
    dir: &Path,
    durability: Durability,
    random: &mut Random,
) -> Result<Cut, crate::Error> {
    let longterm = open(recorder.clone(), dir, durability).await?;
    for _ in 0..CALLS {
        if recorder.has_cut() {
            break;
        }
        let changes: Vec<(String, Option<String>)> = (0..1 + random.below(4))
            .map(|_| {
                let text = format!("what is said this time is number{}", random.below(1 << 40));
                (random.below(IDS).to_string(), (0 < random.below(4)).then_some(text))
            })
            .collect();
        recorder.begin(&changes);
        let after = longterm.watermark().await?;
        let through = after + changes.len() as u64;
        let items = (after + 1..).zip(changes).map(|(seq, (id, text))| {
            let id = Id::new(id).unwrap();
            let change = match text {
                Some(text) => {
                    Change::Upsert(Box::new(Record::new(Kind::Note, id, text, Scope::default())))
                }
                None => Change::Delete { kind: Kind::Note, id },
            };
            FeedItem { seq, change }
        });
        let page = FeedPage { after, through, changes: items.collect() };
        assert_eq!(longterm.apply_feed(page).await?, Applied::Yes { refused: Vec::new() });
        recorder.acknowledge();
        if random.below(4) == 0 {
            longterm.drain().await?;
        }
    }
    if !recorder.has_cut() {
        recorder.cut();
    }
    longterm.close().await?;
    Ok(recorder.take())
}

/// Opens what the cut left and returns what it holds.
async fn check(image: &Path, cut: &Cut, durability: Durability) -> Result<Calls, String> {
    let said = |error: crate::Error| format!("{error:?}");
    let longterm = open(Arc::new(System), image, durability).await.map_err(said)?;
    let ids = cut.calls.0.iter().flatten().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>();
    for moved in [false, true] {
        let mut held = BTreeMap::new();
        for id in &ids {
            let id = Id::new(id.clone()).unwrap();
            if let Some(record) = longterm.record(Kind::Note, &id).await.map_err(said)? {
                held.insert(id.to_string(), record.text);
            }
        }
        let least = match durability {
            Durability::Full => cut.acknowledged,
            _ => 0,
        };
        let fits = |count: &usize| cut.calls.state_after(*count) == held;
        if !(least..=cut.calls.0.len()).any(|count| fits(&count)) {
            let expect = cut.calls.state_after(cut.acknowledged);
            return Err(format!("moved {moved}: expected {expect:?}, found {held:?}"));
        }
        longterm.drain().await.map_err(said)?;
        let report = longterm.verify().await.map_err(said)?;
        if !report.is_clean() || report.checked != held.len() as u64 {
            return Err(format!("{} are held, but {report:?}", held.len()));
        }
        if moved {
            longterm.close().await.map_err(said)?;
            return Ok(Calls::holding(held));
        }
    }
    unreachable!("the loop ends with the second look")
}

async fn open(
    disk: Arc<dyn Disk>,
    dir: &Path,
    durability: Durability,
) -> Result<Longterm, crate::Error> {
    let config = Config {
        durability,
        drain_rows_max: 5,
        drain_delay: Duration::ZERO,
        compact_after_batches: 3,
        index_after_rows: 8,
        prune_after: Duration::ZERO,
        ..Config::default()
    };
    Longterm::open_on(disk, dir, config, Vectors::Model(StaticModel::bundled().unwrap())).await
}

/// Calls in order, each with all that it changes: ids, and their text or none where they are
/// removed.
#[derive(Debug, Clone, Default)]
struct Calls(Vec<Vec<(String, Option<String>)>>);

impl Calls {
    fn holding(held: BTreeMap<String, String>) -> Calls {
        Calls(vec![held.into_iter().map(|(id, text)| (id, Some(text))).collect()])
    }

    /// What there is when so many calls were made.
    fn state_after(&self, count: usize) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for (id, text) in self.0[..count].iter().flatten() {
            match text {
                Some(text) => state.insert(id.clone(), text.clone()),
                None => state.remove(id),
            };
        }
        state
    }
}

/// Xorshift (Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Whether a sync does what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syncs {
    Done,
    Skipped,
}

/// A disk that knows what it would still have after a power cut.
struct Recorder {
    root: PathBuf,
    image: PathBuf,
    syncs: Syncs,
    durability: Durability,
    state: Mutex<State>,
}

struct State {
    random: Random,
    /// The entries that each directory was synced with.
    directories: BTreeMap<PathBuf, Entries>,
    /// The length that each file was synced with, and another name for it, so that it outlives
    /// its removal.
    files: HashMap<u64, u64>,
    syncs_left: u64,
    calls: Calls,
    acknowledged: usize,
    cut: Option<Cut>,
}

/// What was called when the power was cut, and how much of it was acknowledged.
#[derive(Debug, Clone)]
struct Cut {
    calls: Calls,
    acknowledged: usize,
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
        if self.syncs == Syncs::Done {
            self.file_is_safe(&mut state, path)?;
        }
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.before_sync();
        if self.syncs == Syncs::Done {
            self.directory_is_safe(&mut state, path)?;
        }
        Ok(())
    }
}

impl Recorder {
    /// A disk on which all that is below `root` is safe, and which makes an image of it at
    /// `image` at one of the next syncs.
    fn new(
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
            syncs_left: random.below(if calls.0.is_empty() { SYNCS_NEW } else { SYNCS }),
            calls: calls.clone(),
            acknowledged: calls.0.len(),
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

    fn begin(&self, changes: &[(String, Option<String>)]) {
        self.state.lock().unwrap().calls.0.push(changes.to_vec());
    }

    fn acknowledge(&self) {
        let mut state = self.state.lock().unwrap();
        state.acknowledged = state.calls.0.len();
    }

    fn has_cut(&self) -> bool {
        self.state.lock().unwrap().cut.is_some()
    }

    fn cut(&self) {
        self.make_image(&mut self.state.lock().unwrap());
    }

    fn take(&self) -> Cut {
        fs::remove_dir_all(self.vault()).unwrap();
        self.state.lock().unwrap().cut.clone().expect("the power was cut")
    }

    fn vault(&self) -> PathBuf {
        self.image.with_extension("vault")
    }

    fn before_sync(&self) -> std::sync::MutexGuard<'_, State> {
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
        state.files.insert(metadata.ino(), metadata.len());
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
        state.directories.insert(path.to_owned(), entries);
        Ok(())
    }

    /// Gives a file another name, under which it outlives its removal. SQLite counts the names of
    /// its own.
    fn keep(&self, path: &Path, inode: u64) {
        let other = self.vault().join(inode.to_string());
        if !is_sqlite(path) && !other.exists() {
            // A temporary file may be gone already; then it is not kept.
            let _ = fs::hard_link(path, other);
        }
    }

    fn make_image(&self, state: &mut State) {
        fs::create_dir_all(&self.image).unwrap();
        copy_sqlite(&self.root, &self.image, self.durability, &mut state.random);
        self.image_of(state, &self.root, &self.image);
        state.cut = Some(Cut { calls: state.calls.clone(), acknowledged: state.acknowledged });
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
            let chosen = if now == safe || state.random.below(2) == 0 { safe } else { now };
            match chosen {
                Some(entry) if entry.is_dir => {
                    fs::create_dir_all(to.join(name)).unwrap();
                    self.image_of(state, &path, &to.join(name));
                }
                Some(entry) => fs::write(to.join(name), self.content(state, &path, entry)).unwrap(),
                None => {
                    if let Some(entry) = now.filter(|entry| !entry.is_dir)
                        && state.random.below(3) == 0
                    {
                        // Object stores on files write under a name with a number behind it.
                        let mut staged = name.clone();
                        staged.push("#1");
                        let content = self.content(state, &path, entry);
                        fs::write(to.join(staged), content).unwrap();
                    }
                }
            }
        }
    }

    fn content(&self, state: &mut State, path: &Path, entry: Entry) -> Vec<u8> {
        let is_there = fs::metadata(path).is_ok_and(|metadata| metadata.ino() == entry.inode);
        let kept = self.vault().join(entry.inode.to_string());
        let mut bytes = fs::read(if is_there { path } else { &kept }).unwrap();
        let safe = *state.files.get(&entry.inode).unwrap_or(&0);
        let lost = (bytes.len() as u64).saturating_sub(safe);
        if 0 < lost {
            let at = usize::try_from(safe + state.random.below(lost)).unwrap();
            match state.random.below(4) {
                0 => bytes.truncate(usize::try_from(safe).unwrap()),
                1 => bytes.truncate(at),
                2 => bytes[at..].fill(0),
                _ => {}
            }
        }
        bytes
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
    // A reader keeps the log from being begun anew while the files are copied. A checkpoint may go
    // on meanwhile; what it writes to the file is in the log.
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

/// A place in the log after what was checkpointed; see "WAL-Index File Format" in SQLite's
/// documentation.
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
