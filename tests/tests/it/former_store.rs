//! A store of the previous version, opened by this one: no record is lost, no owner sees records of
//! another, and ingesting its sources again adds nothing. `tests/fixtures/store-5/README.md`
//! describes its content.

mod again;
mod documents;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use aios_memory::{
    Access, AgentMemory, Config, Error, Id, Key, Kind, MemoryView, Record, Remedy, Scope,
    ScopeFilter, SearchOptions, working::Health,
};
use aios_memory_tests::directory;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::state::exported;

/// Minimum relevance of a checked hit. Below it, the order may change.
const RELEVANCE_MIN: f64 = 0.1;
/// Minimum relevance of a former first hit that must remain among the [`FIRST`] hits.
const RELEVANCE_OF_FIRST: f64 = 0.9;
const FIRST: usize = 3;
/// Texts that were purged.
const PURGED: &[&str] = &["90-21-wolf", "behind the beehive", "marzipan-9"];

static EXPECTED: LazyLock<Value> = LazyLock::new(|| {
    let text = fs::read_to_string(fixture().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

fn fixture() -> PathBuf {
    aios_memory_tests::fixture("store-5")
}

fn expected(part: &str) -> &'static [Value] {
    EXPECTED[part].as_array().unwrap()
}

/// A copy of the store, not yet opened.
struct Former {
    dir: TempDir,
}

impl Former {
    fn new() -> Former {
        let dir = tempfile::tempdir().unwrap();
        directory::copy(&fixture().join("store"), &dir.path().join("store"));
        Former { dir }
    }

    fn config(&self) -> Config {
        let mut config = Config::at(self.dir.path().join("store"));
        let retention = &mut config.retention;
        // The records are checked in any tier.
        retention.messages_days = 0;
        retention.goals_and_tasks_days = 0;
        config
    }

    async fn open(&self) -> AgentMemory {
        AgentMemory::open(self.config()).await.unwrap()
    }
}

#[tokio::test]
async fn a_reader_of_a_former_store_is_told_to_migrate_it() {
    let former = Former::new();
    let read = |name: &str| fs::read(former.dir.path().join("store").join(name)).unwrap();
    let before = [read("working.db"), read("journal.db")];
    let config = former.config().with_access(Access::ReadOnly);
    let refused = AgentMemory::open(config).await.unwrap_err();
    let is_former =
        matches!(&refused, Error::Longterm(aios_memory::longterm::Error::FormerLibrary { .. }));
    assert!(is_former, "{refused}");
    assert_eq!(refused.remedy(), Some(Remedy::Migrate), "{refused}");
    assert_eq!([read("working.db"), read("journal.db")], before);
}

/// Current name of the user whose name was empty.
const NO_NAME: &str = "(no name)";

/// Returns the current user of a record of the former store. `default` meant no user.
fn owner_now(user: Option<&str>) -> Option<String> {
    match user {
        None | Some("default") => None,
        Some("") => Some(NO_NAME.to_owned()),
        Some(user) => Some(user.to_owned()),
    }
}

fn user_of(scope: &Value) -> Option<&str> {
    scope["user"].as_str()
}

type Named = (String, String, Option<String>);

/// Returns all records, by kind, id and user.
async fn all(memory: &AgentMemory) -> BTreeMap<Named, Value> {
    let lines = exported(&memory.administrator()).await;
    let named = lines.into_iter().map(|line| {
        let name = |field: &str| line[field].as_str().unwrap().to_owned();
        ((name("kind"), name("id"), user_of(&line["scope"]).map(str::to_owned)), line)
    });
    named.collect()
}

/// Returns true for payload fields that this version computes differently: sessions belong to an
/// owner, so a shared session does not count the messages of users.
fn is_computed(kind: &str, field: &str) -> bool {
    matches!(field, "scope" | "user" | "user_id" | "updated_at")
        || (kind == "session" && matches!(field, "message_count" | "last_active"))
        || (kind == "message" && field == "position")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_store_keeps_all_records() {
    let former = Former::new();
    let memory = former.open().await;
    let verified = memory.administrator().upkeep().verify(|_| ()).await.unwrap();
    assert!(verified.is_clean(), "{verified:?}");
    let records = all(&memory).await;

    let mut lost = Vec::new();
    for record in expected("records") {
        let (kind, id) = (record["kind"].as_str().unwrap(), record["id"].as_str().unwrap());
        let user = owner_now(user_of(&record["scope"]));
        let Some(now) = records.get(&(kind.to_owned(), id.to_owned(), user.clone())) else {
            lost.push(format!("{kind}/{id} of {user:?} is gone"));
            continue;
        };
        for field in [
            "text",
            "source",
            "external_id",
            "valid_from",
            "valid_to",
            "superseded_by",
            "expires_at",
        ] {
            let (was, is) = (&record[field], &now[field]);
            // The text of a fact repeated its other fields.
            let is_statement = (kind, field) == ("fact", "text")
                && was.as_str().and_then(|it| it.lines().next()) == is.as_str();
            if was != is && !is_statement {
                lost.push(format!("{kind}/{id} of {user:?}: {field} was {was}, is {is}"));
            }
        }
        let mut scope = record["scope"].clone();
        match &user {
            Some(user) => scope["user"] = json!(user),
            None => drop(scope.as_object_mut().unwrap().remove("user")),
        }
        if scope != now["scope"] {
            lost.push(format!("{kind}/{id}: the scope {scope} is {} now", now["scope"]));
        }
        for (field, was) in record["payload"].as_object().unwrap() {
            let is = &now["payload"][field];
            if was != is && !is_computed(kind, field) {
                lost.push(format!("{kind}/{id} of {user:?}: {field} was {was}, is {is}"));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));

    // Users with messages in a shared session now have their own sessions.
    let were: Vec<Named> = expected("records")
        .iter()
        .map(|record| {
            let name = |field: &str| record[field].as_str().unwrap().to_owned();
            (name("kind"), name("id"), owner_now(user_of(&record["scope"])))
        })
        .collect();
    // A shared decision and a user's had the same id; only one of them was exported.
    let new = records.keys().filter(|name| !were.contains(name));
    let new = new.filter(|(kind, id, _)| kind != "session" && id != "fo-decision");
    assert_eq!(new.collect::<Vec<_>>(), Vec::<&Named>::new());

    history_is_as_it_was(&memory).await;
    settings_are_as_they_were(&memory).await;
    memory.shutdown().await.unwrap();
    let checks = aios_memory::upkeep::doctor(&former.config()).await;
    let bad: Vec<_> = checks.iter().filter(|it| it.check.health == Health::Bad).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

async fn history_is_as_it_was(memory: &AgentMemory) {
    for history in expected("history") {
        let user = owner_now(history["user"].as_str());
        let key = history["key"].as_str().unwrap().parse().unwrap();
        let view = view(memory, user.as_deref(), &[]);
        let versions = view.history(&key).await.unwrap();
        let versions: Vec<&str> = versions.iter().map(|it| it.record.text.as_str()).collect();
        let were = history["versions"].as_array().unwrap().iter();
        let were: Vec<&str> = were.map(|it| it["text"].as_str().unwrap()).collect();
        assert_eq!(versions, were, "{}", history["key"]);
    }
}

async fn settings_are_as_they_were(memory: &AgentMemory) {
    let mut were = BTreeMap::new();
    for preference in expected("preferences") {
        let user = owner_now(preference["user"].as_str());
        were.insert((user, preference["key"].as_str().unwrap()), &preference["value"]);
    }
    for ((user, key), value) in were {
        let view = view(memory, user.as_deref(), &[]);
        let preference = view.working().preferences().get(key).await.unwrap();
        assert_eq!(preference.as_ref(), Some(value), "{key} of {user:?}");
    }
    let persona = memory.working().persona().list().await.unwrap();
    assert_eq!(json!(persona), EXPECTED["persona"]);
}

/// Returns the view of a user, or of the administrator, narrowed by flags of the command line.
fn view(memory: &AgentMemory, user: Option<&str>, flags: &[Value]) -> MemoryView {
    let view = match user {
        Some(user) => memory.for_user(user).unwrap(),
        None => MemoryView::clone(&memory.administrator()),
    };
    let mut filter = ScopeFilter::new(Scope::default());
    let mut flags = flags.iter().map(|flag| flag.as_str().unwrap());
    while let Some(flag) = flags.next() {
        match flag {
            "--exact-scope" => filter = ScopeFilter::exact(filter.scope),
            "--session" => filter.scope.session = flags.next().map(str::to_owned),
            "--agent" => filter.scope.agent = flags.next().map(str::to_owned),
            "--collection" => drop(flags.next()),
            _ => panic!("{flag}"),
        }
    }
    view.narrow(&filter).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_store_answers_as_it_did() {
    let former = Former::new();
    let memory = former.open().await;
    let mut changed = Vec::new();
    for asked in expected("recall") {
        let flags = asked["flags"].as_array().unwrap();
        let view = view(&memory, owner_now(asked["user"].as_str()).as_deref(), flags);
        // Records of equal relevance may swap with later ones.
        let mut options = SearchOptions::default().with_limit(20);
        if let [.., collection, name] = flags.as_slice()
            && collection == "--collection"
        {
            options.kinds = Some(vec![Kind::meant_by(name.as_str().unwrap()).unwrap()]);
        }
        let query = asked["query"].as_str().unwrap();
        let found = view.recall_with(query, &options).await.unwrap().hits;
        let hits = asked["hits"].as_array().unwrap().iter();
        let hits: Vec<(String, Option<String>, f64)> = hits
            .map(|hit| {
                let key = hit["key"].as_str().unwrap().to_owned();
                (key, owner_now(hit["user"].as_str()), hit["relevance"].as_f64().unwrap())
            })
            .collect();
        let shown = |it: &aios_memory::Recollection| {
            format!("{} {:?} {:.3}", it.key(), it.user, it.relevance)
        };
        let found_now = || found.iter().map(shown).collect::<Vec<_>>().join("\n  ");
        for (place, (key, user, relevance)) in hits.iter().enumerate() {
            if *relevance < RELEVANCE_MIN {
                continue;
            }
            let now = found.iter().find(|it| it.key().to_string() == *key && it.user == *user);
            let is_folded = found
                .iter()
                .flat_map(|it| &it.folded)
                .any(|it| it.key().to_string() == *key && it.owner.name() == user.as_deref());
            // Relevance depends on the ranking, which has changed since.
            let is_first = place != 0
                || *relevance < RELEVANCE_OF_FIRST
                || found.iter().take(FIRST).any(|it| it.key().to_string() == *key);
            if !(is_folded || now.is_some() && is_first) {
                let user_asked = &asked["user"];
                changed.push(format!(
                    "{user_asked} asks `{query}`: {key} of {user:?} at {relevance}; found\n  {}",
                    found_now()
                ));
            }
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_store_keeps_its_tombstones_and_its_privacy() {
    let former = Former::new();
    let memory = former.open().await;
    let administrator = memory.administrator();
    for forgotten in expected("forgotten") {
        let record = draft(&memory, forgotten);
        // A text that was stored again lifts its tombstone.
        let is_back =
            administrator.longterm().records().known(&[record.identity()]).await.unwrap()[0];
        let out = administrator
            .longterm()
            .tombstones()
            .are_forgotten(std::slice::from_ref(&record))
            .await
            .unwrap();
        assert!(out[0] || is_back, "{forgotten}");
        let other = Record { scope: Scope::default().with_user("u3"), ..record };
        let out = administrator.longterm().tombstones().are_forgotten(&[other]).await.unwrap();
        assert!(!out[0], "what one owner forgot is not forgotten for another: {forgotten}");
    }
    let records = all(&memory).await;
    for key in EXPECTED["files"]["purged_keys"].as_array().unwrap() {
        let (kind, id) = key.as_str().unwrap().split_once('/').unwrap();
        let named = records.keys().filter(|(of, name, _)| of == kind && name == id);
        assert_eq!(named.count(), 0, "{key}");
    }
    for (user, secrets) in [
        (None, &["u1 hides", "name is empty", "one blank", "two lines", "300 characters"][..]),
        (Some("u2"), &["u1 hides", "name is empty", "one blank", "two lines", "300 characters"]),
        (Some("u1"), &["name is empty", "one blank", "two lines", "300 characters"]),
    ] {
        let view = match user {
            None => memory.for_shared(),
            Some(user) => memory.for_user(user).unwrap(),
        };
        let seen = exported(&view).await;
        let seen = seen.iter().map(Value::to_string).collect::<String>();
        let options = SearchOptions::default().with_limit(100);
        let found = view.recall_with("A note of a user whose name is", &options).await.unwrap();
        let seen = format!("{seen}{found:?}");
        for secret in secrets {
            assert!(!seen.contains(secret), "{user:?} sees `{secret}`");
        }
    }
    let everything = records.values().map(Value::to_string).collect::<String>();
    for secret in ["name is empty", "one blank", "two lines", "300 characters"] {
        assert!(everything.contains(secret), "the administrator sees `{secret}`");
    }
    memory.shutdown().await.unwrap();
    assert_eq!(files_with(PURGED, &former.dir.path().join("store")), Vec::<PathBuf>::new());
}

/// Returns the forgotten record as a source would provide it again.
fn draft(memory: &AgentMemory, forgotten: &Value) -> Record {
    let (kind, id) = forgotten["key"].as_str().unwrap().split_once('/').unwrap();
    let note = json!({"id": id, "content": "a note"});
    let Value::Object(note) = note else { unreachable!() };
    let mut record = memory.for_shared().longterm().records().build(Kind::Note, note).unwrap();
    record.kind = kind.parse().unwrap();
    record.text = forgotten["text"].as_str().unwrap().to_owned();
    record.scope = serde_json::from_value(forgotten["scope"].clone()).unwrap();
    record
}

fn files_with(secrets: &[&str], dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(secrets, &path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let has = |secret: &&&str| bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
        if secrets.iter().find(has).is_some() {
            found.push(path);
        }
    }
    found
}

/// The previous version had one record per id and kind, and skipped the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_refused_for_its_id_is_found_after_maintenance() {
    let former = Former::new();
    let memory = former.open().await;
    memory.administrator().upkeep().maintain().await.unwrap();
    let id = Id::new("fo-decision").unwrap();
    let own =
        memory.for_user("u2").unwrap().longterm().get(&Key::new(Kind::Decision, id.clone())).await;
    assert_eq!(own.unwrap().unwrap().scope.user.as_deref(), Some("u2"));
    let shared = memory.for_shared().longterm().get(&Key::new(Kind::Decision, id.clone())).await;
    assert_eq!(shared.unwrap().unwrap().scope.user, None);
    memory.shutdown().await.unwrap();
}
