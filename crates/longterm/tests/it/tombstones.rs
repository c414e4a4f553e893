//! Forgotten records that are found again.

use aios_longterm::{Applied, FeedPage, Longterm};
use aios_record::{Change, FeedItem, Gate, Id, Identity, Kind, Owner, Record, Scope};

use crate::{
    files::with_bytes,
    support::{note, open, shared},
};

const TEXT: &str = "the code of the vault is zanzibarquux";

async fn is_forgotten(longterm: &Longterm, record: &Record) -> bool {
    longterm.tombstones().are_forgotten(std::slice::from_ref(record)).await.unwrap() == [true]
}

fn of_ada(record: Record) -> Record {
    Record { scope: Scope::default().with_user("ada"), ..record }
}

#[tokio::test]
async fn a_forgotten_record_is_recognised_by_its_text_and_by_its_identity() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", TEXT), note("b", "cheese")]).await.unwrap();
    assert!(!is_forgotten(&longterm, &note("a", TEXT)).await);
    longterm.upkeep().drain().await.unwrap();
    longterm.forget(vec![shared("note/a")]).await.unwrap();
    longterm.close().await.unwrap();

    let longterm = open(dir.path()).await;
    assert!(is_forgotten(&longterm, &note("a", TEXT)).await);
    assert!(is_forgotten(&longterm, &note("other", TEXT)).await);
    assert!(is_forgotten(&longterm, &note("a", "it reads differently now")).await);
    let fact = Record { kind: Kind::Fact, ..note("other", TEXT) };
    for other in [note("b", "cheese"), note("c", "never heard"), of_ada(note("o", TEXT)), fact] {
        assert!(!is_forgotten(&longterm, &other).await, "{other:?}");
    }
}

#[tokio::test]
async fn storing_a_record_lifts_its_tombstones() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let texts = ["one", "two", "three"].map(|number| format!("{TEXT} {number}"));
    let (one, two, three) = (note("1", &texts[0]), note("2", &texts[1]), note("3", &texts[2]));
    longterm.store(vec![one.clone(), two.clone(), three]).await.unwrap();
    let keys = ["note/1", "note/2", "note/3"].map(shared).to_vec();
    longterm.upkeep().purge(keys).await.unwrap();

    // With its id, and with another id.
    longterm.store(vec![one.clone(), note("another", &texts[1])]).await.unwrap();
    assert!(!is_forgotten(&longterm, &one).await);
    assert!(!is_forgotten(&longterm, &two).await);
    // Another text with its id.
    longterm.store(vec![note("3", "nothing secret")]).await.unwrap();
    assert!(!is_forgotten(&longterm, &note("3", "nothing secret")).await);
    assert!(is_forgotten(&longterm, &note("another", &texts[2])).await);
    // Through the feed.
    let change = Change::Upsert(Box::new(note("4", &texts[2])));
    let page = FeedPage { after: 0, through: 1, changes: vec![FeedItem { seq: 1, change }] };
    assert_eq!(longterm.feed().apply(page).await.unwrap(), Applied::Yes { refused: Vec::new() });
    assert!(!is_forgotten(&longterm, &note("another", &texts[2])).await);
    assert_eq!(longterm.stats().await.unwrap().records, 4);
}

#[tokio::test]
async fn tombstones_of_other_tiers_are_stored_and_lifted() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let setting = |user: &str, text: &str| {
        let id = Id::new("pet").unwrap();
        Record::new(Kind::Preference, id, text, Scope::default().with_user(user))
    };
    let empty = note("empty", "");
    longterm.tombstones().leave(&[setting("ada", "pet: cat"), empty.clone()]).await.unwrap();
    assert!(is_forgotten(&longterm, &setting("ada", "pet: dog")).await);
    assert!(!is_forgotten(&longterm, &setting("bob", "pet: dog")).await);
    assert!(is_forgotten(&longterm, &empty).await);
    assert!(!is_forgotten(&longterm, &note("other", "")).await);
    longterm.tombstones().lift(&[setting("ada", "pet: dog")]).await.unwrap();
    assert!(!is_forgotten(&longterm, &setting("ada", "pet: dog")).await);
}

#[tokio::test]
async fn a_purged_record_leaves_only_a_tombstone() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", TEXT)]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.upkeep().purge(vec![shared("note/a")]).await.unwrap();
    assert!(with_bytes(dir.path(), &[b"zanzibarquux".to_vec()]).is_empty());
    assert!(is_forgotten(&longterm, &note("b", TEXT)).await);
    // A copy recognises it, another memory does not.
    longterm.upkeep().backup(copy.path(), |_| {}).await.unwrap();
    let copied = open(copy.path()).await;
    assert!(is_forgotten(&copied, &note("b", TEXT)).await);
    let other = tempfile::tempdir().unwrap();
    assert!(!is_forgotten(&open(other.path()).await, &note("b", TEXT)).await);
}

#[tokio::test]
async fn a_forgotten_text_is_recognised_in_any_spelling_of_its_letters() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "The caf\u{e9} opens at 5")]).await.unwrap();
    longterm.forget(vec![shared("note/a")]).await.unwrap();
    for alike in ["the CAFE\u{301}  opens at\r\n5", "The ca\u{ad}f\u{e9} opens at \u{ff15}\u{200b}"]
    {
        assert!(is_forgotten(&longterm, &note("b", alike)).await, "{alike:?}");
    }
    assert!(!is_forgotten(&longterm, &note("b", "The cafe opens at 5")).await);
    // Storing it in another spelling lifts the tombstone of all spellings.
    longterm.store(vec![note("c", "THE CAF\u{c9} OPENS AT 5")]).await.unwrap();
    assert!(!is_forgotten(&longterm, &note("b", "The caf\u{e9} opens at 5")).await);
}

#[tokio::test]
async fn forgetting_affects_only_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let of = |user: &str| longterm.scoped(Gate::owner(Owner::user(user).unwrap()));
    let (ada, bob) = (of("ada"), of("bob"));
    let project =
        |record: Record| Record { scope: Scope::default().with_project("here"), ..record };
    for view in [&ada, &bob] {
        view.store(vec![note("a", TEXT), project(note("p", "in a project"))]).await.unwrap();
    }
    let mine =
        |id: &str| Identity::new(Owner::user("ada").unwrap(), Kind::Note, Id::new(id).unwrap());
    assert_eq!(ada.forget(vec![mine("a"), mine("p")]).await.unwrap().len(), 2);
    assert!(bob.forget(vec![mine("a")]).await.unwrap().is_empty());
    for record in [note("a", TEXT), note("a", "another"), note("o", TEXT)] {
        let of_one = std::slice::from_ref(&record);
        assert_eq!(ada.tombstones().are_forgotten(of_one).await.unwrap(), [true], "{record:?}");
        assert_eq!(bob.tombstones().are_forgotten(of_one).await.unwrap(), [false], "{record:?}");
        assert!(!is_forgotten(&longterm, &record).await, "{record:?}");
    }
    let moved = [note("o", "in a project"), project(note("o", "in a project"))];
    assert_eq!(ada.tombstones().are_forgotten(&moved).await.unwrap(), [false, true]);
    // A record of another owner does not lift her tombstone.
    bob.store(vec![note("o", TEXT)]).await.unwrap();
    assert_eq!(ada.tombstones().are_forgotten(&[note("a", TEXT)]).await.unwrap(), [true]);
}
