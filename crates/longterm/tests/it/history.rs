//! Older versions of records: kept when a record changes, deleted with it.

use aios_longterm::{FeedPage, Longterm};
use aios_record::{Change, FeedItem, Id, Key, Kind};

use crate::support::{note, open, removal};

async fn texts(longterm: &Longterm, id: &str) -> Vec<String> {
    let versions = longterm.history(&Key::new(Kind::Note, Id::new(id).unwrap())).await.unwrap();
    assert!(versions.iter().skip(1).all(|version| version.replaced_at.is_some()));
    assert!(versions.is_sorted_by(|newer, older| older.written_at <= newer.written_at));
    versions.into_iter().map(|version| version.record.text).collect()
}

async fn feed(longterm: &Longterm, after: u64, change: Change) {
    let changes = vec![FeedItem { seq: after + 1, change }];
    longterm.feed().apply(FeedPage { after, through: after + 1, changes }).await.unwrap();
}

#[tokio::test]
async fn every_version_stays_reachable_in_journal_and_library() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let store = |text: &str| longterm.store(vec![note("a", text), note("b", "beside it")]);
    store("one").await.unwrap();
    assert_eq!(texts(&longterm, "a").await, ["one"]);
    store("two").await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    store("three").await.unwrap();
    store("three").await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    feed(&longterm, 0, Change::Upsert(Box::new(note("a", "four")))).await;
    assert_eq!(texts(&longterm, "a").await, ["four", "three", "two", "one"]);
    assert_eq!(texts(&longterm, "b").await, ["beside it"]);
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();

    let longterm = open(dir.path()).await;
    assert_eq!(texts(&longterm, "a").await, ["four", "three", "two", "one"]);
    assert!(longterm.upkeep().verify().await.unwrap().is_clean());
}

#[tokio::test]
async fn a_deleted_record_has_no_history() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "secret")]).await.unwrap();
    longterm.store(vec![note("a", "redacted")]).await.unwrap();
    let gone = removal("a");
    feed(&longterm, 0, gone).await;
    assert_eq!(texts(&longterm, "a").await, [""; 0]);
    longterm.store(vec![note("a", "new")]).await.unwrap();
    assert_eq!(texts(&longterm, "a").await, ["new"]);
}

#[tokio::test]
async fn the_newest_hundred_older_versions_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for n in 0..105 {
        longterm.store(vec![note("a", &format!("version {n}"))]).await.unwrap();
    }
    let texts = texts(&longterm, "a").await;
    assert_eq!((texts.len(), &*texts[100]), (101, "version 4"));
}
