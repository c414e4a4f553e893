//! Remedies as JSON.

use std::collections::BTreeSet;

use aios_record::Remedy;
use serde_json::json;

#[test]
fn a_remedy_serializes_to_an_action_with_its_values() {
    let check = |remedy: Remedy, expect: serde_json::Value| {
        assert_eq!(serde_json::to_value(remedy).unwrap(), expect);
    };
    check(Remedy::Retry, json!({"action": "retry"}));
    check(
        Remedy::RaiseLimit { setting: "working.queue" },
        json!({"action": "raise_limit", "setting": "working.queue"}),
    );
    let (mode, paths) = (0o600, vec!["a".into(), "b".into()]);
    check(
        Remedy::SetMode { mode, paths },
        json!({"action": "set_mode", "mode": 384, "paths": ["a", "b"]}),
    );
}

#[test]
fn there_is_one_example_of_each_action() {
    let examples = Remedy::examples();
    let actions: BTreeSet<String> = examples
        .iter()
        .map(|it| serde_json::to_value(it).unwrap()["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions.len(), examples.len());
}
