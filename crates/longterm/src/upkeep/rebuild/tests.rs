//! Kinds of damage, and their repair.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_embedding::{Embedder, StaticModel};
use aios_record::{Id, Identity, Kind, Owner, Record, Scope};

use crate::upkeep::rebuild::Repaired;
use crate::{
    Config, Decoder, Error, Longterm, SearchOptions,
    library::{Library, Row},
    owner::Places,
    sync::System,
};

/// Records per file of the library.
const FILE_ROWS: usize = 5;

struct Store {
    dir: tempfile::TempDir,
}

impl Store {
    /// Creates a store of `count` records, with a file of the library for each five.
    async fn with(count: usize) -> Store {
        let store = Store { dir: tempfile::tempdir().unwrap() };
        let longterm = store.open().await;
        let ids: Vec<usize> = (0..count).collect();
        for ids in ids.chunks(FILE_ROWS) {
            longterm.store(ids.iter().map(|id| note(*id)).collect()).await.unwrap();
            longterm.upkeep().drain().await.unwrap();
        }
        longterm.close().await.unwrap();
        store
    }

    async fn open(&self) -> Longterm {
        Longterm::open(self.dir.path(), config(), StaticModel::bundled().unwrap()).await.unwrap()
    }

    async fn repair(&self) -> Repaired {
        let (dir, model) = (self.dir.path(), StaticModel::bundled().unwrap());
        crate::repair(dir, config(), model, |_| {}).await.unwrap()
    }

    /// Changes the table without the journal, as a version that the journal has as synced.
    async fn meddle(&self, work: impl AsyncFnOnce(Library)) {
        let longterm = self.open().await;
        let edition = longterm.parts.journal.edition().await.unwrap();
        longterm.close().await.unwrap();
        let places = Places::new(self.dir.path(), Arc::new(System));
        let dimension = StaticModel::bundled().unwrap().dimension();
        let library = Library::open(places.site(edition.table, dimension, 1 << 20));
        let library = library.await.unwrap().unwrap();
        work(library.clone()).await;
        let version = library.version().await.unwrap();
        let db = rusqlite::Connection::open(&places.journal).unwrap();
        let sql = "UPDATE meta SET value = ?1 WHERE name = 'synced_version'";
        db.execute(sql, [i64::try_from(version).unwrap()]).unwrap();
    }

    /// Returns the files of the library below this directory of its table, oldest first.
    fn files(&self, below: &str) -> Vec<PathBuf> {
        let dir = self.dir.path().join("longterm/records.lance").join(below);
        let mut files: Vec<PathBuf> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
        files
    }

    /// Checks that all but `lost` of `count` records are stored, each once, and found by their
    /// words.
    async fn holds_all_but(&self, count: usize, lost: &[Identity]) {
        let longterm = self.open().await;
        longterm.upkeep().give_up(lost).await.unwrap();
        let report = longterm.upkeep().verify_rows(|_| {}).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.checked, (count - lost.len()) as u64);
        for id in 0..count {
            let expect = note(id);
            let is_lost = lost.contains(&expect.identity());
            let read = longterm.get(&expect.key()).await.unwrap();
            assert_eq!(read.map(|record| record.text), (!is_lost).then(|| expect.text.clone()));
            if !is_lost {
                let found = longterm.search(&expect.text, &SearchOptions::default()).await;
                assert_eq!(found.unwrap().hits[0].record.key(), expect.key());
            }
        }
        let refused = longterm.feed().refused(100).await.unwrap();
        let listed: BTreeSet<Identity> =
            refused.into_iter().map(|refused| refused.identity).collect();
        assert_eq!(listed, lost.iter().cloned().collect());
        // Lost records can be stored again.
        let again: Vec<Record> = (0..count).map(note).collect();
        longterm.store(again).await.unwrap();
        longterm.upkeep().drain().await.unwrap();
        assert_eq!(longterm.upkeep().verify().await.unwrap().checked, count as u64);
        assert!(longterm.upkeep().verify().await.unwrap().is_clean());
        longterm.close().await.unwrap();
    }
}

fn config() -> Config {
    // Every search uses LanceDB's indexes.
    let decoder = Decoder::ThisProcess;
    Config { resident_bytes_max: 0, decoder, ..Config::default() }
}

fn note(id: usize) -> Record {
    let text = format!("note number n{id} speaks of topic t{}", id * 7);
    Record::new(Kind::Note, Id::new(id.to_string()).unwrap(), text, Scope::default())
}

