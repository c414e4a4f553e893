//! Records of every kind, made from the table of kinds and given to `record`.

use aios_memory::{
    Key, Kind,
    kinds::{Field, FreeFields, ValueType},
};
use serde_json::{Map, Value, json};

use crate::Fixture;

/// A time after every run of this test.
const LATER: &str = "2126-05-08T13:56:00Z";

/// Returns an object with a value for each field that a caller may set, but the scope.
fn whole(kind: Kind) -> Map<String, Value> {
    let given = kind.given_fields().filter(|field| field.value_type != ValueType::Scope);
    let value = |field: &Field| match field.name {
        "expires_at" => json!(LATER),
        _ => field.example(kind),
    };
    given.map(|field| (field.name.to_owned(), value(field))).collect()
}

/// Returns a field as the payload of a record has it.
fn stored(kind: Kind, field: &Field, payload: &Value, given: &Value) -> (Value, Value) {
    let mut given = given.clone();
    let stored = match field.member_of {
        Some(store) => payload[store][field.name].clone(),
        None => payload[field.name].clone(),
    };
    match (kind, field.name) {
        // Derived from the given one, which is the external id.
        (Kind::Message, "id") => return (payload["external_id"].clone(), given),
        // Has members of its own.
        (Kind::Message, "metadata") => return (stored["detail"].clone(), given["detail"].take()),
        // Follows from the messages.
        (Kind::Session, "message_count") => return (stored, 0.into()),
        (Kind::Persona, "value") => given = given.to_string().into(),
        _ => {}
    }
    (stored, given)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_accepted_stored_and_read_back() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for &kind in Kind::ALL {
        let given = whole(kind);
        let id = memory.record(kind, Value::Object(given.clone())).await.unwrap();
        let record = memory.get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
        for (name, value) in &given {
            let field = kind.field(name).unwrap();
            let (stored, given) = stored(kind, field, &record.payload, value);
            assert_eq!(stored, given, "{kind} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_fields_are_refused_or_kept_as_the_kind_states() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for &kind in Kind::ALL {
        let mut object = kind.example();
        object.insert("stray".to_owned(), json!("sheep"));
        // References of the example, which no record has here.
        object.retain(|name, _| !matches!(name.as_str(), "goal_id" | "task_id"));
        let recorded = memory.record(kind, Value::Object(object)).await;
        let free = kind.free_fields();
        if free == FreeFields::Refused {
            let error = recorded.unwrap_err().to_string();
            assert!(error.contains("has no field `stray`"), "{kind}: {error}");
            continue;
        }
        let record = memory.get(&Key::new(kind, recorded.unwrap())).await.unwrap().unwrap();
        let kept = if free == FreeFields::InMetadata { "metadata" } else { "" };
        let payload = record.payload.get(kept).unwrap_or(&record.payload);
        assert_eq!(payload["stray"], "sheep", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_a_required_field_is_refused() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for &kind in Kind::ALL {
        for field in kind.fields() {
            let mut object = kind.example();
            if object.contains_key("path") {
                // No two files have one path.
                object["path"] = json!(format!("/memories/{}.md", field.name));
            }
            object.remove(field.name);
            object.retain(|name, _| !matches!(name.as_str(), "goal_id" | "task_id" | "id"));
            let recorded = memory.record(kind, Value::Object(object)).await;
            let is_required = field.need == aios_memory::kinds::Need::Required;
            assert_eq!(recorded.is_err(), is_required, "{kind} {}: {recorded:?}", field.name);
        }
    }
}
