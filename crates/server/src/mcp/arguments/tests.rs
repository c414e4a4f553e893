//! Refusals of arguments, and defaults.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::Arguments;

fn arguments(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn taken(value: Value) -> Arguments {
    Arguments::of("tool", &["a", "b"], Some(arguments(value))).unwrap_or_else(|it| panic!("{it:?}"))
}

#[test]
fn a_refusal_names_the_argument_and_the_accepted_values() {
    let unknown = Arguments::of("tool", &["a", "b"], Some(arguments(json!({"c": 1}))));
    let message = unknown.err().unwrap().message;
    assert_eq!(message, "unknown argument `c`; `tool` has `a`, `b`");
    for (value, expected) in [
        (json!({}), "`a` is missing; expected a text of 1 to 5 characters"),
        (json!({"a": null}), "`a` is missing; expected a text of 1 to 5 characters"),
        (json!({"a": 3}), "`a`: expected a text of 1 to 5 characters, not 3"),
        (json!({"a": "  "}), "`a`: expected a text of 1 to 5 characters, not an empty one"),
        (json!({"a": "sixsix"}), "`a`: expected a text of 1 to 5 characters, not 6"),
    ] {
        assert_eq!(taken(value).text("a", 5).err().unwrap().message, expected);
    }
    for (value, shown) in
        [(json!(0), "0"), (json!(9), "9"), (json!("3"), "\"3\""), (json!(1.5), "1.5")]
    {
        let refused = taken(json!({"a": value})).number("a", 1..=8, 4).err().unwrap();
        assert_eq!(
            refused.message,
            format!("`a`: expected a whole number from 1 to 8, not {shown}")
        );
    }
    let long = taken(json!({"a": "x".repeat(500)})).number("a", 1..=8, 4).err().unwrap();
    assert!(long.message.len() < 150, "{}", long.message);
    let many = taken(json!({"a": ["x", "y", "z"]})).texts("a", 1..=2, 9).err().unwrap();
    assert_eq!(many.message, "`a`: expected a list of 1 to 2 texts, not 3");
    let keys = taken(json!({"a": ["note/1", "nowhere"]})).keys("a", 1..=2).err().unwrap();
    assert!(keys.message.starts_with("`a[1]`: "), "{}", keys.message);
    let time = taken(json!({"a": "soonish"})).period("a").err().unwrap();
    assert!(time.message.starts_with("`a`: `soonish` is not a time"), "{}", time.message);
}

#[test]
fn texts_and_numbers_of_files_are_taken_as_they_are() {
    assert_eq!(taken(json!({"a": " "})).verbatim("a").unwrap(), " ");
    assert_eq!(taken(json!({"a": ""})).verbatim("a").unwrap(), "");
    assert_eq!(taken(json!({"a": -1})).integer("a").unwrap(), -1);
    assert_eq!(taken(json!({"a": -2.0})).integer("a").unwrap(), -2);
    assert_eq!(taken(json!({"a": [1, -1]})).integers("a").unwrap(), Some(vec![1, -1]));
    assert_eq!(taken(json!({"a": null})).integers("a").unwrap(), None);
    let refused = |refused: Result<(), crate::failure::Failure>| refused.unwrap_err().message;
    let message = refused(taken(json!({})).verbatim("a").map(drop));
    assert_eq!(message, "`a` is missing; expected a text");
    let message = refused(taken(json!({"a": "1"})).integer("a").map(drop));
    assert_eq!(message, "`a`: expected a whole number, not \"1\"");
    let message = refused(taken(json!({"a": [1, 0.5]})).integers("a").map(drop));
    assert_eq!(message, "`a`: expected a list of whole numbers, not [1,0.5]");
}

#[test]
fn absent_arguments_have_their_defaults() {
    let mut none = taken(json!({"b": null}));
    assert_eq!(none.number("a", 1..=8, 4).unwrap(), 4);
    assert_eq!(none.optional("b", 5).unwrap(), None);
    assert!(none.texts("a", 0..=3, 5).unwrap().is_empty());
    assert_eq!(none.kinds("a").unwrap(), None);
    assert_eq!(taken(json!({"a": 8.0})).number("a", 1..=8, 4).unwrap(), 8);
}
