//! Forgetting and purging.

use std::{
    collections::BTreeSet,
    fs,
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use aios_longterm::{Config, Longterm, LongtermView, Obstacle};
use aios_memory_tests::child::{self, Child};
use aios_record::{
    Gate, Id, Identity, Key, Kind, Owner, Record, Scope, ScopeFilter, Source, forms,
};
use serde_json::json;

use crate::{
    files::{files, with_bytes, with_rounded, with_token, with_values},
    support::{model, note, open, search, shared},
};

/// Words that nothing else contains: of the older version, of the current one, of its payload, and
/// of a damaged row.
const WORDS: [&str; 4] = ["wobblefrotz", "zanzibarquux", "mumblethrip", "grumblewort"];
/// The text to purge.
const SECRET: &str = "the code of the vault is zanzibarquux nine four one seven";

fn notes(ids: &[&str]) -> Vec<Identity> {
    ids.iter().map(|id| shared(&format!("note/{id}"))).collect()
}

fn needles() -> Vec<Vec<u8>> {
    let vector = model().embed_documents(&[SECRET]).unwrap().remove(0);
    let vector = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    let plain = WORDS.iter().map(|word| word.as_bytes().to_vec());
    let all = WORDS.iter().flat_map(|word| encodings(word)).chain(encodings(SECRET));
    plain.chain([vector]).chain(all).collect()
}

/// Returns a text as given and in its normal forms, in UTF-8 and both byte orders of UTF-16.
fn encodings(text: &str) -> Vec<Vec<u8>> {
    let written = [text.to_owned(), forms::forgotten(text), forms::skeleton(text)];
    let encode = |text: String| {
        let units = || text.encode_utf16();
        let (little, big) =
            (units().flat_map(u16::to_le_bytes), units().flat_map(u16::to_be_bytes));
        [text.as_bytes().to_vec(), little.collect(), big.collect()]
    };
    written.into_iter().flat_map(encode).collect()
}

/// Returns a configuration with a vector index, in which nothing moves unless requested.
fn config() -> Config {
    Config {
        drain_delay: Duration::from_secs(3600),
        index_threshold: Some(300),
        ..Config::default()
    }
}

/// Creates a memory that has the data to purge everywhere: in several versions and files of the
/// library, in its indexes, in the journal, in its list of refused changes, and in the quarantine.
async fn filled(dir: &Path) -> Longterm {
    let config = Config { index_after_rows: 100, ..config() };
    let longterm = Longterm::open(dir, config, model()).await.unwrap();
    let fillers = (0..400).map(|n| note(&n.to_string(), &format!("filler number {n} of many")));
    let first = note("secret", "once the code was wobblefrotz");
    longterm.store(fillers.chain([first]).collect()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let mut secret = note("secret", SECRET);
    secret.payload = json!({"note": "mumblethrip"});
    let others = (0..150).map(|n| note(&format!("late-{n}"), "some more of them"));
    longterm.store(others.chain([secret]).collect()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.store(vec![note("bad", "a grumblewort")]).await.unwrap();
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    let sql = "UPDATE pending SET record = '{\"grumblewort\": 1}' WHERE key LIKE '%note/bad'";
    journal.execute(sql, []).unwrap();
    journal.close().unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.store(vec![note("new", "wobblefrotz that still waits")]).await.unwrap();
    fs::create_dir_all(dir.join("quarantine")).unwrap();
    fs::write(dir.join("quarantine/1.manifest"), SECRET).unwrap();
    longterm
}

fn index_files(dir: &Path) -> BTreeSet<PathBuf> {
    files(&dir.join("longterm/records.lance/_indices")).into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn purged_data_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let (dir, needles) = (dir.path(), needles());
    let longterm = filled(dir).await;
    // The control: each needle is found in the library's values and in bytes of files.
    for needle in &needles[..=WORDS.len()] {
        assert!(!with_bytes(dir, std::slice::from_ref(needle)).is_empty());
    }
    for at in [0, 1, 2, 4] {
        assert!(!with_values(dir, &needles[at..=at]).await.is_empty(), "needle {at}");
    }
    let id = Id::new("secret").unwrap();
    assert_eq!(longterm.history(&Key::new(Kind::Note, id.clone())).await.unwrap().len(), 2);
    let indexes = index_files(dir);
    // The full-text index holds the token, and the vector index the rounded vector.
    let in_indexes = dir.join("longterm/records.lance/_indices");
    assert!(!with_token(&in_indexes, WORDS[1]).await.is_empty());
    let vector = model().embed_documents(&[SECRET]).unwrap().remove(0);
    assert!(!with_rounded(&in_indexes, &vector).await.is_empty());

    let all = notes(&["secret", "bad", "new", "never"]);
    let purged = longterm.upkeep().purge(all.clone()).await.unwrap();
    assert_eq!((purged.identities, purged.pending), (notes(&["secret", "bad", "new"]), None));
    assert_eq!(with_bytes(dir, &needles), Vec::<PathBuf>::new());
    assert_eq!(with_values(dir, &needles).await, Vec::<PathBuf>::new());
    assert!(index_files(dir).iter().any(|path| path.ends_with("auxiliary.idx")));
    assert_eq!(with_token(&in_indexes, WORDS[1]).await, Vec::<PathBuf>::new());
    assert!(!with_token(&in_indexes, "filler").await.is_empty());
    assert_eq!(with_rounded(&in_indexes, &vector).await, Vec::<PathBuf>::new());
    // Index files that contain neither in a searched form are new all the same.
    let left: Vec<_> = index_files(dir).intersection(&indexes).cloned().collect();
    assert_eq!(left, Vec::<PathBuf>::new());

    assert_eq!(longterm.records().known(&all).await.unwrap(), [false; 4]);
    assert_eq!(longterm.history(&Key::new(Kind::Note, id.clone())).await.unwrap(), []);
    assert_eq!(longterm.feed().refused(10).await.unwrap(), []);
    let report = longterm.upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.checked, 550);
    assert_eq!(search(&longterm, "filler number 7").await[0], "note/7");
    longterm.store(vec![note("secret", "another one")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(search(&longterm, "another one").await[0], "note/secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_records_are_hidden_and_can_be_purged_later() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", SECRET), note("b", "a vault of cheese")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(longterm.forget(notes(&["a", "c"])).await.unwrap(), notes(&["a"]));
    assert_eq!(longterm.forget(notes(&["a"])).await.unwrap(), []);
    assert_eq!(search(&longterm, "the vault").await, ["note/b"]);
    assert_eq!(longterm.get(&Key::new(Kind::Note, Id::new("a").unwrap())).await.unwrap(), None);
    longterm.upkeep().drain().await.unwrap();
    assert!(!with_bytes(dir.path(), &needles()).is_empty());
    assert_eq!(longterm.upkeep().purge(notes(&["a"])).await.unwrap().identities, []);
    assert_eq!(with_bytes(dir.path(), &needles()), Vec::<PathBuf>::new());
    assert_eq!(search(&longterm, "the vault").await, ["note/b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_records_can_be_purged() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = filled(dir.path()).await;
    let all = longterm.records().identities().await.unwrap();
    assert_eq!(longterm.upkeep().purge(all).await.unwrap().identities.len(), 553);
    assert_eq!(with_bytes(dir.path(), &[b"filler".to_vec()]), Vec::<PathBuf>::new());
    assert_eq!(longterm.stats().await.unwrap().records, 0);
    assert_eq!(search(&longterm, "filler").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_read_blocks_a_purge_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", SECRET), note("b", "cheese")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.upkeep().verify().await.unwrap();
    let reading = File::options().read(true).write(true).open(dir.path().join("readers.lock"));
    let reading = reading.unwrap();
    reading.lock_shared().unwrap();
    let purged = longterm.upkeep().purge(notes(&["a"])).await.unwrap();
    assert_eq!((purged.identities, purged.pending), (notes(&["a"]), Some(Obstacle::LibraryReader)));
    assert_eq!(search(&longterm, "vault").await, ["note/b"]);
    assert!(!with_bytes(dir.path(), &needles()).is_empty());
    longterm.close().await.unwrap();
    drop(reading);
    // The next owner finishes the purge without another request.
    let longterm = open(dir.path()).await;
    while longterm.upkeep().finish_purges().await.unwrap().is_some() {}
    assert_eq!(with_bytes(dir.path(), &needles()), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_finishes_the_purge_of_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let (_owner, other) = (open(dir.path()).await, open(dir.path()).await);
    other.store(vec![note("a", SECRET)]).await.unwrap();
    other.upkeep().drain().await.unwrap();
    assert_eq!(search(&other, "vault").await, ["note/a"]);
    assert_eq!(other.upkeep().purge(notes(&["a"])).await.unwrap().pending, None);
    assert_eq!(with_bytes(dir.path(), &needles()), Vec::<PathBuf>::new());
    assert_eq!(search(&other, "vault").await, Vec::<String>::new());
}

#[tokio::test]
async fn derived_returns_children_and_records_made_from_them() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let of = |kind, id: &str, payload| Record {
        payload,
        ..Record::new(kind, Id::new(id).unwrap(), "some words", Scope::default())
    };
    let file = Source { kind: "file".to_owned(), id: "a.md".to_owned() };
    let chunk = Record { source: Some(file.clone()), ..of(Kind::Knowledge, "chunk", json!({})) };
    longterm
        .store(vec![
            of(Kind::Goal, "g", json!({})),
            of(Kind::Task, "t", json!({"goal_id": "g"})),
            of(Kind::Task, "alone", json!({"goal_id": "h"})),
        ])
        .await
        .unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm
        .store(vec![
            of(Kind::ToolCall, "c", json!({"task_id": "t"})),
            of(Kind::Summary, "s", json!({"originals": ["tool_call/c", "note/x"]})),
            chunk,
        ])
        .await
        .unwrap();
    let derived = |key: &str| {
        let (longterm, of) = (longterm.clone(), [shared(key)]);
        async move { longterm.sources().derived(&of, &[]).await.unwrap() }
    };
    let made_of_goal = ["task/t", "tool_call/c", "summary/s"].map(shared);
    assert_eq!(derived("goal/g").await, made_of_goal);
    assert_eq!(
        longterm.sources().derived(&[], &[file]).await.unwrap(),
        [shared("knowledge/chunk")]
    );
    assert_eq!(derived("note/x").await, [shared("summary/s")]);
    assert_eq!(derived("task/alone").await, []);

    let mut of_ada = note("hers", "words");
    of_ada.scope = Scope::default().with_user("ada").with_session("s");
    longterm.store(vec![of_ada]).await.unwrap();
    let of_ada = ScopeFilter::exact(Scope::default().with_user("ada"));
    let found = longterm.narrow(&of_ada).unwrap().records().identities().await.unwrap();
    assert_eq!(found, [Identity { owner: Owner::user("ada").unwrap(), ..shared("note/hers") }]);
    assert_eq!(longterm.records().identities().await.unwrap().len(), 7);
}

/// Runs as a child, which is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = child::place() else { return };
    let longterm = Longterm::open(&dir, config(), model()).await.unwrap();
    longterm.upkeep().purge(notes(&["secret", "bad", "new"])).await.unwrap();
}

/// Returns the progress of a purge, seen from outside: the number of versions of the library, and
/// the number of its notes in the journal.
fn progress(dir: &Path) -> (usize, i64) {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    journal.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = "SELECT count(*) FROM meta WHERE name LIKE 'purge%'";
    let notes = journal.query_row(sql, [], |row| row.get(0)).unwrap();
    let versions = dir.join("longterm/records.lance/_versions");
    (fs::read_dir(versions).unwrap().count(), notes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_is_killed_is_finished_by_the_next_owner() {
    // Killed after this many versions since the request, or once the library is rewritten.
    for versions_made in [0, 1, 2, 4, usize::MAX] {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        filled(dir).await.close().await.unwrap();
        let (before, _) = progress(dir);
        Child::start("purge::child", dir).kill_when(|| {
            let (versions, notes) = progress(dir);
            let is_far = versions.saturating_sub(before) >= versions_made;
            1 <= notes && is_far || 2 <= notes
        });
        let longterm = Longterm::open(dir, config(), model()).await.unwrap();
        assert_eq!(longterm.upkeep().finish_purges().await.unwrap(), None);
        assert_eq!(with_bytes(dir, &needles()), Vec::<PathBuf>::new(), "{versions_made}");
        assert_eq!(with_values(dir, &needles()).await, Vec::<PathBuf>::new());
        let report = longterm.upkeep().verify().await.unwrap();
        assert!(report.is_clean() && report.checked == 550, "{report:?}");
    }
}

#[tokio::test]
async fn derived_stays_within_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let file = Source { kind: "file".to_owned(), id: "a.md".to_owned() };
    let of = |user: &str, kind, id: &str| {
        let scope =
            Scope { user: Some(user.to_owned()).filter(|it| !it.is_empty()), ..Scope::default() };
        Record::new(kind, Id::new(id).unwrap(), format!("words of {user}"), scope)
    };
    let owners = ["", "ada", "bob"];
    for user in owners {
        let goal = of(user, Kind::Goal, "g");
        let by_name = Record { payload: json!({"goal_id": "g"}), ..of(user, Kind::Task, "named") };
        let references = vec![goal.identity()];
        let by_identity = Record { references, ..of(user, Kind::Task, "referred") };
        let references = vec![of("", Kind::Goal, "g").identity()];
        let of_shared = Record { references, ..of(user, Kind::Task, "of-shared") };
        let chunk = Record { source: Some(file.clone()), ..of(user, Kind::Knowledge, "chunk") };
        longterm.store(vec![goal, by_name, by_identity, of_shared, chunk]).await.unwrap();
    }
    let derived = async |view: &LongtermView, user: &str| {
        let goal = of(user, Kind::Goal, "g").identity();
        let mut derived: Vec<String> = view
            .sources()
            .derived(&[goal], &[])
            .await
            .unwrap()
            .iter()
            .map(Identity::to_string)
            .collect();
        derived.sort();
        derived
    };
    for _ in ["in the journal", "in the library"] {
        let of_ada = ["task/named of ada", "task/referred of ada"];
        assert_eq!(derived(&longterm, "ada").await, of_ada);
        let of_shared = ["task/named", "task/of-shared", "task/referred"];
        assert_eq!(derived(&longterm, "").await, of_shared);
        let bob = longterm.scoped(Gate::owner(Owner::user("bob").unwrap()));
        assert!(derived(&bob, "ada").await.is_empty());
        let chunks = bob.sources().derived(&[], std::slice::from_ref(&file)).await.unwrap();
        assert_eq!(chunks.len(), 2, "his own and the shared one: {chunks:?}");
        longterm.upkeep().drain().await.unwrap();
    }
}

#[tokio::test]
async fn a_shorter_document_of_one_owner_removes_no_piece_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let long: String = (0..400).map(|n| format!("Sentence number {n} is about herons. ")).collect();
    let document = |content: &str| {
        let mut knowledge = aios_longterm::Knowledge::new("herons", content);
        knowledge.id = Id::new("doc").unwrap();
        knowledge
    };
    let of = |user: &str| longterm.scoped(Gate::owner(Owner::user(user).unwrap()));
    let (ada, bob) = (of("ada"), of("bob"));
    for view in [&ada, &bob] {
        view.knowledge().put(document(&long)).await.unwrap();
    }
    let pieces = bob.records().identities().await.unwrap().len();
    assert!(2 < pieces);
    ada.knowledge().put(document("Herons fish.")).await.unwrap();
    let left = longterm.records().identities().await.unwrap();
    let of_ada = left.iter().filter(|it| it.owner.as_str() == "ada").count();
    assert_eq!((of_ada, bob.records().identities().await.unwrap().len()), (1, pieces));
    // Forgetting the whole and its pieces leaves the other owner's document.
    let whole =
        Identity::new(Owner::user("bob").unwrap(), Kind::Knowledge, Id::new("doc").unwrap());
    let mut all = longterm.sources().derived(std::slice::from_ref(&whole), &[]).await.unwrap();
    assert_eq!(all.len(), pieces - 1);
    all.push(whole);
    longterm.forget(all).await.unwrap();
    assert_eq!(longterm.records().identities().await.unwrap().len(), 1);
}
