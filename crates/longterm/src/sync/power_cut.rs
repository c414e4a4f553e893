//! Simulated power cuts, and checks that the remaining files can be opened.
//!
//! A [`Recorder`] stands in for the disk. It remembers which directories were synced with which
//! entries, and which files to which length. At a random sync, before that has any effect, it makes
//! an image of the data directory as a disk may look if the power fails at that moment:
//!
//! - an entry that was created since the last sync of its directory exists or not, and may still
//!   have the name from before a rename; a removed entry may be back;
//! - a file has everything that it was synced with; the rest is missing, partial, zeros or
//!   complete;
//! - SQLite syncs its files itself. With `Durability::Full` they are copied as they are; with
//!   `Durability::Normal` the write-ahead log loses any part of its tail after the last checkpoint.
//!
//! The image is opened. Its content must be that after a whole number of the calls made so far;
//! with `Full`, of at least the acknowledged ones. Data whose purge was done must be in no byte of
//! the image. A purge that had begun is either finished by the process that opens the image, or
//! unknown to it. A reindex changes none of this, wherever it stops. The next round continues with
//! the image.
//!
//! Vectors are computed in the background. Whenever the power fails, words find each record at
//! once, and after a drain each record has its vector.
//!
//! Any single sync may also fail. Everything acknowledged must then survive a later power cut as
//! well.
//!
//! Counter-tests show that the simulation can fail: without syncs records are lost, and without
//! syncs of removed names purged texts are back.

mod calls;
mod former;
mod random;
mod recorder;

use std::{
    collections::{BTreeMap, HashSet},
    env, fs,
    path::Path,
    sync::Arc,
    time::Duration,
};

use aios_embedding::{Embedder, Fingerprint, StaticModel};
use aios_record::{Change, FeedItem, Id, Identity, Key, Kind, Owner, Record, Scope};

use self::{
    calls::{Call, Calls, MARK},
    random::Random,
    recorder::{Cut, Recorder, Syncs},
};
use super::{Disk, System};
use crate::{Applied, Config, Durability, FeedPage, Longterm, SearchOptions, intake::Vectors};

