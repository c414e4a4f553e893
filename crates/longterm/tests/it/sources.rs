//! Records by source, retired records, and references between records.

use std::sync::atomic::{AtomicI64, Ordering};

use aios_longterm::{Config, Error, Found, Knowledge, Longterm, LongtermView, SearchOptions};
use aios_record::{Gate, Id, Identity, Key, Kind, Owner, Record, Scope, Source, Timestamp};

use crate::support::{keys, model, note, open, search, shared};

/// Current time of the test that sets a clock, in microseconds.
static TIME: AtomicI64 = AtomicI64::new(1_000_000);

fn now() -> Timestamp {
    Timestamp::from_microsecond(TIME.load(Ordering::Relaxed)).unwrap()
}

/// Builds a piece of a document.
fn piece(id: &str, document: &str, text: &str) -> Record {
    Record { source: Some(Source::file(document)), ..note(id, text) }
}

async fn is_forgotten(longterm: &LongtermView, record: &Record) -> bool {
    longterm.tombstones().are_forgotten(std::slice::from_ref(record)).await.unwrap() == [true]
}

fn of(longterm: &Longterm, user: &str) -> LongtermView {
    longterm.scoped(Gate::owner(Owner::user(user).unwrap()))
}

#[tokio::test]
async fn a_retired_record_is_found_only_as_of_before_and_is_otherwise_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { clock: now, ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    longterm.store(vec![note("a", "the zebra sleeps"), note("b", "the zebra eats")]).await.unwrap();
    for is_in_library in [false, true] {
        if is_in_library {
            longterm.upkeep().drain().await.unwrap();
        }
        let retired = if is_in_library { shared("note/b") } else { shared("note/a") };
        let before =
            longterm.records().get_all(std::slice::from_ref(&retired)).await.unwrap().remove(0);
        let then = TIME.fetch_add(1_000_000, Ordering::Relaxed);
        let done =
            longterm.sources().retire(&[retired.clone(), shared("note/none")]).await.unwrap();
        assert_eq!(done, std::slice::from_ref(&retired));
        assert_eq!(longterm.sources().retire(std::slice::from_ref(&retired)).await.unwrap(), []);
        let left = search(&longterm, "the zebra").await;
        assert!(!left.contains(&retired.key().to_string()), "{left:?}");
        let options =
            SearchOptions::default().with_as_of(Timestamp::from_microsecond(then).unwrap());
        let found: Found = longterm.search("the zebra", &options).await.unwrap();
        assert!(keys(&found).contains(&retired.key().to_string()), "{found:?}");
        let after = longterm.records().get_all(&[retired]).await.unwrap().remove(0);
        let end = Timestamp::from_microsecond(then + 1_000_000).unwrap();
        assert_eq!(after, Record { valid_to: Some(end), ..before });
    }
    let ada = of(&longterm, "ada");
    let error = ada.sources().retire(&[shared("note/a")]).await;
    assert_eq!(error.unwrap(), [], "it is retired already");
    longterm.store(vec![note("c", "the zebra runs")]).await.unwrap();
    assert!(matches!(ada.sources().retire(&[shared("note/c")]).await, Err(Error::NotYours { .. })));
}

#[tokio::test]
async fn records_are_found_by_source_and_by_id_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let records = [piece("d-1", "/a", "one"), piece("d-2", "/a", "two"), piece("e-1", "/b", "one")];
    longterm.store(records.to_vec()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.store(vec![piece("d", "/b", "three"), note("d-0", "four")]).await.unwrap();
    let of = |keys: &[&str]| keys.iter().map(|key| shared(key)).collect::<Vec<Identity>>();
    let begin = longterm.records().with_prefix(Kind::Note, "d-").await.unwrap();
    assert_eq!(begin, of(&["note/d-0", "note/d-1", "note/d-2"]));
    assert_eq!(longterm.records().with_prefix(Kind::Note, "f").await.unwrap(), []);
    let mut sourced = longterm.sources().made_from(&[Source::file("/b")]).await.unwrap();
    sourced.sort();
    assert_eq!(sourced, of(&["note/d", "note/e-1"]));
    let sources = longterm.sources().ids(Source::FILE).await.unwrap();
    assert_eq!(Vec::from_iter(sources), ["/a", "/b"]);
}

