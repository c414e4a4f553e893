//! Storing, reading back, identity, limits.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use aios_longterm::{Config, Error, FeedPage, Longterm, StoreOutcome};
use aios_record::{FeedItem, Id, Key, Kind, Record, Remedy, Scope, Source, Trust};
use serde_json::json;

use crate::support::{model, note, open, removal, search, shared};

#[tokio::test]
async fn stored_records_are_found_at_once_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "the staging port is 5433")]).await.unwrap();
    assert_eq!(search(&longterm, "staging port").await, ["note/a"]);
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(search(&longterm, "staging port").await, ["note/a"]);
    longterm.close().await.unwrap();
    let longterm = open(dir.path()).await;
    assert_eq!(search(&longterm, "staging port").await, ["note/a"]);
    assert_eq!(longterm.stats().await.unwrap().pending, 0);
}

#[tokio::test]
async fn a_record_is_read_back_whole_from_journal_and_library() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let mut record = note("whole", "every field is kept");
    record.scope = Scope::default().with_user("ada").with_agent("x").with_session("s");
    record.title = Some("A title".to_owned());
    record.speaker = Some("Ada".to_owned());
    record.position = Some(7);
    record.payload = json!({"nested": [1, 2.5, null, "\u{6771}"]});
    record.tags = vec!["one".to_owned(), "two words".to_owned()];
    record.source = Some(Source { kind: "file".to_owned(), id: "a.md".to_owned() });
    record.external_id = Some("D1:3".to_owned());
    record.importance = 0.9;
    record.confidence = 0.25;
    record.trust = Trust::Low;
    record.occurred_at = Some("2023-05-08T13:56:00Z".parse().unwrap());
    record.recorded_at = "2024-01-01T00:00:00Z".parse().unwrap();
    record.valid_from = Some("2023-01-01T00:00:00Z".parse().unwrap());
    record.valid_to = Some("2999-01-01T00:00:00Z".parse().unwrap());
    record.expires_at = Some("2999-01-01T00:00:00Z".parse().unwrap());
    record.superseded_by = Some(Id::new("next").unwrap());
    record.provenance.module = "planner".to_owned();
    longterm.store(vec![record.clone()]).await.unwrap();
    let key = record.key();
    let read = || longterm.get(&key);
    assert_eq!(read().await.unwrap().as_ref(), Some(&record));
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(read().await.unwrap().as_ref(), Some(&record));
    assert_eq!(longterm.get(&Key::new(Kind::Fact, record.id.clone())).await.unwrap(), None);
}

#[tokio::test]
async fn equal_content_is_known_and_new_content_replaces_it() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let store = |text: &'static str| longterm.store(vec![note("a", text)]);
    assert!(store("apples are red").await.unwrap()[0].outcome == StoreOutcome::Added);
    assert!(store("apples are red").await.unwrap()[0].outcome == StoreOutcome::Known);
    longterm.upkeep().drain().await.unwrap();
    assert!(store("apples are red").await.unwrap()[0].outcome == StoreOutcome::Known);
    assert!(store("pears are green").await.unwrap()[0].outcome == StoreOutcome::Updated);
    let check = async || {
        let record =
            longterm.get(&Key::new(Kind::Note, Id::new("a").unwrap())).await.unwrap().unwrap();
        assert_eq!(record.text, "pears are green");
        assert_eq!(search(&longterm, "apples pears").await, ["note/a"]);
        assert_eq!(longterm.stats().await.unwrap().records, 1);
    };
    check().await;
    longterm.upkeep().drain().await.unwrap();
    check().await;
    let known = longterm.records().known(&["note/a", "note/b"].map(shared)).await.unwrap();
    assert_eq!(known, [true, false]);
}

