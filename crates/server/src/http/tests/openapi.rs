//! The OpenAPI document: committed, and complete.

use std::{collections::BTreeSet, env, fs, path::Path};

use serde_json::Value;

use super::{super::openapi::document, Fixture};
use crate::operation::{OPEN, ROUTES};

/// Sorts the keys of every object, since their order depends on the features of a build.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            fields.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let document = sorted(document());
    if env::var_os("UPDATE_OPENAPI").is_some() {
        let text = serde_json::to_string_pretty(&document).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(
        committed == document,
        "docs/openapi.json is not up to date; run this test with UPDATE_OPENAPI=1"
    );
}

#[test]
fn every_operation_is_in_the_document_and_the_other_way_round() {
    let document = document();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let routes = ROUTES.iter().map(|operation| operation.name).chain(OPEN.iter().copied());
    let listed = routes.filter(|name| name.contains(" /api/v1/")).map(str::to_owned);
    assert_eq!(described, listed.collect());
}

#[test]
fn references_within_the_document_lead_somewhere_and_operation_ids_are_unique() {
    fn visit(value: &Value, document: &Value, ids: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                if let Some(id) = fields.get("operationId").and_then(Value::as_str) {
                    ids.push(id.to_owned());
                }
                fields.values().for_each(|it| visit(it, document, ids));
            }
            Value::Array(items) => items.iter().for_each(|it| visit(it, document, ids)),
            _ => {}
        }
    }
    let document = document();
    let mut ids = Vec::new();
    visit(&document, &document, &mut ids);
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    assert_eq!(
        document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(),
        ["3", "1"]
    );
}

#[tokio::test]
async fn the_document_is_served() {
    let it = Fixture::new().await;
    let served = it.get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(served.json(), document());
}
