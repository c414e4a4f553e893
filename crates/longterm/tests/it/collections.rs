//! Incidents, the history of configuration files, notes, knowledge, and their common operations.

use aios_longterm::{
    ConfigChange, Error, Incident, Knowledge, Longterm, Note, NoteUpdate, SearchOptions,
};
use aios_record::{Gate, Id, Key, Kind, Owner, Record, Scope, Timestamp};
use serde_json::{Map, Value, json};

use crate::support::{open, search, shared};

fn of_user(name: &str) -> Gate {
    Gate::owner(Owner::user(name).unwrap())
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("{value} is no object") };
    object
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// Runs `check` while everything waits in the journal, and again from the library.
async fn wherever(longterm: &Longterm, check: impl AsyncFn()) {
    check().await;
    longterm.upkeep().drain().await.unwrap();
    check().await;
}

#[tokio::test]
async fn an_incident_is_found_by_all_its_texts_and_read_back_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let incident = Incident {
        symptoms: vec!["connections refused".to_owned()],
        root_cause: "the certificate had run out".to_owned(),
        resolution: "renewed".to_owned(),
        resolved_by: "ada".to_owned(),
        prevention: "an alarm a month ahead".to_owned(),
        timestamp: Some("2026-05-08T13:56:00Z".parse().unwrap()),
        ..Incident::new("the gateway was down")
    };
    let id = longterm.incidents().put(incident.clone()).await.unwrap();
    wherever(&longterm, async || {
        assert_eq!(longterm.incidents().get(&id).await.unwrap().as_ref(), Some(&incident));
        for words in ["gateway", "refused", "certificate", "renewed", "alarm"] {
            assert_eq!(search(&longterm, words).await, [format!("incident/{id}")], "{words}");
        }
    })
    .await;
    assert_eq!(longterm.incidents().get(&Id::generate()).await.unwrap(), None);
    let error = longterm.incidents().put(Incident::new(" ")).await.unwrap_err();
    assert!(error.to_string().contains("requires description"), "{error}");
}

#[tokio::test]
async fn the_changes_of_a_file_come_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let change = |path: &str, content: &str, day: i8| ConfigChange {
        reason: "as planned".to_owned(),
        timestamp: Some(jiff_day(day)),
        ..ConfigChange::new(path, content)
    };
    longterm.config_changes().put(change("/etc/a", "2", 2)).await.unwrap();
    longterm.config_changes().put(change("/etc/a", "1", 1)).await.unwrap();
    longterm.config_changes().put(change("/etc/ab", "other", 3)).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.config_changes().put(change("/etc/a", "4", 4)).await.unwrap();
    let mut of_ada = change("/etc/a", "hers", 5);
    of_ada.meta.scope = Scope::default().with_user("ada");
    longterm.config_changes().put(of_ada).await.unwrap();
    let bob = longterm.scoped(of_user("bob"));
    wherever(&longterm, async || {
        let found = bob.config_changes().of_file("/etc/a").await.unwrap();
        let contents: Vec<&str> = found.iter().map(|change| &*change.content).collect();
        assert_eq!(contents, ["4", "2", "1"]);
        assert!(bob.config_changes().of_file("/etc/none").await.unwrap().is_empty());
    })
    .await;
}

fn jiff_day(day: i8) -> Timestamp {
    format!("2026-05-{day:02}T00:00:00Z").parse().unwrap()
}

#[tokio::test]
async fn knowledge_is_looked_up_by_category_and_key_most_confident_first() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let known = |name: &str, category: &str, key: &str, confidence: f32| Knowledge {
        id: id(name),
        category: Some(category.to_owned()),
        key: Some(key.to_owned()),
        value: json!(5433),
        confidence,
        ..Knowledge::new(name, "what is known of it")
    };
    for (name, category, key, confidence) in [
        ("a", "infra", "port \"1\"", 0.2),
        ("b", "infra", "port \"1\"", 0.9),
        ("c", "infra", "host", 0.5),
        ("d", "people", "host", 1.0),
    ] {
        longterm.knowledge().put(known(name, category, key, confidence)).await.unwrap();
    }
    wherever(&longterm, async || {
        for (category, key, expect) in [
            (Some("infra"), Some("port \"1\""), &["b", "a"][..]),
            (Some("infra"), None, &["b", "c", "a"]),
            (None, Some("host"), &["d", "c"]),
            (None, None, &["d", "b", "c", "a"]),
            (Some("none"), None, &[]),
        ] {
            let found = longterm.knowledge().find(category, key).await.unwrap();
            let ids: Vec<&str> = found.iter().map(|known| known.id.as_str()).collect();
            assert_eq!(ids, expect, "{category:?} {key:?}");
        }
    })
    .await;
    for limit in [0, 1, 4] {
        let found = longterm.knowledge().search("what is known", limit).await.unwrap();
        assert_eq!(found.hits.len(), limit);
    }
}