#[tokio::test]
async fn an_owner_has_a_record_in_one_scope_and_a_refused_batch_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let of_agent = |agent: &str| Record {
        scope: Scope::default().with_user("ada").with_agent(agent),
        ..note("a", agent)
    };
    longterm.store(vec![of_agent("coder")]).await.unwrap();
    let batch = vec![note("b", "beside it"), of_agent("critic")];
    let error = longterm.store(batch).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(longterm.records().known(&[shared("note/b")]).await.unwrap(), [false]);
    let kept = longterm.get(&Key::new(Kind::Note, Id::new("a").unwrap())).await.unwrap().unwrap();
    assert_eq!(kept.text, "coder");
}

#[tokio::test]
async fn limits_are_typed_errors_before_anything_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { text_bytes_max: 10, ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let records = vec![note("a", "short"), note("b", "longer than ten")];
    let error = longterm.store(records).await.unwrap_err();
    assert!(matches!(&error, Error::TooLong { bytes: 15, .. }), "{error}");
    assert_eq!(longterm.stats().await.unwrap().records, 0);
}

#[tokio::test]
async fn a_full_journal_refuses_with_a_retryable_error() {
    let dir = tempfile::tempdir().unwrap();
    let drain_delay = Duration::from_secs(3600);
    let config = Config { journal_rows_max: 1, drain_delay, ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    longterm.store(vec![note("a", "x")]).await.unwrap();
    let error = longterm.store(vec![note("b", "y")]).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    longterm.upkeep().drain().await.unwrap();
    longterm.store(vec![note("b", "y")]).await.unwrap();
}

#[tokio::test]
async fn a_batch_beyond_a_limit_leaves_nothing_and_deletions_are_always_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let closed = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
    let config = Config { journal_rows_max: 2, ..closed.clone() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let records = |ids: &[&str]| ids.iter().map(|id| note(id, "some words")).collect();
    longterm.store(records(&["a"])).await.unwrap();
    let error = longterm.store(records(&["b", "c"])).await.unwrap_err();
    assert!(matches!(error, Error::JournalFull { rows: 1, rows_max: 2 }), "{error}");
    assert_eq!(longterm.stats().await.unwrap().records, 1);
    longterm.upkeep().drain().await.unwrap();
    // A batch above the limit is accepted if nothing waits, since it would be refused for ever.
    longterm.store(records(&["b", "c", "d"])).await.unwrap();
    longterm.close().await.unwrap();

    let config = Config { disk_bytes_max: Some(1000), ..closed };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let error = longterm.store(records(&["e"])).await.unwrap_err();
    assert!(matches!(error, Error::LimitReached { bytes_max: 1000, .. }), "{error}");
    assert!(!error.is_retryable());
    let change = removal("a");
    let changes = vec![FeedItem { seq: 1, change }];
    longterm.feed().apply(FeedPage { after: 0, through: 1, changes }).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(longterm.stats().await.unwrap().records, 3);
}

#[tokio::test]
async fn only_the_owner_of_the_files_may_read_them() {
    fn check(dir: &Path) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            if path.is_dir() {
                check(&path);
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "x")]).await.unwrap();
    longterm.upkeep().verify().await.unwrap();
    longterm.close().await.unwrap();
    check(dir.path());
}

#[tokio::test]
async fn a_drain_ends_during_concurrent_writes() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let writer = tokio::spawn({
        let longterm = longterm.clone();
        async move {
            for n in 0_u64.. {
                longterm.store(vec![note(&n.to_string(), &format!("n{n}"))]).await.unwrap();
            }
        }
    });
    for name in ["first", "second", "third"] {
        longterm.store(vec![note(name, "what must be moved")]).await.unwrap();
        longterm.upkeep().drain().await.unwrap();
    }
    writer.abort();
    assert!(writer.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_damaged_row_of_the_journal_is_listed_and_reported_missing() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    longterm.store(vec![note("a", "one"), note("b", "two")]).await.unwrap();
    let journal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    journal.execute("UPDATE pending SET record = '{}' WHERE key LIKE '%note/a'", []).unwrap();
    longterm.upkeep().drain().await.unwrap();
    let listed = longterm.feed().refused(10).await.unwrap();
    let identities = listed.iter().map(|refused| &refused.identity);
    assert_eq!(identities.collect::<Vec<_>>(), [&shared("note/a")]);
    assert_eq!(longterm.upkeep().verify().await.unwrap().missing, [shared("note/a")]);
    assert_eq!(search(&longterm, "two").await, ["note/b"]);
}

