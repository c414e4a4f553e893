//! Fields and the conversion of given values.

use serde_json::{Value, json};

use super::*;

#[test]
fn values_are_converted_to_the_type_of_the_field() {
    for (value_type, given, expect) in [
        (ValueType::Whole, json!(2), Ok(json!(2))),
        (ValueType::Whole, json!(2.0), Ok(json!(2))),
        (ValueType::Whole, json!(2.5), Err("expected a whole number, not `2.5`")),
        (ValueType::Whole, json!("2"), Err("expected a whole number, not `\"2\"`")),
        (ValueType::Number, json!(0.5), Ok(json!(0.5))),
        (ValueType::Share, json!(1), Ok(json!(1))),
        (ValueType::Share, json!(7), Ok(json!(1.0))),
        (ValueType::Share, json!(-0.1), Ok(json!(0.0))),
        (ValueType::Share, json!("7"), Err("expected a number from 0 to 1")),
        (ValueType::Truth, json!(1), Ok(json!(true))),
        (ValueType::Truth, json!("failed"), Ok(json!(false))),
        (ValueType::Truth, json!(2), Err("expected true or false, not `2`")),
        (ValueType::Time, json!(1_683_554_160), Ok(json!("2023-05-08T13:56:00Z"))),
        (ValueType::Time, json!("2023-05-08 13:56:00"), Ok(json!("2023-05-08T13:56:00Z"))),
        (ValueType::Time, json!("soon"), Err("`soon` is not a time; write 2026-05-08, ")),
        (ValueType::Id, json!(17), Ok(json!("17"))),
        (ValueType::Text, json!(17), Err("expected text, not `17`")),
        (ValueType::Labels, json!(["a"]), Ok(json!(["a"]))),
        (ValueType::Labels, json!([1]), Err("expected a list of labels")),
        (ValueType::Json, json!({"a": 1}), Ok(json!({"a": 1}))),
        (ValueType::Time, Value::Null, Ok(Value::Null)),
    ] {
        match (read(value_type, given), expect) {
            (Ok(value), Ok(expect)) => assert_eq!(value, expect),
            (Err(problem), Err(expect)) => assert!(problem.starts_with(expect), "{problem}"),
            (read, expect) => panic!("{read:?} and not {expect:?}"),
        }
    }
}

#[test]
fn texts_are_parsed_as_the_type_of_the_field() {
    for (value_type, text, expect) in [
        (ValueType::Text, "2", json!("2")),
        (ValueType::Whole, " 2 ", json!(2)),
        (ValueType::Truth, "yes", json!(true)),
        (ValueType::Json, "{\"a\": 1}", json!({"a": 1})),
        (ValueType::Json, "plain", json!("plain")),
        (ValueType::Labels, "a, b", json!(["a", "b"])),
        (ValueType::Labels, "[\"a\"]", json!(["a"])),
    ] {
        assert_eq!(parse(value_type, text), Ok(expect));
    }
    assert!(parse(ValueType::Whole, "high").unwrap_err().contains("a whole number"));
}

#[test]
fn reserved_names_are_refused_as_free_fields() {
    let settled = |name: &str| settle(Kind::Note, Map::from_iter([(name.to_owned(), json!("x"))]));
    let reserved = [
        "kind",
        "user",
        "project",
        "agent",
        "session",
        "text",
        "speaker",
        "position",
        "payload",
        "source",
        "external_id",
        "confidence",
        "trust",
        "occurred_at",
        "valid_from",
        "valid_to",
        "superseded_by",
    ];
    for name in reserved {
        let problem = settled(name).unwrap_err();
        let expect = "cannot be set; a note has id, title, content, tags, and";
        assert!(problem.starts_with(&format!("`{name}` {expect}")), "{problem}");
    }
    assert!(settled("colour").is_ok());
}

#[test]
fn an_unknown_field_error_suggests_the_nearest_name() {
    let object = json!({"description": "x", "priorty": 1});
    let Value::Object(object) = object else { unreachable!() };
    let problem = settle(Kind::Goal, object).unwrap_err();
    assert!(problem.starts_with("a goal has no field `priorty` (did you mean `priority`?)"));
}

#[test]
fn a_number_outside_its_bounds_is_refused() {
    let settled = |priority: i64| {
        settle(Kind::Goal, Map::from_iter([("priority".to_owned(), json!(priority))]))
    };
    assert!(settled(-3).is_ok());
    let problem = settled(1 << 40).unwrap_err();
    let expect = "`priority`: expected a whole number from -2147483648 to 2147483647, not `1099";
    assert!(problem.starts_with(expect), "{problem}");
}

#[test]
fn an_alias_becomes_the_name_of_the_field() {
    let object = Map::from_iter([("id".to_owned(), json!("scout"))]);
    let settled = settle(Kind::AgentState, object).unwrap();
    assert_eq!(Value::Object(settled), json!({"agent_name": "scout"}));
}

#[test]
fn an_owner_in_the_metadata_or_a_free_field_becomes_the_owner_of_the_record() {
    let settled = |kind: Kind, object: Value| {
        let Value::Object(object) = object else { unreachable!() };
        settle(kind, object).map(Value::Object)
    };
    let expect = json!({"content": "w", "scope": {"user": "ben"}});
    for object in [
        json!({"content": "w", "owner": "ben"}),
        json!({"content": "w", "accountId": "ben", "user_id": "ben"}),
        json!({"content": "w", "metadata": {"user_id": "ben"}}),
        json!({"content": "w", "metadata": {"scope": {"user": "ben"}}}),
        json!({"content": "w", "customer": {"id": "ben"}, "scope": {"user": "ben"}}),
    ] {
        assert_eq!(settled(Kind::Note, object.clone()), Ok(expect.clone()), "{object}");
    }
    let goal = json!({"description": "w", "metadata": [{"user_id": "ben"}, {"x": 1}]});
    assert_eq!(settled(Kind::Goal, goal).unwrap()["scope"], json!({"user": "ben"}));
    for object in [
        json!({"content": "w", "end_user": "ben"}),
        json!({"content": "w", "metadata": {"user_uuid": "ben"}}),
        json!({"content": "w", "metadata": {"user_id": "ben"}, "scope": {"user": "ada"}}),
        json!({"content": "w", "owner": "ben", "user_id": "ada"}),
        json!({"content": "w", "owner": ["ben", null]}),
    ] {
        assert!(settled(Kind::Note, object.clone()).is_err(), "{object}");
    }
    // The fields of a kind are content, not scope.
    let entry = json!({"category": "a", "key": "b", "value": {"user_id": "ben"}});
    assert_eq!(settled(Kind::Entry, entry.clone()), Ok(entry));
}

#[test]
fn a_session_that_no_call_can_name_is_refused() {
    let named = |session: &str| {
        let object = Map::from_iter([("scope".to_owned(), json!({"session": session}))]);
        scope_in(&object)
    };
    assert_eq!(named("s").unwrap().session.as_deref(), Some("s"));
    let problem = named(&"s".repeat(200)).unwrap_err();
    assert!(problem.starts_with("`scope.session`: an id has 1 to 128 bytes"), "{problem}");
}

#[test]
fn a_validity_that_ends_before_it_begins_is_refused() {
    let fact = |from: &str, to: &str| {
        let fact = json!({"text": "x", "valid_from": from, "valid_to": to});
        let Value::Object(fact) = fact else { unreachable!() };
        settle(Kind::Fact, fact)
    };
    assert!(fact("2026-01-01", "2026-01-01").is_ok());
    assert!(fact("2026-01-02", "2026-01-01").unwrap_err().contains("later than `valid_to`"));
}