#[tokio::test]
async fn a_forgotten_piece_keeps_out_no_piece_of_another_document() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let (of_a, of_b) = (piece("a", "/a", "a licence"), piece("b", "/b", "a licence"));
    longterm.store(vec![of_a.clone(), of_b.clone()]).await.unwrap();
    longterm.forget(vec![of_a.identity()]).await.unwrap();
    for again in [&of_a, &piece("c", "/a", "A  licence")] {
        assert!(is_forgotten(&longterm, again).await, "{again:?}");
    }
    for other in [&of_b, &piece("c", "/b", "a licence"), &note("c", "a licence")] {
        assert!(!is_forgotten(&longterm, other).await, "{other:?}");
    }
    // Storing the one document again does not lift the tombstone of the other.
    longterm.store(vec![Record { importance: 0.7, ..of_b }]).await.unwrap();
    assert!(is_forgotten(&longterm, &of_a).await);
    longterm.store(vec![of_a.clone()]).await.unwrap();
    assert!(!is_forgotten(&longterm, &of_a).await);

    // A text that was forgotten outside documents keeps pieces out as well.
    longterm.store(vec![note("n", "a secret")]).await.unwrap();
    longterm.forget(vec![shared("note/n")]).await.unwrap();
    assert!(is_forgotten(&longterm, &piece("d", "/a", "a secret")).await);
}

#[tokio::test]
async fn retiring_a_piece_lifts_no_tombstone_of_its_text() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let (first, second) = (piece("1", "/a", "twice"), piece("2", "/a", "twice"));
    longterm.store(vec![first.clone(), second.clone()]).await.unwrap();
    longterm.forget(vec![first.identity()]).await.unwrap();
    longterm.sources().retire(&[second.identity()]).await.unwrap();
    assert!(is_forgotten(&longterm, &first).await);
}

#[tokio::test]
async fn a_record_refers_to_records_of_its_owner_and_to_shared_ones() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let ada = of(&longterm, "ada");
    let to = |owner: &str| Identity {
        owner: Owner::from_stored(owner),
        kind: Kind::Note,
        id: Id::new("target").unwrap(),
    };
    // The last owner is that of working memory's references to records that are gone.
    for (owner, is_taken) in [("bob", false), ("ada", true), ("", true), ("\u{1f}", true)] {
        let id = format!("to-{}", owner.len());
        let record = Record { references: vec![to(owner)], ..note(&id, "it refers") };
        let stored = ada.store(vec![record.clone()]).await;
        assert_eq!(stored.is_ok(), is_taken, "{owner:?}: {stored:?}");
        if let Err(error) = stored {
            assert!(matches!(error, Error::ForeignReference { .. }), "{error:?}");
        }
        let fields = serde_json::json!({"content": "text", "references": [to(owner)]});
        let serde_json::Value::Object(fields) = fields else { unreachable!() };
        let id = Id::new(format!("n{}", owner.len())).unwrap();
        let scope = Scope::default().with_user("ada");
        longterm.store(vec![Record { id: id.clone(), scope, ..note("x", "text") }]).await.unwrap();
        for view in [&ada, &*longterm] {
            let updated = view.update(&Key::new(Kind::Note, id.clone()), fields.clone()).await;
            assert_eq!(updated.is_ok(), is_taken, "{owner:?}: {updated:?}");
        }
    }
    let shared_one = Record { references: vec![to("ada")], ..note("s", "it refers") };
    let stored = longterm.scoped(Gate::shared()).store(vec![shared_one.clone()]).await;
    assert!(matches!(stored, Err(Error::ForeignReference { .. })), "{stored:?}");
    // The administrator's maintenance stores existing records as they are.
    longterm.store(vec![shared_one]).await.unwrap();
}

#[tokio::test]
async fn a_piece_of_a_long_text_and_another_record_never_replace_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let long = "A sentence about the weir and its keeper. ".repeat(200);
    let knowledge = |id: &str, text: &str| Knowledge {
        id: Id::new(id).unwrap(),
        ..Knowledge::new("Weir", text)
    };
    longterm.knowledge().put(knowledge("x#3", "mine")).await.unwrap();
    let refused = longterm.knowledge().put(knowledge("x", &long)).await;
    assert!(matches!(refused, Err(Error::PieceTaken { .. })), "{refused:?}");
    assert_eq!(longterm.records().with_prefix(Kind::Knowledge, "x").await.unwrap().len(), 1);
    longterm.knowledge().put(knowledge("y", &long)).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let refused = longterm.knowledge().put(knowledge("y#2", "mine")).await;
    assert!(matches!(refused, Err(Error::PieceTaken { .. })), "{refused:?}");
    longterm.knowledge().put(knowledge("y", &format!("{long}And another."))).await.unwrap();
    longterm.knowledge().put(knowledge("y", "short")).await.unwrap();
    longterm.knowledge().put(knowledge("y#2", "mine, now that it is free")).await.unwrap();
}