#[tokio::test]
async fn a_document_is_searched_in_pieces_and_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let filler = "The valley lay still and nobody spoke a word that day. ".repeat(60);
    let long = format!("It begins with otters. {filler} Zebras. {filler} It ends with a walrus.");
    let document = |content: &str| Knowledge { id: id("d"), ..Knowledge::new("Animals", content) };
    longterm.knowledge().put(document(&long)).await.unwrap();
    let pieces = longterm.stats().await.unwrap().records;
    assert!(2 < pieces, "{pieces}");
    wherever(&longterm, async || {
        let options = SearchOptions::default().with_limit(1);
        let found = longterm.search("walrus", &options).await.unwrap();
        let piece = &found.hits[0].record;
        assert!(piece.text.ends_with("walrus.") && piece.text.len() < long.len() / 2);
        assert_eq!(piece.source.as_ref().unwrap().id, "d");
        let all = longterm.knowledge().find(None, None).await.unwrap();
        assert_eq!(all.len(), 1, "pieces are no knowledge of their own");
        assert_eq!(all[0].content, long);
    })
    .await;

    let changes = object(json!({"content": "Nothing but lemurs."}));
    longterm.update(&Key::new(Kind::Knowledge, id("d")), changes).await.unwrap();
    wherever(&longterm, async || {
        assert_eq!(longterm.stats().await.unwrap().records, 1, "no piece is left");
        assert_eq!(search(&longterm, "lemurs walrus").await, ["knowledge/d"]);
    })
    .await;
    longterm.knowledge().put(document(&long)).await.unwrap();
    longterm.knowledge().put(document("Short again.")).await.unwrap();
    assert_eq!(longterm.stats().await.unwrap().records, 1);
    let versions = longterm.history(&Key::new(Kind::Knowledge, id("d"))).await.unwrap();
    assert_eq!(versions.len(), 4);
    assert_eq!(versions[3].record.payload["content"], json!(long));
}

#[tokio::test]
async fn updating_a_note_changes_only_the_given_fields() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let mut note = Note { tags: vec!["infra".to_owned()], ..Note::new("port 5432") };
    note.meta.other.insert("origin".to_owned(), json!({"page": 7}));
    let id = longterm.notes().put(note.clone()).await.unwrap();
    let update = NoteUpdate { content: Some("port 5433".to_owned()), ..NoteUpdate::default() };
    let bob = longterm.scoped(of_user("bob"));
    let error = bob.notes().update(&id, update.clone()).await.unwrap_err();
    assert!(matches!(error, Error::NotYours { .. }), "{error}");
    let private = longterm.scoped(of_user("ada")).notes().put(note.clone()).await.unwrap();
    assert_eq!(private, id);
    let error = longterm.notes().update(&id, update.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Ambiguous { .. }), "{error}");
    let shared = longterm.scoped(Gate::shared());
    shared.notes().update(&id, update).await.unwrap();
    note.content = "port 5433".to_owned();
    note.meta.provenance.updated_by = Some("update".to_owned());
    wherever(&longterm, async || {
        assert_eq!(shared.notes().get(&id).await.unwrap().as_ref(), Some(&note));
        assert_eq!(search(&shared, "5433").await, [format!("note/{id}")]);
        let versions = shared.history(&Key::new(Kind::Note, id.clone())).await.unwrap();
        let texts: Vec<&str> = versions.iter().map(|version| &*version.record.text).collect();
        assert_eq!(texts, ["port 5433", "port 5432"]);
    })
    .await;
}

#[tokio::test]
async fn an_invalid_object_is_refused_with_the_problem() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for (kind, given, expect) in [
        (Kind::Note, json!({"tags": []}), "requires title or content"),
        (Kind::Note, json!({"content": 7}), "invalid type"),
        (Kind::Procedure, json!({"name": "x", "success_count": -1}), "invalid value"),
        (Kind::Note, json!({"id": "", "content": "x"}), "an id has"),
        (Kind::Goal, json!({"description": "x"}), "working memory"),
    ] {
        let error = longterm.records().put(kind, object(given.clone())).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert!(error.to_string().contains(expect), "{given}: {error}");
    }
    assert_eq!(longterm.stats().await.unwrap().records, 0);
}

