//! Journals of every earlier format, each with a `working.db` of its time. They are made by the
//! migrations up to that format, and contain rows written by the binary of format 5 (`store-5`):
//! records that waited for the library, their older versions, tombstones and refusals. There is no
//! library yet, as after a kill before the first batch.

use std::{collections::BTreeMap, fs, path::Path};

use aios_memory::{
    AgentMemory, Id, Kind, Record, Scope, longterm, migrate, migrate::Schema, working,
};
use aios_memory_tests::fixture;
use rusqlite::Connection;
use serde_json::Value;

use crate::{
    same_names,
    state::{state, verify},
};

/// The migrations of the journal, in order.
const MIGRATIONS: [&str; 6] = [
    include_str!("../../../../crates/longterm/src/journal/0001_journal.sql"),
    include_str!("../../../../crates/longterm/src/journal/0002_refused.sql"),
    include_str!("../../../../crates/longterm/src/journal/0003_history.sql"),
    include_str!("../../../../crates/longterm/src/journal/0004_tombstones.sql"),
    include_str!("../../../../crates/longterm/src/journal/0005_one_embedder.sql"),
    include_str!("../../../../crates/longterm/src/journal/0006_owners.sql"),
];

/// Id and text of a shared note that is forgotten in `store-5`.
const FORGOTTEN: (&str, &str) = (
    "60d905298fa37f0e92017783bd4c9133",
    "Forget this note from a file: the alarm of the shed is off on Sundays.",
);

/// Keys that wait in the journal of `store-5`.
const WAITING: &str = "SELECT key FROM former.pending WHERE record IS NOT NULL";

/// Returns the version of `working.db` at the time of a journal's version.
fn working_version(journal: u32) -> u32 {
    if journal < 5 { 1 } else { 2 }
}

/// Makes a data directory with a journal of this version.
fn make(dir: &Path, version: u32) {
    fs::create_dir(dir).unwrap();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let name = format!("v{}.sqlite3", working_version(version));
    let working = crates.join("working/tests/fixtures").join(name);
    fs::copy(working, dir.join("working.db")).unwrap();

    let journal = Connection::open(dir.join("journal.db")).unwrap();
    journal.pragma_update(None, "application_id", longterm::APPLICATION_ID).unwrap();
    for sql in &MIGRATIONS[..version as usize] {
        journal.execute_batch(sql).unwrap();
    }
    journal.pragma_update(None, "user_version", version).unwrap();
    let former = fixture("store-5/store/journal.db");
    // Reads without writing to its directory.
    let former = format!("file:{}?immutable=1", former.display());
    journal.execute("ATTACH ?1 AS former", [former]).unwrap();
    fill(&journal, version).unwrap();
    journal.execute("DETACH former", []).unwrap();
}

fn fill(journal: &Connection, version: u32) -> rusqlite::Result<()> {
    // The library has never contained them, and their vectors are of the same model.
    let ids = "key, user, agent, session, external_id, content_hash, state, feed_seq";
    journal.execute_batch(&format!(
        "INSERT INTO ids ({ids}) SELECT key, user, agent, session, external_id, content_hash, 0, 0
             FROM former.ids WHERE key IN ({WAITING});
         INSERT INTO pending (key, record, terms, vector, content_hash)
             SELECT key, record, terms, vector, content_hash FROM former.pending
             WHERE record IS NOT NULL ORDER BY seq;
         INSERT INTO meta SELECT * FROM former.meta WHERE name = 'embedder';"
    ))?;
    if version < 5 {
        let sql = "UPDATE ids SET embedder = (SELECT value FROM meta WHERE name = 'embedder')";
        journal.execute(sql, [])?;
    }
    if 2 <= version {
        journal.execute_batch("INSERT INTO refused SELECT * FROM former.refused")?;
    }
    if 3 <= version {
        let sql =
            format!("INSERT INTO history SELECT * FROM former.history WHERE key IN ({WAITING})");
        journal.execute_batch(&sql)?;
    }
    if 4 <= version {
        journal.execute_batch(
            "INSERT INTO tombstones SELECT * FROM former.tombstones;
             INSERT INTO meta SELECT * FROM former.meta WHERE name = 'tombstone_secret';",
        )?;
    }
    Ok(())
}

/// Returns the texts that wait in the journal of `store-5`, by owner and key, each with the texts
/// of its older versions.
fn waiting() -> BTreeMap<String, (String, Vec<String>)> {
    let path = fixture("store-5/store/journal.db");
    let uri = format!("file:{}?immutable=1", path.display());
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
    let former = Connection::open_with_flags(uri, flags).unwrap();
    let texts = |sql: &str| {
        let mut rows = former.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
        let rows = rows.map(|row| {
            let (key, record): (String, String) = row.unwrap();
            let record: Value = serde_json::from_str(&record).unwrap();
            let user = record["scope"]["user"].as_str().unwrap_or("shared");
            (format!("{user} {key}"), record["text"].as_str().unwrap().to_owned())
        });
        rows.collect::<Vec<_>>()
    };
    let rows = texts("SELECT key, record FROM pending WHERE record IS NOT NULL");
    let mut waiting: BTreeMap<_, _> =
        rows.into_iter().map(|(name, text)| (name, (text, Vec::new()))).collect();
    for (name, text) in texts("SELECT key, record FROM history ORDER BY seq DESC") {
        if let Some((_, versions)) = waiting.get_mut(&name) {
            versions.push(text);
        }
    }
    waiting
}

