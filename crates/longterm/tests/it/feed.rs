//! The change feed: watermark, order, deletions.

use aios_longterm::{Applied, Config, FeedPage, Longterm};
use aios_record::{Change, FeedItem, Gate, Id, Key, Kind, Owner, Scope};

use crate::support::{model, note, open, removal, search, shared};

fn page(after: u64, through: u64, changes: Vec<(u64, Change)>) -> FeedPage {
    let changes = changes.into_iter().map(|(seq, change)| FeedItem { seq, change }).collect();
    FeedPage { after, through, changes }
}

fn upsert(id: &str, text: &str) -> Change {
    Change::Upsert(Box::new(note(id, text)))
}

fn delete(id: &str) -> Change {
    removal(id)
}

fn applied() -> Applied {
    Applied::Yes { refused: Vec::new() }
}

#[tokio::test]
async fn a_page_is_applied_once_whichever_process_pumps() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (open(dir.path()).await, open(dir.path()).await);
    let first = page(0, 5, vec![(5, upsert("a", "said once"))]);
    assert_eq!(one.feed().apply(first.clone()).await.unwrap(), applied());
    assert_eq!(other.feed().watermark().await.unwrap(), 5);
    let again = other.feed().apply(first).await.unwrap();
    assert_eq!(again, Applied::WatermarkMoved { watermark: 5 });
    assert_eq!(search(&other, "said").await, ["note/a"]);
}

#[tokio::test]
async fn a_deletion_takes_effect_at_once_and_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let changes = vec![(1, upsert("a", "red fox")), (2, upsert("b", "red hen"))];
    longterm.feed().apply(page(0, 2, changes)).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.feed().apply(page(2, 3, vec![(3, delete("a"))])).await.unwrap();
    assert_eq!(search(&longterm, "red").await, ["note/b"]);
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(search(&longterm, "red").await, ["note/b"]);
    assert_eq!(longterm.stats().await.unwrap().records, 1);
    longterm.feed().apply(page(3, 4, vec![(4, upsert("a", "red fox, back again"))])).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(search(&longterm, "fox").await[0], "note/a");
}

#[tokio::test]
async fn an_older_change_never_replaces_a_newer_one() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.feed().apply(page(0, 9, vec![(9, upsert("a", "newer"))])).await.unwrap();
    longterm.feed().apply(page(9, 10, vec![(3, upsert("a", "older"))])).await.unwrap();
    let record = longterm.get(&Key::new(Kind::Note, Id::new("a").unwrap())).await.unwrap().unwrap();
    assert_eq!(record.text, "newer");
}

#[tokio::test]
async fn a_conflict_is_reported_and_does_not_stop_the_feed() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "shared")]).await.unwrap();
    let mut elsewhere = note("a", "of an agent");
    elsewhere.scope = Scope::default().with_agent("coder");
    let changes = vec![(1, Change::Upsert(Box::new(elsewhere))), (2, upsert("b", "after it"))];
    let outcome = longterm.feed().apply(page(0, 2, changes)).await.unwrap();
    assert_eq!(outcome, Applied::Yes { refused: vec![shared("note/a")] });
    assert_eq!(search(&longterm, "after").await[0], "note/b");
    let listed = longterm.feed().refused(10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].identity, shared("note/a"));
    assert!(listed[0].reason.contains("another scope"), "{listed:?}");
    assert_eq!(longterm.stats().await.unwrap().refused, 1);
}

#[tokio::test]
async fn an_invalid_change_does_not_stop_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { text_bytes_max: 30, ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let mut deep = note("deep", "nested");
    deep.payload = (0..130).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let changes = vec![
        (1, upsert("long", "begins with a beginning and never seems to come to an end")),
        (2, Change::Upsert(Box::new(deep))),
        (3, upsert("fine", "short")),
    ];
    let outcome = longterm.feed().apply(page(0, 3, changes)).await.unwrap();
    assert_eq!(outcome, Applied::Yes { refused: vec![shared("note/deep")] });
    assert_eq!(search(&longterm, "beginning").await[0], "note/long");
    assert_eq!(search(&longterm, "short").await[0], "note/fine");
}

#[tokio::test]
async fn a_removal_without_an_owner_removes_the_only_record_of_its_key_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let of = |user: &str| longterm.scoped(Gate::owner(Owner::user(user).unwrap()));
    let removal =
        |id: &str| Change::Delete { owner: None, key: Key::new(Kind::Note, Id::new(id).unwrap()) };
    of("ada").store(vec![note("one", "hers"), note("two", "hers")]).await.unwrap();
    of("bob").store(vec![note("two", "his")]).await.unwrap();
    let changes = vec![(1, removal("one")), (2, removal("two")), (3, removal("three"))];
    let outcome = longterm.feed().apply(page(0, 3, changes)).await.unwrap();
    assert_eq!(outcome, Applied::Yes { refused: vec![shared("note/two")] });
    assert!(longterm.feed().refused(1).await.unwrap()[0].reason.contains("several owners"));
    let left =
        |it: Vec<aios_record::Identity>| it.iter().map(|it| it.to_string()).collect::<Vec<_>>();
    assert_eq!(
        left(longterm.records().identities().await.unwrap()),
        ["note/two of ada", "note/two of bob"]
    );
    // Once only one owner has it, the removal means that record.
    let identity = shared("note/two").key().of(Owner::user("bob").unwrap());
    longterm.forget(vec![identity]).await.unwrap();
    longterm.feed().apply(page(3, 4, vec![(4, removal("two"))])).await.unwrap();
    assert!(longterm.records().identities().await.unwrap().is_empty());
}