#[tokio::test]
async fn a_collection_is_listed_page_by_page_within_a_scope() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let note = |number: usize, user: &str| Record {
        scope: Scope::default().with_user(user),
        ..crate::support::note(&format!("n{number:02}"), "a text")
    };
    let notes = (0..10).map(|n| note(n, if n % 2 == 0 { "ada" } else { "bob" }));
    longterm.store(notes.collect()).await.unwrap();
    longterm.incidents().put(Incident::new("of another kind")).await.unwrap();
    let ada = longterm.scoped(of_user("ada"));
    wherever(&longterm, async || {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = ada.list(Kind::Note, after.as_ref(), 2).await.unwrap();
            ids.extend(page.records.into_iter().map(|record| record.id.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(ids, ["n00", "n02", "n04", "n06", "n08"]);
    })
    .await;
}

#[tokio::test]
async fn expired_records_are_in_no_read() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let mut known = Knowledge { id: id("k"), ..Knowledge::new("soup of the day", "leek") };
    known.meta.expires_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
    longterm.knowledge().put(known).await.unwrap();
    wherever(&longterm, async || {
        assert_eq!(search(&longterm, "soup").await, [""; 0]);
        assert_eq!(longterm.get(&Key::new(Kind::Knowledge, id("k"))).await.unwrap(), None);
        assert!(longterm.knowledge().find(None, None).await.unwrap().is_empty());
        let page = longterm.list(Kind::Knowledge, None, 10).await.unwrap();
        assert!(page.records.is_empty());
        assert!(longterm.history(&Key::new(Kind::Knowledge, id("k"))).await.unwrap().is_empty());
        let changes = object(json!({"content": "onion"}));
        let error = longterm.update(&Key::new(Kind::Knowledge, id("k")), changes).await;
        assert!(error.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn expired_records_are_removed_unless_their_expiry_was_extended() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let ending = |name: &str, year: i16, content: &str| {
        let mut known = Knowledge { id: id(name), ..Knowledge::new("soup of the day", content) };
        known.meta.expires_at = Some(format!("{year}-01-01T00:00:00Z").parse().unwrap());
        known
    };
    for known in [ending("past", 2020, "leek"), ending("moved", 2020, "onion")] {
        longterm.knowledge().put(known).await.unwrap();
    }
    longterm.knowledge().put(ending("future", 2999, "carrot")).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    // The library holds the former expiry; the new one waits in the journal.
    longterm.knowledge().put(ending("moved", 2999, "onion")).await.unwrap();
    assert_eq!(longterm.upkeep().remove_expired().await.unwrap(), 1);
    assert_eq!(longterm.upkeep().remove_expired().await.unwrap(), 0);
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(longterm.stats().await.unwrap().records, 2);
    assert!(longterm.upkeep().verify().await.unwrap().is_clean());
    assert_eq!(longterm.records().known(&[shared("knowledge/past")]).await.unwrap(), [false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_stores_of_one_document_leave_no_stale_piece() {
    let dir = tempfile::tempdir().unwrap();
    // Two handles stand for two processes: they share only the directory.
    let (one, two) = (open(dir.path()).await, open(dir.path()).await);
    let document = |number: usize, sentences: usize| {
        let content: Vec<String> = (0..sentences)
            .map(|n| format!("Sentence {n} tells of a tower and of a bell."))
            .collect();
        Knowledge { id: id(&format!("d{number}")), ..Knowledge::new("tower", content.join(" ")) }
    };
    for number in 0..20 {
        let (long, short) = (document(number, 300), document(number, 90));
        let (long, short) = tokio::join!(one.knowledge().put(long), two.knowledge().put(short));
        let stored =
            one.get(&Key::new(Kind::Knowledge, long.unwrap().clone())).await.unwrap().unwrap();
        short.unwrap();
        let keys = one.records().identities().await.unwrap();
        let of_this = keys.iter().filter(|key| key.id.as_str().starts_with(&format!("d{number}#")));
        let pieces = stored.payload["pieces"].as_u64().unwrap();
        assert_eq!(of_this.count() as u64 + 1, pieces, "document {number}: {keys:?}");
    }
}