/// Checks that a migrated memory has what [`make`] stored.
async fn check(memory: &AgentMemory, version: u32) -> Result<(), String> {
    let state = state(memory).await?;
    for (name, (text, versions)) in waiting() {
        let found = state.get(&name).ok_or(format!("{name} is lost"))?;
        if found["text"] != text {
            return Err(format!("the text of {name} was {text}: {found}"));
        }
        let record: Record = serde_json::from_value(found.clone()).unwrap();
        let view = match &record.scope.user {
            None => memory.for_shared(),
            Some(user) => memory.for_user(user).unwrap(),
        };
        let hits = view.recall(&text).await.unwrap().hits;
        if !hits.iter().any(|hit| hit.identity() == record.identity()) {
            return Err(format!("a search does not find {name}"));
        }
        let history = view.history(&record.key()).await.unwrap();
        let older: Vec<&str> = history.iter().skip(1).map(|it| it.record.text.as_str()).collect();
        let expected = if version < 3 { Vec::new() } else { versions };
        if older != expected {
            return Err(format!("{name} had the versions {expected:?}, and has {older:?}"));
        }
    }
    // Records of working memory; the fixture has one of each kind.
    for name in ["shared goal/g1", "shared task/t1", "shared message/m1", "ada preference/tone"] {
        state.get(name).ok_or(format!("{name} is lost"))?;
    }
    let hits = memory.recall("move the blog").await.unwrap().hits;
    if hits.first().is_none_or(|hit| hit.text != "move the blog") {
        return Err(format!("a search does not find the goal: {hits:?}"));
    }
    let refused = memory.administrator().longterm().feed().refused(9).await.unwrap().len();
    if refused != usize::from(2 <= version) {
        return Err(format!("{refused} changes were refused"));
    }
    let (id, text) = FORGOTTEN;
    let forgotten = Record::new(Kind::Note, Id::new(id).unwrap(), text, Scope::default());
    if memory.longterm().tombstones().are_forgotten(&[forgotten]).await.unwrap() != [4 <= version] {
        return Err("the tombstones are others".to_owned());
    }
    verify(memory).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_of_each_format_is_migrated_with_all_rows() {
    assert_eq!(MIGRATIONS.len(), longterm::SCHEMA_VERSION as usize, "list the new migration");
    for version in 1..longterm::SCHEMA_VERSION {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("memory");
        make(&dir, version);
        let config = same_names::config(&dir);
        let before = migrate::databases(&config).await.unwrap();
        let is_older = |it: &migrate::Database| matches!(it.schema, Schema::Older { .. });
        assert!(before.iter().all(is_older), "{before:?}");
        let after = migrate::migrate(config.clone()).await.unwrap();
        let current = [working::SCHEMA_VERSION, longterm::SCHEMA_VERSION];
        let current = current.map(|found| Schema::Current { found });
        assert_eq!(after.into_iter().map(|it| it.schema).collect::<Vec<_>>(), current);
        for name in
            [format!("working.db.v{}", working_version(version)), format!("journal.db.v{version}")]
        {
            assert!(dir.join("backup").join(&name).exists(), "{name}");
        }
        for _ in ["migrated", "opened again"] {
            let memory = AgentMemory::open(config.clone()).await.unwrap();
            assert_eq!(check(&memory, version).await, Ok(()), "version {version}");
            memory.shutdown().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_a_migration_loses_is_noticed() {
    // The first two are damage, which reading the records reports.
    for (sql, said) in [
        ("DELETE FROM pending WHERE seq = (SELECT max(seq) FROM pending)", ""),
        ("UPDATE pending SET record = replace(record, 'waits', 'waited')", ""),
        ("DELETE FROM history WHERE seq = (SELECT min(seq) FROM history)", "had the versions"),
        ("DELETE FROM tombstones", "the tombstones are others"),
        ("DELETE FROM refused", "0 changes were refused"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("memory");
        make(&dir, 5);
        let journal = Connection::open(dir.join("journal.db")).unwrap();
        assert_ne!(journal.execute(sql, []).unwrap(), 0, "{sql}");
        drop(journal);
        let memory = AgentMemory::open(same_names::config(&dir)).await.unwrap();
        let error = check(&memory, 5).await.unwrap_err();
        assert!(error.contains(said), "{sql}: {error}");
        memory.shutdown().await.unwrap();
    }
}
