//! The table of kinds: it agrees with itself, and with the types that it describes.

use std::collections::BTreeSet;

use aios_record::{
    Feeding, Field, FreeFields, Home, Kind, Mutability, Need, Provenance, Scope, SetBy, ValueType,
};
use serde_json::{Value, json};

#[test]
fn the_names_of_a_kinds_fields_differ() {
    for &kind in Kind::ALL {
        for fields in [kind.fields(), kind.common_fields()] {
            let names: BTreeSet<&str> = fields.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), fields.len(), "{kind}");
        }
    }
}

#[test]
fn every_kind_has_an_id_and_describes_itself() {
    for &kind in Kind::ALL {
        assert_eq!(kind.id_field().value_type, ValueType::Id, "{kind}");
        let sentences = kind.fields().iter().map(|field| field.about).chain([kind.about()]);
        for about in sentences {
            assert!(about.ends_with('.') && about.trim() == about, "{kind}: {about}");
        }
    }
}

#[test]
fn rules_name_fields_that_the_kind_has() {
    for &kind in Kind::ALL {
        for field in kind.parents().iter().filter_map(|parent| parent.field) {
            let field = kind.field(field).unwrap();
            assert_eq!((field.value_type, field.is_guarded), (ValueType::Id, false), "{kind}");
        }
        if let Mutability::Only(fields) = kind.mutability() {
            assert!(fields.iter().all(|name| kind.field(name).is_some()), "{kind}");
        }
        for store in kind.fields().iter().filter_map(|field| field.member_of) {
            assert_eq!(kind.field(store).unwrap().value_type, ValueType::Json, "{kind}");
        }
        let keeps_in_metadata = kind.free_fields() == FreeFields::InMetadata;
        assert!(!keeps_in_metadata || kind.field("metadata").is_some(), "{kind}");
    }
}

#[test]
fn fields_have_the_rules_of_their_type() {
    let is_bounded = |field: &Field| field.min.is_some() || field.max.is_some();
    for &kind in Kind::ALL {
        for field in kind.all_fields() {
            let what = format!("{kind} {}", field.name);
            assert!(!is_bounded(field) || field.value_type == ValueType::Whole, "{what}");
            assert_eq!(!field.words.is_empty(), field.value_type == ValueType::Word, "{what}");
            assert!(field.set_by == SetBy::Caller || field.need == Need::Optional, "{what}");
        }
        let one_of = kind.one_of().count();
        assert_ne!(one_of, 1, "{kind}: a single field is required");
    }
}

#[test]
fn the_home_of_a_kind_decides_its_lists() {
    for &kind in Kind::ALL {
        let is_in_working = Kind::IN_WORKING.contains(&kind);
        assert_eq!(is_in_working, kind.home() != Home::Longterm, "{kind}");
        assert_eq!(Kind::FED.contains(&kind), kind.feeding() == Feeding::Default, "{kind}");
        assert!(is_in_working || kind.feeding() == Feeding::Never, "{kind}");
        assert_eq!(kind.is_direct(), kind.free_fields() == FreeFields::Kept, "{kind}");
        for parent in kind.parents() {
            assert!(Kind::IN_WORKING.contains(&parent.kind), "{kind}");
            assert!(parent.kind.children().any(|child| child == kind), "{kind}");
        }
    }
    assert_eq!(
        Kind::FED,
        [
            Kind::Goal,
            Kind::Task,
            Kind::Decision,
            Kind::Message,
            Kind::Entry,
            Kind::File,
            Kind::Event
        ]
    );
}

#[test]
fn a_field_is_found_by_its_name_or_alias() {
    let name_of = |kind: Kind, name| kind.field(name).map(|field| field.name);
    assert_eq!(name_of(Kind::AgentState, "id"), Some("agent_name"));
    assert_eq!(name_of(Kind::Goal, "importance"), Some("importance"));
    assert_eq!(name_of(Kind::Preference, "importance"), None);
    assert_eq!(name_of(Kind::Goal, "colour"), None);
    // Its own field comes before the shared one.
    let created_at = Kind::Procedure.all_fields().filter(|field| field.name == "created_at");
    assert_eq!(created_at.count(), 1);
}

#[test]
fn an_example_fits_its_schema() {
    for &kind in Kind::ALL {
        let (schema, example) = (kind.schema(), kind.example());
        let names: BTreeSet<&String> = example.keys().collect();
        let properties = schema["properties"].as_object().unwrap();
        assert!(names.iter().all(|name| properties.contains_key(*name)), "{kind}");
        for required in schema["required"].as_array().unwrap() {
            assert!(example.contains_key(required.as_str().unwrap()), "{kind} {required}");
        }
        for (name, value) in &example {
            assert!(fits(value, &properties[name]), "{kind} {name}: {value}");
        }
    }
}

/// Returns true if a value has a type that a schema allows, and is within its bounds.
fn fits(value: &Value, schema: &Value) -> bool {
    let types = match &schema["type"] {
        Value::Null => return true,
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let is_of = |name: &Value| match name.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    };
    let bound = |name: &str| schema[name].as_f64();
    let number = value.as_f64().unwrap_or_default();
    types.iter().any(is_of)
        && bound("minimum").is_none_or(|min| min <= number)
        && bound("maximum").is_none_or(|max| number <= max)
}

#[test]
fn the_schema_names_every_part_of_scope_and_provenance() {
    let whole = Scope::default().with_user("u").with_project("p").with_agent("a").with_session("s");
    let provenance = Provenance {
        client: Some("c".to_owned()),
        task_id: Some("t".parse().unwrap()),
        updated_by: Some("u".to_owned()),
        ..Provenance::default()
    };
    let schema = Kind::Goal.schema();
    for (field, value) in [("scope", json!(whole)), ("provenance", json!(provenance))] {
        let names = |object: &Value| -> BTreeSet<String> {
            object.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(names(&schema["properties"][field]["properties"]), names(&value), "{field}");
    }
}

#[test]
fn the_schema_of_a_goal_states_types_bounds_and_required_fields() {
    let schema = Kind::Goal.schema();
    assert_eq!(schema["title"], "goal");
    assert_eq!(schema["description"], "An agent's objective.");
    assert_eq!(schema["required"], json!(["description"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["priority"]["minimum"], i32::MIN);
    assert_eq!(schema["properties"]["status"]["examples"][0], "pending");
    assert_eq!(schema["properties"].get("recorded_at"), None);
    let any_of = &Kind::Note.schema()["anyOf"];
    assert_eq!(*any_of, json!([{"required": ["title"]}, {"required": ["content"]}]));
}