/// Number of power cuts. Default for `AIOS_CRASH_ROUNDS`.
const ROUNDS: u64 = 6;
/// Syncs from one that fails to the next. 1 if `AIOS_CRASH_ROUNDS` is set.
const STEP: usize = 7;
/// Maximum number of calls of one round.
const CALLS: u64 = 40;
/// One of this many calls purges.
const PURGE_EVERY: u64 = 6;
/// Number of syncs after the beginning of a purge within which the power is cut, every second time.
const PURGE_SYNCS: u64 = 60;
/// One of this many calls reindexes.
const REINDEX_EVERY: u64 = 12;
/// The same as [`PURGE_SYNCS`], for a reindex.
const REINDEX_SYNCS: u64 = 120;
/// One of this many rounds begins with an empty directory.
const NEW_EVERY: u64 = 3;
/// Number of ids, so few that they are changed and removed often.
const IDS: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_power_cut() {
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    simulate(Durability::Full, Syncs::Done, rounds).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_normal_durability_only_the_newest_calls_are_lost() {
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    simulate(Durability::Normal, Syncs::Done, rounds).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_loses_nothing() {
    let step = if number("AIOS_CRASH_ROUNDS").is_some() { 1 } else { STEP };
    for after in (0..).step_by(step) {
        let base = tempfile::tempdir().unwrap();
        let (dir, image) = (base.path().join("0"), base.path().join("1"));
        let recorder = new_recorder(&dir, &image, Syncs::Failing);
        let longterm = open(recorder.clone(), &dir, Durability::Full).await.unwrap();
        for batch in 0..4 {
            if batch == 2 {
                recorder.fail_after(after);
            }
            let changes: Vec<_> = (0..4).map(|at| told(4 * batch + at)).collect();
            recorder.begin(Call { changes: changes.clone(), is_purge: false });
            tell(&longterm, changes).await.unwrap();
            recorder.acknowledge();
            if let Err(error) = longterm.upkeep().drain().await {
                assert!(recorder.has_failed(), "{error:?}");
            }
        }
        recorder.cut();
        // A sync that fails only now is not a loss either.
        let _ = longterm.close().await;
        let cut = recorder.take();
        if let Err(error) = check(&image, &cut, Durability::Full).await {
            panic!("the sync after {after} failed: {error}");
        }
        if !recorder.has_failed() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_syncs_records_are_lost() {
    // If the reader of a truncated library panics, the library is lost as well.
    let loss = tokio::spawn(simulate(Durability::Full, Syncs::Skipped, 50)).await;
    assert!(!matches!(loss, Ok(Ok(()))), "the simulation would not notice a missing sync");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_syncs_of_removed_names_purged_texts_come_back() {
    for (syncs, are_back) in [(Syncs::Done, false), (Syncs::OfWhatCame, true)] {
        let base = tempfile::tempdir().unwrap();
        let (dir, image) = (base.path().join("0"), base.path().join("1"));
        let recorder = new_recorder(&dir, &image, syncs);
        let longterm = open(recorder.clone(), &dir, Durability::Full).await.unwrap();
        recorder.begin(Call { changes: (0..8).map(told).collect(), is_purge: false });
        tell(&longterm, (0..8).map(told).collect()).await.unwrap();
        longterm.upkeep().drain().await.unwrap();
        purge(&longterm, &recorder, recorder.ids_held()).await.unwrap();
        recorder.cut();
        longterm.close().await.unwrap();
        let purged = recorder.take().calls.purged;
        assert_eq!(purged.len(), 8);
        assert_eq!(are_gone(&image, &purged).is_err(), are_back, "{syncs:?}");
    }
}

/// Creates a disk whose power is cut only on request.
fn new_recorder(dir: &Path, image: &Path, syncs: Syncs) -> Arc<Recorder> {
    let (calls, mut random) = (Calls::default(), Random(7));
    let recorder = Recorder::new(dir, image, syncs, Durability::Full, &calls, &mut random);
    recorder.cut_at_the_end();
    recorder
}

/// Returns the id and the text of a record.
fn told(number: u64) -> (String, Option<String>) {
    (number.to_string(), Some(format!("{MARK}{number}")))
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

/// Stores, changes, removes and purges until the power is cut.
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
        if random.below(PURGE_EVERY) == 0 {
            let mut ids = recorder.ids_held();
            ids.retain(|_| random.below(4) == 0);
            if random.below(2) == 0 {
                recorder.cut_within(PURGE_SYNCS);
            }
            purge(&longterm, recorder, ids).await?;
            continue;
        }
        if random.below(REINDEX_EVERY) == 0 {
            reindex(recorder, dir, durability, random).await?;
            continue;
        }
        let changes: Vec<(String, Option<String>)> = (0..1 + random.below(4))
            .map(|_| {
                let text = format!("what is said this time is {MARK}{}", random.below(1 << 40));
                (random.below(IDS).to_string(), (0 < random.below(4)).then_some(text))
            })
            .collect();
        recorder.begin(Call { changes: changes.clone(), is_purge: false });
        tell(&longterm, changes).await?;
        recorder.acknowledge();
        if random.below(4) == 0 {
            longterm.upkeep().drain().await?;
        }
    }
    if !recorder.has_cut() {
        recorder.cut();
    }
    longterm.close().await?;
    Ok(recorder.take())
}

/// Purges records. The power may be cut during the purge or soon after.
async fn purge(
    longterm: &Longterm,
    recorder: &Recorder,
    ids: Vec<String>,
) -> Result<(), crate::Error> {
    let keys = ids.iter().map(|id| Id::new(id.as_str()).unwrap());
    let keys = keys.map(|id| Identity::new(Owner::SHARED, Kind::Note, id)).collect();
    let changes = ids.into_iter().map(|id| (id, None)).collect();
    recorder.begin(Call { changes, is_purge: true });
    let purged = longterm.upkeep().purge(keys).await?;
    recorder.acknowledge();
    if purged.pending.is_none() {
        recorder.purged();
    }
    Ok(())
}

/// Reindexes the library beside the handle that uses it. The power may be cut during the call.
async fn reindex(
    recorder: &Arc<Recorder>,
    dir: &Path,
    durability: Durability,
    random: &mut Random,
) -> Result<(), crate::Error> {
    if random.below(2) == 0 {
        recorder.cut_within(REINDEX_SYNCS);
    }
    let (disk, model) = (recorder.clone(), Arc::new(Unhurried(StaticModel::bundled().unwrap())));
    crate::upkeep::reindex_on(disk, dir, config(durability), model, |_| ()).await.map(drop)
}

/// Applies `changes` as a page of the feed.
async fn tell(
    longterm: &Longterm,
    changes: Vec<(String, Option<String>)>,
) -> Result<(), crate::Error> {
    let after = longterm.feed().watermark().await?;
    let through = after + changes.len() as u64;
    let items = (after + 1..).zip(changes).map(|(seq, (id, text))| {
        let id = Id::new(id).unwrap();
        let change = match text {
            Some(text) => {
                Change::Upsert(Box::new(Record::new(Kind::Note, id, text, Scope::default())))
            }
            None => Change::Delete { owner: Some(Owner::SHARED), key: Key::new(Kind::Note, id) },
        };
        FeedItem { seq, change }
    });
    let page = FeedPage { after, through, changes: items.collect() };
    assert_eq!(longterm.feed().apply(page).await?, Applied::Yes { refused: Vec::new() });
    Ok(())
}

/// Opens the image of a cut, checks it, and returns the calls that describe its content.
async fn check(image: &Path, cut: &Cut, durability: Durability) -> Result<Calls, String> {
    let said = |error: crate::Error| format!("{error:?}");
    let mut purged = cut.calls.purged.clone();
    are_gone(image, &purged)?;
    let longterm = open(Arc::new(System), image, durability).await.map_err(said)?;
    for moved in [false, true] {
        let mut held = BTreeMap::new();
        for id in cut.calls.ids() {
            let id = Id::new(id).unwrap();
            if let Some(record) =
                longterm.get(&Key::new(Kind::Note, id.clone())).await.map_err(said)?
            {
                held.insert(id.to_string(), record.text);
            }
        }
        let least = match durability {
            Durability::Full => cut.acknowledged,
            // Purged records do not return, and calls before the purge are not lost.
            _ => cut.purges_end,
        };
        let fits = |count: &usize| cut.calls.state_after(*count) == held;
        if !(least..=cut.calls.made.len()).any(|count| fits(&count)) {
            let expect = cut.calls.state_after(cut.acknowledged);
            return Err(format!("moved {moved}: expected {expect:?}, found {held:?}"));
        }
        for (id, text) in &held {
            let words = text.rsplit(' ').next().unwrap_or_default();
            let found = longterm.search(words, &SearchOptions::default()).await.map_err(said)?;
            if found.hits.first().is_none_or(|hit| hit.record.id.as_str() != id) {
                return Err(format!("moved {moved}: words do not find {id}"));
            }
        }
        longterm.upkeep().drain().await.map_err(said)?;
        let keys = held.keys().map(|id| Key::new(Kind::Note, Id::new(id.as_str()).unwrap()));
        let keys = keys.map(|key| key.of(Owner::SHARED).encode()).collect();
        let rows = longterm.parts.shelf.rows(keys).await.map_err(said)?;
        if rows.len() != held.len() || rows.iter().any(|row| row.vector.is_none()) {
            return Err(format!("moved {moved}: a record has no vector after the drain"));
        }
        let obstacle = longterm.upkeep().finish_purges().await.map_err(said)?;
        if obstacle.is_some() {
            return Err(format!("a purge is not finished: {obstacle:?}"));
        }
        purged.extend(cut.calls.purged_by_the_last(&held));
        are_gone(image, &purged)?;
        let report = longterm.upkeep().verify().await.map_err(said)?;
        if !report.is_clean() || report.checked != held.len() as u64 {
            return Err(format!("{} are held, but {report:?}", held.len()));
        }
        if moved {
            longterm.close().await.map_err(said)?;
            are_gone(image, &purged)?;
            return Ok(Calls::holding(held, purged));
        }
    }
    unreachable!("the loop ends with the second look")
}

/// Searches every byte of every file below `dir` for the texts of `purged`.
fn are_gone(dir: &Path, purged: &HashSet<String>) -> Result<(), String> {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            are_gone(&path, purged)?;
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let Some(rest) = bytes[at..].strip_prefix(MARK.as_bytes()) else { continue };
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let found = (1..=digits).find_map(|length| {
                purged.get(std::str::from_utf8(&rest[..length]).expect("digits are ASCII"))
            });
            if let Some(found) = found {
                return Err(format!("{MARK}{found} was purged, and is in {}", path.display()));
            }
        }
    }
    Ok(())
}

async fn open(
    disk: Arc<dyn Disk>,
    dir: &Path,
    durability: Durability,
) -> Result<Longterm, crate::Error> {
    let model = Vectors::Model(Arc::new(Unhurried(StaticModel::bundled().unwrap())));
    Longterm::open_on(disk, dir, config(durability), model).await
}

/// The bundled model, without its claim to be fast.
struct Unhurried(Arc<StaticModel>);

impl Embedder for Unhurried {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error> {
        self.0.embed_documents(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, aios_embedding::Error> {
        self.0.embed_query(text)
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.0.fingerprint()
    }
}

fn config(durability: Durability) -> Config {
    Config {
        durability,
        vector_wait: Duration::ZERO,
        drain_rows_max: 5,
        drain_delay: Duration::ZERO,
        compact_after_batches: 3,
        index_after_rows: 8,
        prune_after: Duration::ZERO,
        ..Config::default()
    }
}