fn keys(ids: impl Iterator<Item = usize>) -> Vec<Identity> {
    let mut keys: Vec<Identity> = ids.map(|id| note(id).identity()).collect();
    keys.sort();
    keys
}

async fn found(store: &Store) -> crate::Verification {
    let longterm = store.open().await;
    let report = longterm.upkeep().verify_rows(|_| {}).await.unwrap();
    longterm.close().await.unwrap();
    report
}

#[tokio::test]
async fn repeated_rows_are_left_out_and_unknown_ones_are_kept_in_a_file() {
    let store = Store::with(7).await;
    store
        .meddle(async |library| {
            let rows = library.whole(&[1, 6].map(|id| note(id).encoded_identity())).await.unwrap();
            let mut stranger: Row = rows[0].clone();
            stranger.record.id = Id::new("stranger").unwrap();
            stranger.record.text = "where does this come from".to_owned();
            library.append(&rows).await.unwrap();
            library.append(&[stranger]).await.unwrap();
        })
        .await;
    let report = found(&store).await;
    assert_eq!(report.repeated, keys([1, 6].into_iter()), "{report:?}");
    assert_eq!(
        report.unknown,
        [Identity::new(Owner::SHARED, Kind::Note, Id::new("stranger").unwrap())]
    );
    let repaired = store.repair().await;
    assert_eq!((repaired.records, repaired.repeated), (7, 2), "{repaired:?}");
    assert_eq!(
        repaired.unknown,
        [Identity::new(Owner::SHARED, Kind::Note, Id::new("stranger").unwrap())]
    );
    let kept = fs::read_to_string(repaired.unknown_rows.unwrap()).unwrap();
    let kept: Record = serde_json::from_str(kept.lines().nth(1).unwrap()).unwrap();
    assert_eq!(kept.text, "where does this come from");
    store.holds_all_but(7, &[]).await;
}

#[tokio::test]
async fn a_lost_data_file_loses_only_its_own_records_and_they_are_named() {
    let store = Store::with(15).await;
    fs::remove_file(&store.files("data")[1]).unwrap();
    let lost = keys(5..10);
    let report = found(&store).await;
    assert_eq!(report.missing, lost, "{report:?}");
    let repaired = store.repair().await;
    assert_eq!((repaired.records, repaired.unreadable), (10, 5), "{repaired:?}");
    assert_eq!(repaired.missing, lost);
    assert!(store.dir.path().join("quarantine/0-damaged.lance").is_dir());
    store.holds_all_but(15, &lost).await;
}

#[tokio::test]
async fn a_damaged_data_file_is_read_as_far_as_possible() {
    let store = Store::with(10).await;
    let file = store.files("data").remove(0);
    let mut bytes = fs::read(&file).unwrap();
    let half = bytes.len() / 2;
    bytes[..half].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let repaired = store.repair().await;
    // The records of the other file are unharmed.
    let lost: BTreeSet<Identity> = repaired.missing.iter().cloned().collect();
    assert!(lost.is_subset(&keys(0..5).into_iter().collect()), "{repaired:?}");
    assert!(!lost.is_empty());
    store.holds_all_but(10, &repaired.missing).await;
}

#[tokio::test]
async fn rows_with_altered_content_are_found_and_not_copied() {
    let store = Store::with(10).await;
    store
        .meddle(async |library| {
            let mut rows =
                library.whole(&[2, 8].map(|id| note(id).encoded_identity())).await.unwrap();
            for row in &mut rows {
                match row.record.id.as_str() {
                    "2" => row.record.text = "what was never said".to_owned(),
                    _ => row.vector.as_mut().unwrap()[7] = 1e30,
                }
            }
            library.replace(&rows).await.unwrap();
        })
        .await;
    assert_eq!(found(&store).await.unreadable, keys([2, 8].into_iter()));
    let repaired = store.repair().await;
    assert_eq!((repaired.records, repaired.unreadable), (9, 1), "{repaired:?}");
    assert_eq!(repaired.missing, [note(2).identity()]);
    store.holds_all_but(10, &repaired.missing).await;
}

