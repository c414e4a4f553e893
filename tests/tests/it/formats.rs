//! Data directories of every format, opened by this version: nothing is lost or added, searches and
//! histories give the same results, and every check passes.
//!
//! `tests/fixtures` has a whole data directory for each released format of the library, with its
//! content in `expected.json`. `store-7` has the current format and is made by
//! `cargo xtask fixture` (see `make`); `former_store` tests `store-5`. Journals of earlier formats
//! are made by the migrations of their time (see `journals`).

mod journals;
mod make;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use aios_memory::{
    Access, AgentMemory, Config, Id, Key, Record, Scope, longterm, migrate,
    migrate::Schema,
    upkeep::doctor,
    working::{self, Health},
};
use aios_memory_tests::{directory, fixture};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    same_names::{self, SHARED, U1, Whose},
    state::{State, differences, state, verify},
};

/// The fixture of the current format.
const CURRENT: &str = "store-7";
/// The fixture of the format before it.
const FORMER: &str = "store-6";
/// Number of leading hits among which the former first hit must be.
const FIRST: usize = 3;

/// Questions, each with its owner.
const QUESTIONS: [(Whose, &str); 5] = [
    (SHARED, "who comes on Monday?"),
    (SHARED, "which box waits for the library?"),
    (U1, "how much does the animal eat in a week?"),
    (U1, "about what was the second talk?"),
    (U1, "the bucket in the feed"),
];

/// A copy of a fixture.
struct Store {
    home: TempDir,
}

impl Store {
    fn unpack(name: &str) -> Store {
        let store = Store { home: tempfile::tempdir().unwrap() };
        directory::copy(&fixture(name).join("store"), &store.dir());
        unpack(&store.dir());
        store
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("memory")
    }

    fn config(&self) -> Config {
        same_names::config(&self.dir())
    }

    async fn open(&self) -> AgentMemory {
        AgentMemory::open(self.config()).await.unwrap()
    }

    fn database(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir().join(name)).unwrap()
    }
}

/// Replaces the compressed files below `dir`.
fn unpack(dir: &Path) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            unpack(&path);
        } else if path.extension().is_some_and(|it| it == "gz") {
            let target = path.with_extension("");
            let mut content = GzDecoder::new(File::open(&path).unwrap());
            std::io::copy(&mut content, &mut File::create(&target).unwrap()).unwrap();
            fs::set_permissions(&target, fs::metadata(&path).unwrap().permissions()).unwrap();
            fs::remove_file(&path).unwrap();
        }
    }
}

/// Returns the content of a memory, in the form of `expected.json`.
///
/// # Errors
/// The errors of [`state`].
async fn observe(memory: &AgentMemory) -> Result<Value, String> {
    let records = state(memory).await?;
    let mut answers = Vec::new();
    for (whose, query) in QUESTIONS {
        let found = whose.view(memory).recall(query).await.unwrap();
        let hits: Vec<String> = found.hits.iter().map(|hit| hit.identity().to_string()).collect();
        answers.push(json!({"user": whose.user(), "query": query, "hits": hits}));
    }
    let mut histories = Vec::new();
    for (whose, kind, id) in make::CHANGED {
        let versions =
            whose.view(memory).history(&Key::new(kind, Id::new(id).unwrap())).await.unwrap();
        let texts: Vec<&str> = versions.iter().map(|it| it.record.text.as_str()).collect();
        histories
            .push(json!({"user": whose.user(), "key": format!("{kind}/{id}"), "texts": texts}));
    }
    Ok(json!({"records": records, "recall": answers, "history": histories}))
}

/// Checks that a memory has the content that its fixture describes.
async fn check(memory: &AgentMemory, expected: &Value) -> Result<(), String> {
    let found = observe(memory).await?;
    let records = |of: &Value| serde_json::from_value::<State>(of["records"].clone()).unwrap();
    let changed = differences(&records(expected), &records(&found));
    if !changed.is_empty() {
        return Err(format!("lost, added or changed: {changed:?}"));
    }
    if expected["history"] != found["history"] {
        return Err(format!("the histories are {}", found["history"]));
    }
    let answers = |of: &Value| of["recall"].as_array().unwrap().clone();
    for (was, is) in answers(expected).iter().zip(answers(&found)) {
        let first = &was["hits"][0];
        if !is["hits"].as_array().unwrap().iter().take(FIRST).any(|hit| hit == first) {
            return Err(format!("{first} was the first hit of {is}"));
        }
    }
    let (kind, id, text) = make::FORGOTTEN;
    let forgotten = Record::new(kind, Id::new(id).unwrap(), text, Scope::default());
    if memory.longterm().tombstones().are_forgotten(&[forgotten]).await.unwrap() != [true] {
        return Err(format!("`{text}` is not forgotten any more"));
    }
    match memory.config().memory.access {
        Access::ReadOnly => Ok(()),
        Access::ReadWrite => verify(memory).await.map(drop),
    }
}

