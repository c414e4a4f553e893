//! Records of every kind, made from the table of kinds: each field is stored, read, changed and
//! searched as the table states.

use aios_record::{Id, Key, Kind, Mutability, Record, Scope, SetBy, ValueType};
use aios_working::{Error, FindOptions, KINDS, RestoreOutcome, Working};
use serde_json::{Map, Value, json};

use crate::opened;

/// Names that the exchange form adds to the fields: parts of the scope.
const ADDED: &[&str] = &["user_id", "session_id"];

/// The kinds, sessions first: tasks and messages create missing ones.
fn kinds() -> impl Iterator<Item = Kind> {
    let rest = KINDS.iter().copied().filter(|kind| *kind != Kind::Session);
    [Kind::Session].into_iter().chain(rest)
}

/// Returns an object with a value for every field of a kind.
fn whole(kind: Kind) -> Map<String, Value> {
    let stored = kind.all_fields().filter(|field| field.member_of.is_none());
    let mut object: Map<String, Value> =
        stored.map(|field| (field.name.to_owned(), field.example(kind))).collect();
    for field in kind.all_fields() {
        if let Some(store) = field.member_of {
            object[store][field.name] = field.example(kind);
        }
    }
    match kind {
        // Everybody shares the persona, and its values are text.
        Kind::Persona => {
            object.insert("scope".to_owned(), json!({}));
            object.insert("value".to_owned(), json!("dry"));
        }
        Kind::Preference => drop(object.insert("scope".to_owned(), json!({}))),
        // A file belongs to an owner and a project alone.
        Kind::File => drop(object.insert("scope".to_owned(), json!({"project": "project-1"}))),
        _ => drop(object.insert("scope".to_owned(), json!({"session": "session-1"}))),
    }
    object
}

async fn restore(working: &Working, kind: Kind, payload: Map<String, Value>) -> Id {
    let id: Id = payload[kind.id_field().name].as_str().unwrap().parse().unwrap();
    let payload = Value::Object(payload);
    let recorded_at = "2026-05-08T13:56:00Z".parse().unwrap();
    let record = Record::new(kind, id.clone(), "", Scope::default());
    let record = Record { payload, recorded_at, ..record };
    let outcome = working.intake().restore(vec![record]).await.unwrap().pop().unwrap().unwrap();
    assert_eq!(outcome, RestoreOutcome::Added, "{kind}");
    id
}

#[tokio::test]
async fn every_field_is_stored_and_read_back() {
    let (_place, working) = opened();
    for kind in kinds() {
        let given = whole(kind);
        let id = restore(&working, kind, given.clone()).await;
        let record = working.records().get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
        let mut read = record.payload.as_object().unwrap().clone();
        for field in kind.all_fields().filter(|field| field.member_of.is_none()) {
            // The scope of a setting is no part of its payload.
            if kind.is_setting() && field.value_type == ValueType::Scope {
                continue;
            }
            let value = read.remove(field.name);
            match field.set_by {
                SetBy::Caller => assert_eq!(value.as_ref(), given.get(field.name), "{kind}"),
                SetBy::Tier => assert!(value.is_some(), "{kind} {}", field.name),
            }
        }
        read.retain(|name, _| !ADDED.contains(&name.as_str()));
        assert!(read.is_empty(), "the table of {kind} lacks {read:?}");
    }
}

#[tokio::test]
async fn a_record_accepts_the_changes_that_its_kind_admits() {
    let (_place, working) = opened();
    for kind in kinds() {
        let mut changes = whole(kind);
        let id = restore(&working, kind, changes.clone()).await;
        changes.retain(|name, _| kind.field(name).unwrap().set_by == SetBy::Caller);
        changes.remove("scope");
        changes.remove(kind.id_field().name);
        let update = async |changes: Map<String, Value>| {
            working.records().update(&Key::new(kind, id.clone()), changes).await
        };
        let admits = |name: &str| kind.mutability().admits(name);
        for (name, value) in &changes {
            let done = update(Map::from_iter([(name.clone(), value.clone())])).await;
            match (done, admits(name)) {
                (Ok(_), true) | (Err(Error::Fixed { .. }), false) => {}
                (done, _) => panic!("{kind} {name}: {done:?}"),
            }
        }
        let stray = update(Map::from_iter([("stray".to_owned(), json!("x"))])).await.unwrap_err();
        match kind.mutability() {
            Mutability::Free | Mutability::Only(&["value"]) => {
                assert!(matches!(stray, Error::Fields { .. }), "{kind}: {stray}");
            }
            _ => assert!(matches!(stray, Error::Fixed { .. }), "{kind}: {stray}"),
        }
    }
}

/// Words that no search takes for each other.
const WORDS: &[&str] = &[
    "zebra",
    "quartz",
    "lantern",
    "bicycle",
    "pumpkin",
    "glacier",
    "violin",
    "harbour",
    "mushroom",
    "tornado",
    "compass",
    "butterfly",
    "diamond",
    "pepper",
    "umbrella",
];

#[tokio::test]
async fn a_search_finds_a_record_by_its_searched_fields_alone() {
    let (_place, working) = opened();
    for kind in kinds().filter(|kind| !kind.is_setting() && *kind != Kind::Summary) {
        let mut object = whole(kind);
        let texts = kind.fields().iter().filter(|field| {
            let has_text = matches!(
                field.value_type,
                ValueType::Text | ValueType::Texts | ValueType::Word | ValueType::Json
            );
            has_text && field.member_of.is_none()
        });
        let texts: Vec<_> = texts.zip(WORDS).collect();
        for (field, word) in &texts {
            let value = match (field.value_type, field.instance) {
                (ValueType::Json, _) => json!({ "of": word }),
                (_, Some(instance)) => json!(format!("{instance}/{word}")),
                _ => json!(word),
            };
            object.insert(field.name.to_owned(), value);
        }
        let id = restore(&working, kind, object).await;
        for (field, word) in texts {
            let options = FindOptions::default().with_kinds([kind]);
            let hits = working.records().find(*word, options).await.unwrap();
            let is_found = hits.iter().any(|hit| hit.record.id == id);
            assert_eq!(is_found, field.is_searched, "{kind} {}", field.name);
        }
    }
}