#[tokio::test]
async fn a_library_without_its_journal_is_left_unchanged() {
    let store = Store::with(5).await;
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(store.dir.path().join(format!("journal.db{end}")));
    }
    let files = store.files("data");
    let model = || StaticModel::bundled().unwrap();
    let repaired = crate::repair(store.dir.path(), config(), model(), |_| {}).await;
    assert!(matches!(repaired, Err(Error::UnknownLibrary { .. })), "{repaired:?}");
    let remade = crate::reindex(store.dir.path(), config(), model(), |_| {}).await;
    assert!(matches!(remade, Err(Error::UnknownLibrary { .. })), "{remade:?}");
    assert_eq!(store.files("data"), files);
}

#[tokio::test]
async fn missing_indexes_are_rebuilt() {
    let store = Store::with(10).await;
    for index in store.files("_indices") {
        fs::remove_dir_all(index).unwrap();
    }
    let report = found(&store).await;
    assert_eq!(report.mended, ["key", "session", "terms"]);
    let repaired = store.repair().await;
    assert_eq!(repaired, Repaired { records: 10, ..Repaired::default() });
    store.holds_all_but(10, &[]).await;
}

#[tokio::test]
async fn a_damaged_deletion_file_does_not_bring_deleted_records_back() {
    let store = Store::with(10).await;
    let longterm = store.open().await;
    longterm.forget(vec![note(2).identity()]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();
    // The length of a part, after the mark of the Arrow format. The reader would allocate it.
    let file = &store.files("_deletions")[0];
    let mut bytes = fs::read(file).unwrap();
    let length = bytes.len();
    bytes[length - 40..length - 10].fill(0x7f);
    fs::write(file, bytes).unwrap();
    let model = StaticModel::bundled().unwrap();
    let opened = Longterm::open(store.dir.path(), config(), model).await;
    assert!(matches!(opened, Err(Error::DamagedFile { path, .. }) if path == *file));
    let repaired = store.repair().await;
    assert_eq!(repaired.unknown, [], "what was deleted stays so: {repaired:?}");
    let longterm = store.open().await;
    let read = longterm.get(&note(2).key()).await.unwrap();
    assert_eq!(read, None);
    assert_eq!(repaired.missing, []);
    assert!(longterm.upkeep().verify_rows(|_| {}).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_repair_reads_the_version_before_a_damaged_manifest() {
    let store = Store::with(15).await;
    let newest = newest_manifest(store.dir.path());
    fs::write(&newest, b"cut of").unwrap();
    let model = StaticModel::bundled().unwrap();
    let opened = Longterm::open(store.dir.path(), config(), model).await;
    assert!(matches!(opened, Err(Error::Library { .. } | Error::DamagedFile { .. })));
    let repaired = store.repair().await;
    assert_eq!(repaired.records + repaired.missing.len() as u64, 15, "{repaired:?}");
    assert!(repaired.missing.len() <= FILE_ROWS, "{repaired:?}");
    store.holds_all_but(15, &repaired.missing).await;
}

#[tokio::test]
async fn a_missing_library_reports_all_records_as_missing() {
    let store = Store::with(10).await;
    fs::remove_dir_all(store.dir.path().join("longterm/records.lance")).unwrap();
    let repaired = store.repair().await;
    assert_eq!(repaired.missing, keys(0..10));
    store.holds_all_but(10, &repaired.missing).await;
}

fn newest_manifest(dir: &Path) -> PathBuf {
    let manifests = Places::new(dir, Arc::new(System)).site(0, 0, 0).manifests().unwrap();
    manifests.into_values().next_back().unwrap()
}

#[tokio::test]
async fn an_index_without_a_checksum_must_find_every_record() {
    let store = Store::with(10).await;
    let longterm = store.open().await;
    longterm.upkeep().purge(vec![note(0).identity()]).await.unwrap();
    longterm.close().await.unwrap();
    // Former programs, which stored no checksums, leave such a library.
    let db = rusqlite::Connection::open(store.dir.path().join("journal.db")).unwrap();
    db.execute("DELETE FROM index_checksums", []).unwrap();
    damage_key_index(&store, &note(7));
    assert_eq!(found(&store).await.mended, ["key"]);
    let checksums = "SELECT count(*) FROM index_checksums";
    assert!(0 < db.query_row(checksums, [], |row| row.get::<_, i64>(0)).unwrap());
    let longterm = store.open().await;
    let read = longterm.get(&note(7).key()).await.unwrap();
    assert_eq!(read.map(|record| record.text), Some(note(7).text));
}

#[tokio::test]
async fn a_purge_removes_rows_that_a_removal_has_missed() {
    let store = Store::with(10).await;
    let mut missed = Vec::new();
    store
        .meddle(async |library| {
            missed = library.whole(&[note(2).encoded_identity()]).await.unwrap();
        })
        .await;
    let longterm = store.open().await;
    longterm.forget(vec![note(2).identity()]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();
    store.meddle(async |library| library.append(&missed).await.unwrap()).await;
    assert_eq!(found(&store).await.unknown, [note(2).identity()]);
    let longterm = store.open().await;
    let purged = longterm.upkeep().purge(vec![note(2).identity()]).await.unwrap();
    assert_eq!((purged.identities, purged.pending), (Vec::new(), None));
    longterm.close().await.unwrap();
    assert_eq!(found(&store).await, crate::Verification { checked: 9, ..Default::default() });
}

#[tokio::test]
async fn a_purge_names_the_files_that_a_repair_could_not_save() {
    let store = Store::with(10).await;
    fs::remove_file(&store.files("data")[1]).unwrap();
    let quarantined = store.repair().await.quarantined.unwrap();
    let longterm = store.open().await;
    longterm.upkeep().give_up(&keys(5..10)).await.unwrap();
    assert!(longterm.upkeep().unsaved().unwrap().contains(&quarantined));
    let purged = longterm.upkeep().purge(vec![note(1).identity()]).await.unwrap();
    assert!(purged.discarded.contains(&quarantined), "{purged:?}");
    assert!(!quarantined.exists());
}

#[tokio::test]
async fn a_repair_without_manifests_reads_each_data_file_by_itself() {
    let store = Store::with(15).await;
    for manifest in store.files("_versions") {
        fs::write(manifest, b"cut of").unwrap();
    }
    let repaired = store.repair().await;
    assert_eq!((repaired.records, repaired.missing), (15, Vec::new()));
    store.holds_all_but(15, &[]).await;
}

#[tokio::test]
async fn a_damaged_file_is_not_decoded_without_a_decoder() {
    let store = Store::with(10).await;
    let file = store.files("data").remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (model, config) = (StaticModel::bundled().unwrap(), Config::default());
    let repaired = crate::repair(store.dir.path(), config, model, |_| {}).await;
    assert!(matches!(&repaired, Err(Error::Undecoded { path }) if *path == file), "{repaired:?}");
}

#[tokio::test]
async fn a_damaged_data_file_stops_reads_and_writes_wait() {
    let store = Store::with(10).await;
    let file = store.files("data").remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let longterm = store.open().await;
    let refused = |error: &Error| matches!(error, Error::DamagedRows { path } if *path == file);
    let read = longterm.get(&note(9).key()).await;
    assert!(read.as_ref().is_err_and(refused), "{read:?}");
    let searched = longterm.search("note number", &SearchOptions::default()).await;
    assert!(searched.as_ref().is_err_and(refused), "{searched:?}");
    longterm.store(vec![note(20)]).await.unwrap();
    longterm.close().await.unwrap();
    let repaired = store.repair().await;
    assert_eq!((repaired.records, repaired.missing), (10, Vec::new()));
    let longterm = store.open().await;
    let read = longterm.get(&note(20).key()).await.unwrap();
    assert_eq!(read.map(|record| record.text), Some(note(20).text));
}

/// Changes the key of a record in the index of keys.
fn damage_key_index(store: &Store, record: &Record) {
    let key = record.encoded_identity();
    let mut damaged = 0;
    for dir in store.files("_indices") {
        for file in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let mut bytes = fs::read(&file).unwrap();
            let found = bytes.windows(key.len()).position(|part| part == key.as_bytes());
            if let Some(at) = found {
                bytes[at + key.len() - 1] = b'X';
                fs::write(&file, bytes).unwrap();
                damaged += 1;
            }
        }
    }
    assert_eq!(damaged, 1, "the index of keys has the key as it is");
}

#[tokio::test]
async fn an_index_that_misses_records_of_an_open_library_is_rebuilt() {
    let store = Store::with(10).await;
    let longterm = store.open().await;
    longterm.upkeep().purge(vec![note(0).identity()]).await.unwrap();
    longterm.close().await.unwrap();
    let longterm = store.open().await;
    damage_key_index(&store, &note(7));
    let read = longterm.get(&note(7).key()).await.unwrap();
    assert_eq!(read.map(|record| record.text), Some(note(7).text));
    longterm.close().await.unwrap();
    assert_eq!(found(&store).await, crate::Verification { checked: 9, ..Default::default() });
}
