//! Changes of single fields, and the text of the fact after each.

use serde_json::json;

use super::*;

fn fields(value: Value) -> Fields {
    value.as_object().cloned().unwrap_or_default()
}

#[track_caller]
fn check(change: Value, expect: Option<&str>) {
    let before = fields(json!({
        "text": "Ada lives in Ghent.", "subject": "Ada", "attribute": "home", "value": "Ghent",
    }));
    let mut after = before.clone();
    after.extend(fields(change));
    let agreed = agree(&before, &mut after).is_ok();
    let text = agreed.then(|| words(&after, TEXT));
    assert_eq!(text.as_deref(), expect);
}

#[test]
fn a_changed_value_changes_the_text() {
    check(json!({"value": "Lyon"}), Some("Ada lives in Lyon."));
    check(json!({"subject": "Bob"}), Some("Bob lives in Ghent."));
    check(json!({"subject": "Bob", "value": 7}), Some("Bob lives in 7."));
    check(json!({"attribute": "work"}), Some(""));
    check(json!({"value": null}), Some("Ada lives in Ghent."));
    check(json!({"confidence": 0.5}), Some("Ada lives in Ghent."));
}

#[test]
fn a_text_without_the_kept_value_is_refused() {
    check(json!({"text": "Ada lives in Lyon."}), None);
    check(json!({"text": "Bob lives in Ghent."}), None);
    check(json!({"text": "Ada lives in Lyon.", "value": "Lyon"}), Some("Ada lives in Lyon."));
    check(json!({"text": "GHENT is Ada's home."}), Some("GHENT is Ada's home."));
    check(json!({"text": ""}), Some(""));
}

#[test]
fn only_one_whole_word_is_replaced() {
    assert_eq!(replaced("Ada met Ada", "Ada", "Bob"), None);
    assert_eq!(replaced("Adagio for Ada", "Ada", "Bob").as_deref(), Some("Adagio for Bob"));
    assert_eq!(replaced("a", "", "b"), None);
}
