//! Records of every kind that is stored here directly, made from the table of kinds: each field is
//! stored, read and searched as the table states.

use std::collections::BTreeSet;

use aios_longterm::{ConfigChange, Error, Incident, Knowledge, Longterm, Meta, Note, Procedure};
use aios_record::{Id, Key, Kind, SetBy, ValueType};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::support::open;

/// A time after every run of this test.
const LATER: &str = "2126-05-08T13:56:00Z";

fn direct() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.is_direct())
}

/// Returns an object with a value for each field that a caller may set.
fn whole(kind: Kind) -> Map<String, Value> {
    let given = kind.given_fields();
    let mut object: Map<String, Value> =
        given.map(|field| (field.name.to_owned(), field.example(kind))).collect();
    object.insert("expires_at".to_owned(), json!(LATER));
    object
}

async fn payload(longterm: &Longterm, kind: Kind, id: &Id) -> Map<String, Value> {
    let record = longterm.get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
    record.payload.as_object().unwrap().clone()
}

#[tokio::test]
async fn every_field_is_stored_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for drained in [false, true] {
        for kind in direct() {
            let mut given = whole(kind);
            given.insert("colour".to_owned(), json!({"free": [1]}));
            let id = longterm.records().put(kind, given.clone()).await.unwrap();
            if drained {
                longterm.upkeep().drain().await.unwrap();
            }
            let read = payload(&longterm, kind, &id).await;
            for (name, value) in &given {
                assert_eq!(read.get(name), Some(value), "{kind} {name}");
            }
            let known = |name: &&String| kind.field(name).is_some() || *name == "colour";
            let lacking: Vec<&String> = read.keys().filter(|name| !known(name)).collect();
            assert!(lacking.is_empty(), "the table of {kind} lacks {lacking:?}");
        }
    }
}

#[tokio::test]
async fn a_record_accepts_changes_of_every_field() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for kind in direct() {
        let mut changes = whole(kind);
        let id = longterm.records().put(kind, changes.clone()).await.unwrap();
        changes.retain(|name, _| !matches!(name.as_str(), "id" | "scope"));
        for (name, value) in &changes {
            let change = Map::from_iter([(name.clone(), value.clone())]);
            longterm.update(&Key::new(kind, id.clone()), change).await.unwrap();
        }
        assert_eq!(payload(&longterm, kind, &id).await["importance"], 0.5, "{kind}");
    }
}

#[tokio::test]
async fn a_record_needs_one_of_the_fields_that_the_table_names() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for kind in direct() {
        let needs: Vec<&str> = match kind {
            // A summary is nothing but its text.
            Kind::Summary => vec!["text"],
            _ => kind.one_of().collect(),
        };
        for &name in &needs {
            let object = Map::from_iter([(name.to_owned(), json!("said"))]);
            longterm.records().put(kind, object).await.unwrap();
        }
        let mut object = whole(kind);
        object.retain(|name, _| !needs.contains(&name.as_str()) && name != "content");
        let error = longterm.records().put(kind, object).await.unwrap_err();
        let expect = format!("it requires {}", needs.join(" or "));
        assert!(matches!(error, Error::Invalid { .. }), "{kind}: {error}");
        assert!(error.to_string().contains(&expect), "{kind}: {error}");
    }
}

#[tokio::test]
async fn the_text_of_a_record_is_that_of_its_searched_fields() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    for kind in direct() {
        let mut object = whole(kind);
        let mut expect = Vec::new();
        for field in kind.fields() {
            let has_text =
                matches!(field.value_type, ValueType::Text | ValueType::Texts | ValueType::Json);
            if has_text {
                let text = format!("the value of {}", field.name);
                object.insert(field.name.to_owned(), json!(text));
                expect.extend(field.is_searched.then_some(text));
            }
        }
        let record = longterm.records().build(kind, object).unwrap();
        assert_eq!(record.text, expect.join("\n"), "{kind}");
    }
}

/// Checks that a type has the fields of its kind. `full` has a value for each of its fields.
fn check_type<T: Serialize + DeserializeOwned>(kind: Kind, full: &T, other: fn(&T) -> &Meta) {
    let object = serde_json::to_value(full).unwrap();
    let of_type: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    let described = kind.all_fields().filter(|field| field.set_by == SetBy::Caller);
    let described: BTreeSet<&str> = described.map(|field| field.name).collect();
    let undescribed: Vec<_> = of_type.difference(&described).collect();
    assert!(undescribed.is_empty(), "the table of {kind} lacks {undescribed:?}");

    let parsed: T = serde_json::from_value(Value::Object(kind.example())).unwrap();
    let free = &other(&parsed).other;
    assert!(free.is_empty(), "the type of {kind} lacks {free:?}");
}

#[test]
fn a_type_has_the_fields_of_its_kind() {
    let id = || Id::new("x").unwrap();
    let text = || "x".to_owned();
    let time = || Some(LATER.parse().unwrap());
    let meta = || Meta { expires_at: time(), ..Meta::default() };
    // Written without defaults: a new field must be added here, and is then compared.
    let procedure = Procedure {
        id: id(),
        name: text(),
        description: text(),
        steps: json!([]),
        success_count: 1,
        fail_count: 1,
        avg_duration_ms: Some(1.0),
        tags: vec![text()],
        created_at: time(),
        last_used: time(),
        meta: meta(),
    };
    check_type(Kind::Procedure, &procedure, |it| &it.meta);
    let incident = Incident {
        id: id(),
        description: text(),
        symptoms: vec![text()],
        root_cause: text(),
        resolution: text(),
        resolved_by: text(),
        prevention: text(),
        timestamp: time(),
        meta: meta(),
    };
    check_type(Kind::Incident, &incident, |it| &it.meta);
    let change = ConfigChange {
        id: id(),
        file_path: text(),
        content: text(),
        changed_by: text(),
        reason: text(),
        timestamp: time(),
        meta: meta(),
    };
    check_type(Kind::ConfigChange, &change, |it| &it.meta);
    let knowledge = Knowledge {
        id: id(),
        title: Some(text()),
        content: text(),
        source: Some(text()),
        category: Some(text()),
        key: Some(text()),
        value: json!(1),
        confidence: 1.0,
        tags: vec![text()],
        vector: None,
        meta: meta(),
    };
    check_type(Kind::Knowledge, &knowledge, |it| &it.meta);
    let note =
        Note { id: id(), title: Some(text()), content: text(), tags: vec![text()], meta: meta() };
    check_type(Kind::Note, &note, |it| &it.meta);
}
