//! A store of the former version: journal schema 5, keys without owners.

use std::{collections::BTreeSet, fs, path::Path};

use aios_longterm::{Applied, Config, Error, FeedPage, Longterm, Standing, StoreOutcome};
use aios_memory_tests::{directory, fixture};
use aios_record::{
    Change, FeedItem, Gate, Id, Identity, Key, Kind, Owner, Provenance, Record, Scope, Timestamp,
};
use serde_json::Value;

use crate::support::{model, note, open, search};

/// Returns a copy of the former store's files.
pub(crate) fn former() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    directory::copy(&fixture("store-5/store"), dir.path());
    dir
}

fn expected() -> Value {
    serde_json::from_slice(&fs::read(fixture("store-5/expected.json")).unwrap()).unwrap()
}

/// Returns the encoded identities of the records that the former journal has as stored.
pub(crate) fn held(dir: &Path) -> BTreeSet<String> {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    let sql = "SELECT iif(user = '', '(no name)', coalesce(user, '')) || char(31) || key FROM ids
               WHERE state <> 2";
    let mut read = journal.prepare(sql).unwrap();
    read.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn tables(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("longterm")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn meta(dir: &Path, name: &str) -> Option<i64> {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    journal.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).ok()
}

#[tokio::test]
async fn every_record_of_a_former_store_is_held_once_and_whole() {
    let dir = former();
    let before = held(dir.path());
    let longterm = open(dir.path()).await;
    assert_eq!(tables(dir.path()), ["records_2.lance"]);
    assert_eq!(meta(dir.path(), "library_is_former"), None);
    for moved in [false, true] {
        let now = longterm.records().identities().await.unwrap();
        let now: BTreeSet<String> = now.iter().map(Identity::encode).collect();
        assert_eq!(now, before, "moved {moved}");
        let report = longterm.upkeep().verify_rows(|_| {}).await.unwrap();
        assert!(report.is_clean(), "moved {moved}: {report:?}");
        longterm.upkeep().drain().await.unwrap();
    }
    // Texts and payloads are those of an export by the former version.
    let expected = expected();
    let mut compared = 0;
    for line in expected["records"].as_array().unwrap() {
        let tiers: Vec<&str> =
            line["tiers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let kind: Kind = line["kind"].as_str().unwrap().parse().unwrap();
        let id = Id::new(line["id"].as_str().unwrap()).unwrap();
        let identity = Identity::new(owner(&line["scope"]["user"]), kind, id);
        if tiers != ["longterm"] || !before.contains(&identity.encode()) {
            continue;
        }
        let read = longterm.records().get_all(std::slice::from_ref(&identity)).await.unwrap();
        assert_eq!(read.len(), 1, "{identity}");
        assert_eq!(read[0].text, line["text"].as_str().unwrap(), "{identity}");
        assert_eq!(read[0].payload, line["payload"], "{identity}");
        compared += 1;
    }
    assert!(30 < compared, "{compared}");
}

/// Returns the present owner of records of a former user.
fn owner(user: &Value) -> Owner {
    match user.as_str() {
        Some("") => Owner::user("(no name)").unwrap(),
        user => Owner::from_stored(user.unwrap_or_default()),
    }
}

fn identity(of: &Value) -> Identity {
    let key: Key = of["key"].as_str().unwrap().parse().unwrap();
    let user = if of["user"].is_string() { &of["user"] } else { &of["scope"]["user"] };
    key.of(owner(user))
}

#[tokio::test]
async fn a_user_with_the_empty_name_is_not_the_shared_owner() {
    let dir = former();
    let journal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    let sql = "SELECT key FROM ids WHERE user = '' AND state = 1";
    let key: String = journal.query_row(sql, [], |row| row.get(0)).unwrap();
    // Another user has a name that would end early in an encoded identity, and an older version.
    let odd = "u\u{1f}note/x";
    let rename = "UPDATE ids SET user = ?1 WHERE key = 'note/note-u1'";
    assert_eq!(journal.execute(rename, [odd]).unwrap(), 1);
    for table in ["pending", "history"] {
        let sql = format!(
            "UPDATE {table} SET record = json_set(record, '$.scope.user', ?1)
             WHERE key = 'note/note-u1'"
        );
        assert!(0 < journal.execute(&sql, [odd]).unwrap());
    }
    let sql = "SELECT record FROM pending WHERE key = 'note/note-u1'";
    let record: String = journal.query_row(sql, [], |row| row.get(0)).unwrap();
    let sql = "UPDATE pending SET content_hash = ?1 WHERE key = 'note/note-u1'";
    journal.execute(sql, [former_hash(&record)]).unwrap();
    drop(journal);
    let key: Key = key.parse().unwrap();
    let longterm = open(dir.path()).await;
    for _ in ["before", "after"] {
        let of = |owner: Owner| longterm.scoped(Gate::owner(owner));
        let shared = of(Owner::SHARED);
        assert_eq!(shared.get(&key).await.unwrap(), None);
        let named = of(Owner::user("(no name)").unwrap());
        let record = named.get(&key).await.unwrap().unwrap();
        assert_eq!(named.records().standings(&[record]).await.unwrap(), [Standing::Same]);
        let renamed = of(Owner::from_stored("u\u{fffd}note/x"));
        let id = Id::new("note-u1").unwrap();
        assert_eq!(renamed.history(&Key::new(Kind::Note, id.clone())).await.unwrap().len(), 4);
        assert!(longterm.upkeep().verify().await.unwrap().is_clean());
        longterm.upkeep().drain().await.unwrap();
    }
}

/// Returns the hash by the former version's rules.
fn former_hash(record: &str) -> String {
    let record = Record {
        provenance: Provenance::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        ..serde_json::from_str(record).unwrap()
    };
    let hash = blake3::hash(&serde_json::to_vec(&record).unwrap());
    hash.to_hex()[..32].to_owned()
}

#[tokio::test]
async fn histories_of_a_former_store_keep_their_owners() {
    let dir = former();
    let longterm = open(dir.path()).await;
    let expected = expected();
    let mut compared = 0;
    for versions in expected["history"].as_array().unwrap() {
        let identity = identity(versions);
        let of_owner = longterm.scoped(Gate::owner(identity.owner.clone()));
        let found = of_owner.history(&identity.key()).await.unwrap();
        let texts: Vec<&str> = found.iter().map(|version| version.record.text.as_str()).collect();
        let versions = versions["versions"].as_array().unwrap();
        let said: Vec<&str> = versions.iter().map(|it| it["text"].as_str().unwrap()).collect();
        assert_eq!(texts, said, "{identity}");
        let payloads = found.iter().map(|version| &version.record.payload);
        assert!(payloads.eq(versions.iter().map(|it| &it["payload"])), "{identity}");
        compared += 1;
    }
    assert!(0 < compared);
}

/// Builds a record from an export of the former version, with the fields that tombstones use.
fn forgotten(line: &Value) -> Record {
    let identity = identity(line);
    let scope: Scope = serde_json::from_value(line["scope"].clone()).unwrap();
    Record::new(identity.kind, identity.id, line["text"].as_str().unwrap(), scope)
}

#[tokio::test]
async fn former_tombstones_match_texts_of_their_owner_and_not_keys_alone() {
    let dir = former();
    let longterm = open(dir.path()).await;
    let is_forgotten = async |record: &Record| {
        longterm.tombstones().are_forgotten(std::slice::from_ref(record)).await.unwrap() == [true]
    };
    let expected = expected();
    let records: Vec<Record> =
        expected["forgotten"].as_array().unwrap().iter().map(forgotten).collect();
    for record in &records {
        let told_again = record.id.as_str() == "note-told-again";
        let has_text = !record.text.trim().is_empty();
        assert_eq!(is_forgotten(record).await, has_text && !told_again, "{record:?}");
        let elsewhere = Scope { user: Some("u9".to_owned()), ..record.scope.clone() };
        let of_another = Record { scope: elsewhere, ..record.clone() };
        assert!(!is_forgotten(&of_another).await, "{record:?}");
        let key_alone = Record { text: "nothing alike".to_owned(), ..record.clone() };
        // The keys of preferences were hashed with their owners.
        let is_preference = record.kind == Kind::Preference;
        assert_eq!(is_forgotten(&key_alone).await, is_preference, "{record:?}");
    }
    // Storing it lifts the tombstone; forgetting it again leaves one by the current rules.
    let [told] =
        records.iter().filter(|it| it.id.as_str() == "note-forgotten").collect::<Vec<_>>()[..]
    else {
        panic!("the fixture has one such note")
    };
    longterm.store(vec![told.clone()]).await.unwrap();
    assert!(!is_forgotten(told).await);
    longterm.forget(vec![told.identity()]).await.unwrap();
    let louder = Record { text: told.text.to_uppercase(), ..told.clone() };
    assert!(is_forgotten(&louder).await);
}

#[tokio::test]
async fn former_records_are_compared_by_the_rules_of_their_hashes() {
    let dir = former();
    let longterm = open(dir.path()).await;
    longterm.upkeep().drain().await.unwrap();
    let identities = longterm.records().identities().await.unwrap();
    let mut records = longterm.records().get_all(&identities).await.unwrap();
    assert_eq!(records.len(), identities.len());
    // Users with these names are refused today.
    records.retain(|record| record.scope.clone().check().is_ok());
    assert!(identities.len() - 5 < records.len());
    // Fields that are new since do not change the content of an old record.
    records[0].provenance.client = Some("editor 2".to_owned());
    records[0].references = vec![identities[1].clone()];
    let standings = longterm.records().standings(&records).await.unwrap();
    let others = standings.iter().zip(&records).filter(|(it, _)| **it != Standing::Same);
    assert_eq!(others.map(|(_, record)| record.identity()).collect::<Vec<_>>(), []);
    let stored = longterm.store(records.clone()).await.unwrap();
    assert!(stored.iter().all(|stored| stored.outcome == StoreOutcome::Known));
    assert_eq!(longterm.stats().await.unwrap().pending, 0, "nothing was written");
    // By the former rules, layout counts.
    let laid_out = Record { text: format!("{}\n", records[1].text), ..records[1].clone() };
    assert_eq!(
        longterm.records().standings(std::slice::from_ref(&laid_out)).await.unwrap(),
        [Standing::Other]
    );
    longterm.store(vec![laid_out]).await.unwrap();
    assert_eq!(longterm.records().standings(&records[1..2]).await.unwrap(), [Standing::Same]);
}

#[tokio::test]
async fn a_purged_key_without_an_owner_keeps_out_only_older_feed_rows() {
    let dir = former();
    let longterm = open(dir.path()).await;
    let goal = |user: &str| {
        let scope = Scope::default().with_user(user);
        Record::new(Kind::Goal, Id::new("goal-deleted").unwrap(), "build a shed", scope)
    };
    let apply = async |after: u64, seq: u64, record: Record| {
        let change = Change::Upsert(Box::new(record));
        let changes = vec![FeedItem { seq, change }];
        let page = FeedPage { after, through: after + 1, changes };
        assert_eq!(longterm.feed().apply(page).await.unwrap(), Applied::Yes { refused: vec![] });
    };
    let has = async |user: &str| {
        longterm.records().known(&[goal(user).identity()]).await.unwrap() == [true]
    };
    apply(102, 80, goal("u1")).await;
    assert!(!has("u1").await);
    apply(103, 103, goal("u1")).await;
    longterm.store(vec![goal("u2")]).await.unwrap();
    assert!(has("u1").await && has("u2").await);
    longterm.upkeep().drain().await.unwrap();
    assert!(longterm.upkeep().verify().await.unwrap().is_clean());
}

#[tokio::test]
async fn left_over_rows_of_other_owners_are_removed() {
    let dir = former();
    // The shared record was deleted and a user has its key since; the library does not know that
    // yet.
    let journal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    let (key, hash): (String, String) = journal
        .query_row(
            "SELECT key, content_hash FROM ids WHERE key LIKE 'note/%' AND user IS NULL
             AND state = 1 AND key NOT IN (SELECT key FROM pending) LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let id = key.split_once('/').unwrap().1;
    let newer = Record { scope: Scope::default().with_user("u1"), ..note(id, "a kestrel") };
    let json = serde_json::to_string(&newer).unwrap();
    let sql =
        "INSERT INTO pending (key, record, terms, content_hash) VALUES (?1, ?2, 'kestrel', ?3)";
    journal.execute(sql, [&key, &json, &hash]).unwrap();
    journal.execute("UPDATE ids SET user = 'u1' WHERE key = ?1", [&key]).unwrap();
    drop(journal);
    let longterm = open(dir.path()).await;
    let identity = newer.identity();
    let shared = identity.key().of(Owner::SHARED);
    assert_eq!(longterm.records().known(&[identity, shared.clone()]).await.unwrap(), [true, false]);
    longterm.upkeep().drain().await.unwrap();
    let report = longterm.upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(search(&longterm, "kestrel").await[0], key);
    assert!(longterm.records().get_all(&[shared]).await.unwrap().is_empty());
    assert!(!dir.path().join("quarantine").exists(), "what was deleted is kept nowhere");
}

#[tokio::test]
async fn concurrent_opens_convert_a_former_library_once() {
    let dir = former();
    let before = held(dir.path());
    let path = dir.path();
    let (one, other) = tokio::join!(open(path), open(path));
    for longterm in [one, other] {
        let now = longterm.records().identities().await.unwrap();
        assert_eq!(now.iter().map(Identity::encode).collect::<BTreeSet<_>>(), before);
        assert!(longterm.upkeep().verify().await.unwrap().is_clean());
    }
    assert_eq!(tables(path), ["records_2.lance"]);
}

#[tokio::test]
async fn a_reindex_or_repair_also_converts_a_former_library() {
    for is_repair in [false, true] {
        let dir = former();
        let before = held(dir.path());
        let (config, path) = (Config::default(), dir.path());
        if is_repair {
            let repaired = aios_longterm::repair(path, config, model(), |_| {}).await.unwrap();
            assert!(repaired.missing.is_empty() && repaired.unknown.is_empty(), "{repaired:?}");
        } else {
            aios_longterm::reindex(path, config, model(), |_| {}).await.unwrap();
        }
        let longterm = open(path).await;
        assert_eq!(tables(path), ["records_2.lance"], "it is not made a second time");
        let now = longterm.records().identities().await.unwrap();
        assert_eq!(now.iter().map(Identity::encode).collect::<BTreeSet<_>>(), before);
        assert!(longterm.upkeep().verify_rows(|_| {}).await.unwrap().is_clean());
    }
}

#[tokio::test]
async fn a_damaged_former_library_is_refused_and_left_unchanged() {
    let dir = former();
    let data = dir.path().join("longterm/records_1.lance/data");
    let largest = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path());
    let largest = largest.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    fs::write(&largest, vec![0; 64]).unwrap();
    let error = Longterm::open(dir.path(), Config::default(), model()).await.err().unwrap();
    assert!(matches!(error, Error::Library { .. } | Error::Damaged { .. }), "{error:?}");
    assert!(data.exists());
    assert_eq!(meta(dir.path(), "library_is_former"), Some(1));
    let repaired =
        aios_longterm::repair(dir.path(), Config::default(), model(), |_| {}).await.unwrap();
    assert!(!repaired.missing.is_empty());
    open(dir.path()).await;
}