#[tokio::test]
async fn two_handles_on_one_directory_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (owner, other) = (open(dir.path()).await, open(dir.path()).await);
    other.store(vec![note("a", "stored by the one that is not the owner")]).await.unwrap();
    assert_eq!(search(&owner, "owner").await, ["note/a"]);
    other.upkeep().drain().await.unwrap();
    owner.store(vec![note("b", "stored by the owner, then drained")]).await.unwrap();
    owner.upkeep().drain().await.unwrap();
    assert_eq!(search(&other, "drained").await[0], "note/b");
    owner.close().await.unwrap();
    other.store(vec![note("c", "the other takes over")]).await.unwrap();
    other.upkeep().drain().await.unwrap();
    assert_eq!(other.stats().await.unwrap().pending, 0);
    assert_eq!(search(&other, "takes over").await[0], "note/c");
}

#[tokio::test]
async fn another_model_is_refused_by_name() {
    struct Other;
    impl aios_embedding::Embedder for Other {
        fn embed_documents(&self, _: &[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error> {
            unreachable!("the store is refused before anything is embedded")
        }
        fn embed_query(&self, _: &str) -> Result<Vec<f32>, aios_embedding::Error> {
            unreachable!("the store is refused before anything is embedded")
        }
        fn count_tokens(&self, _: &str) -> usize {
            0
        }
        fn dimension(&self) -> usize {
            3
        }
        fn fingerprint(&self) -> &aios_embedding::Fingerprint {
            static NAME: std::sync::OnceLock<aios_embedding::Fingerprint> =
                std::sync::OnceLock::new();
            NAME.get_or_init(|| aios_embedding::Fingerprint::new("other-model"))
        }
    }
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).await.close().await.unwrap();
    let result = Longterm::open(dir.path(), Config::default(), std::sync::Arc::new(Other)).await;
    let error = result.err().unwrap().to_string();
    assert!(error.contains("other-model"), "{error}");
}

#[tokio::test]
async fn a_path_that_is_a_file_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = Longterm::open(&file, Config::default(), model()).await.err().unwrap();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[tokio::test]
async fn an_unreadable_payload_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let mut deep = note("deep", "nested");
    deep.payload = (0..130).fold(json!(1), |inner, _| json!([inner]));
    let error = longterm.store(vec![deep]).await.unwrap_err();
    assert!(matches!(error, Error::Unstorable { .. }), "{error}");
    let mut unsure = note("unsure", "no number");
    unsure.importance = f32::NAN;
    longterm.store(vec![unsure]).await.unwrap();
    assert_eq!(search(&longterm, "number").await, ["note/unsure"]);
}

#[tokio::test]
async fn a_library_without_its_journal_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "x")]).await.unwrap();
    longterm.close().await.unwrap();
    std::fs::remove_file(dir.path().join("journal.db")).unwrap();
    let error = Longterm::open(dir.path(), Config::default(), model()).await.err().unwrap();
    assert_eq!(error.remedy(), Some(Remedy::RestoreOrRepair), "{error}");
    assert!(dir.path().join("longterm/records.lance").exists());
}

#[tokio::test]
async fn a_cancelled_drain_stores_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for round in 0..5 {
        let records = (0..20).map(|n| note(&format!("{round}-{n}"), "again and again"));
        longterm.store(records.collect()).await.unwrap();
        let soon = std::time::Duration::from_millis(round);
        let _ = tokio::time::timeout(soon, longterm.upkeep().drain()).await;
    }
    longterm.upkeep().drain().await.unwrap();
    let report = longterm.upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.checked, 100);
}