fn expected() -> Value {
    expected_of(CURRENT)
}

fn expected_of(name: &str) -> Value {
    let text = fs::read(fixture(name).join("expected.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn count(database: &rusqlite::Connection, rows: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {rows}");
    database.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn the_current_format_has_a_fixture() {
    let store = Store::unpack(CURRENT);
    let databases = migrate::databases(&store.config()).await.unwrap();
    let found: Vec<&Schema> = databases.iter().map(|it| &it.schema).collect();
    let current = [working::SCHEMA_VERSION, longterm::SCHEMA_VERSION];
    let current = current.map(|found| Schema::Current { found });
    assert_eq!(
        found,
        current.iter().collect::<Vec<_>>(),
        "make a fixture of the new format: `cargo xtask fixture`; keep the present one as a former \
         store, which this version migrates"
    );
    let (working, journal) = (store.database("working.db"), store.database("journal.db"));
    // States that every format must preserve.
    for rows in [
        "pending WHERE record IS NOT NULL",
        "pending WHERE record IS NULL",
        "history",
        "tombstones",
        "ids WHERE state = 1",
        "ids WHERE owner <> ''",
        "meta WHERE name = 'synced_version' AND 0 < value",
    ] {
        assert!(0 < count(&journal, rows), "{rows}");
    }
    let sql = "SELECT value FROM meta WHERE name = 'watermark'";
    let watermark: i64 = journal.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(1 < count(&working, &format!("feed WHERE {watermark} < seq")));
    let bytes: u64 = sizes(&fixture(CURRENT)).iter().sum();
    assert!(bytes < 300_000, "{bytes} bytes");
}

fn sizes(dir: &Path) -> Vec<u64> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let sizes = entries.map(|path| match path.is_dir() {
        true => sizes(&path),
        false => vec![fs::metadata(&path).unwrap().len()],
    });
    sizes.collect::<Vec<_>>().concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_the_current_format_has_everything() {
    let (store, expected) = (Store::unpack(CURRENT), expected());
    for _ in ["as it was left", "once all changes are in the library"] {
        let memory = store.open().await;
        assert_eq!(check(&memory, &expected).await, Ok(()));
        memory.shutdown().await.unwrap();
        let config = store.config().with_access(Access::ReadOnly);
        let memory = AgentMemory::open(config).await.unwrap();
        assert_eq!(check(&memory, &expected).await, Ok(()));
        memory.shutdown().await.unwrap();
    }
    let checks = doctor(&store.config()).await;
    let bad: Vec<_> = checks.iter().filter(|it| it.check.health == Health::Bad).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

/// Facts were only in long-term memory, and the text of one repeated its fields.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_the_former_format_is_migrated_with_everything() {
    let (store, mut expected) = (Store::unpack(FORMER), expected_of(FORMER));
    let memory = store.open().await;
    let found = observe(&memory).await.unwrap();
    let mut facts = 0;
    for (name, record) in expected["records"].as_object_mut().unwrap() {
        if name.contains("fact/") {
            let was = record["text"].as_str().unwrap().lines().next().unwrap().to_owned();
            let now = &found["records"][name];
            assert_eq!(now["text"], json!(was), "{name}");
            *record = now.clone();
            facts += 1;
        }
    }
    assert_ne!(facts, 0);
    assert_eq!(check(&memory, &expected).await, Ok(()));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_missing_in_a_store_is_noticed() {
    let expected = expected();
    // The first is damage, which reading the records reports.
    for (name, sql, said) in [
        ("journal.db", "DELETE FROM pending WHERE record IS NOT NULL", ""),
        ("journal.db", "DELETE FROM history", "the histories are"),
        ("journal.db", "DELETE FROM tombstones", "is not forgotten any more"),
        ("working.db", "DELETE FROM patterns", "lost, added or changed: [\"shared pattern/p1\""),
        ("working.db", "UPDATE patterns SET action = 'x' WHERE owner <> ''", "[\"u1 pattern/p1\"]"),
    ] {
        let store = Store::unpack(CURRENT);
        assert_ne!(store.database(name).execute(sql, []).unwrap(), 0, "{sql}");
        let memory = store.open().await;
        let error = check(&memory, &expected).await.unwrap_err();
        assert!(error.contains(said), "{sql}: {error}");
        memory.shutdown().await.unwrap();
    }
}
