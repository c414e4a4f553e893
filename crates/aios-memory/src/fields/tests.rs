//! Fields and the conversion of given values.

use serde_json::{Value, json};

use super::*;

#[test]
fn values_are_converted_to_the_type_of_the_field() {
    for (holds, given, expect) in [
        (Holds::Whole, json!(2), Ok(json!(2))),
        (Holds::Whole, json!(2.0), Ok(json!(2))),
        (Holds::Whole, json!(2.5), Err("expected a whole number, not `2.5`")),
        (Holds::Whole, json!("2"), Err("expected a whole number, not `\"2\"`")),
        (Holds::Number, json!(0.5), Ok(json!(0.5))),
        (Holds::Share, json!(1), Ok(json!(1))),
        (Holds::Share, json!(7), Ok(json!(1.0))),
        (Holds::Share, json!(-0.1), Ok(json!(0.0))),
        (Holds::Share, json!("7"), Err("expected a number from 0 to 1")),
        (Holds::Truth, json!(1), Ok(json!(true))),
        (Holds::Truth, json!("failed"), Ok(json!(false))),
        (Holds::Truth, json!(2), Err("expected true or false, not `2`")),
        (Holds::Time, json!(1_683_554_160), Ok(json!("2023-05-08T13:56:00Z"))),
        (Holds::Time, json!("2023-05-08 13:56:00"), Ok(json!("2023-05-08T13:56:00Z"))),
        (Holds::Time, json!("soon"), Err("`soon` is not a time; write 2026-05-08, ")),
        (Holds::Id, json!(17), Ok(json!("17"))),
        (Holds::Text, json!(17), Err("expected text, not `17`")),
        (Holds::Labels, json!(["a"]), Ok(json!(["a"]))),
        (Holds::Labels, json!([1]), Err("expected a list of labels")),
        (Holds::Json, json!({"a": 1}), Ok(json!({"a": 1}))),
        (Holds::Time, Value::Null, Ok(Value::Null)),
    ] {
        match (holds.read(given), expect) {
            (Ok(value), Ok(expect)) => assert_eq!(value, expect),
            (Err(problem), Err(expect)) => assert!(problem.starts_with(expect), "{problem}"),
            (read, expect) => panic!("{read:?} and not {expect:?}"),
        }
    }
}

#[test]
fn texts_are_parsed_as_the_type_of_the_field() {
    for (holds, text, expect) in [
        (Holds::Text, "2", json!("2")),
        (Holds::Whole, " 2 ", json!(2)),
        (Holds::Truth, "yes", json!(true)),
        (Holds::Json, "{\"a\": 1}", json!({"a": 1})),
        (Holds::Json, "plain", json!("plain")),
        (Holds::Labels, "a, b", json!(["a", "b"])),
        (Holds::Labels, "[\"a\"]", json!(["a"])),
    ] {
        assert_eq!(holds.parse(text), Ok(expect));
    }
    assert!(Holds::Whole.parse("high").unwrap_err().contains("a whole number"));
}

#[test]
fn reserved_names_are_refused_as_free_fields() {
    let settled = |name: &str| settle(Kind::Note, Map::from_iter([(name.to_owned(), json!("x"))]));
    for name in ["kind", "user", "valid_from", "confidence"] {
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
