//! ShareGPT: conversations of `{"from": "human", "value": "..."}`.

use serde_json::{Map, Value};

use super::description::{Description, Elements, Shape};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::ShareGpt,
    name: "sharegpt",
    about: "ShareGPT: {\"conversations\": [{\"from\": ..., \"value\": ...}]}",
    shape: Some(Shape {
        recognises: |element| LISTS.iter().any(|name| is_list(element, name)),
        needs: "`conversations`",
        signs: &["id", "items", "conversation", "system", "source"],
        artefacts: &[],
        lists: &[],
        opens: &[],
        elements: Elements::Whole,
        reader: None,
    }),
};

/// Names of the list in the data sets that use this format.
const LISTS: &[&str] = &["conversations", "conversation", ITEMS];

/// A list of this name may also hold other objects.
const ITEMS: &str = "items";

fn is_list(element: &Map<String, Value>, name: &str) -> bool {
    let list = element.get(name).and_then(Value::as_array);
    let has = |it: &Value, names: &[&str]| names.iter().any(|key| it.get(*key).is_some());
    // Data sets of other makers have roles under the same name.
    let speakers = if name == ITEMS { &["from"][..] } else { &["from", "role"] };
    let is_said = |it: &Value| has(it, speakers) && has(it, &["value", "text", "content"]);
    let is_empty = |list: &Vec<Value>| list.is_empty() && name == LISTS[0];
    list.is_some_and(|list| is_empty(list) || list.iter().any(is_said))
}

/// Renames the list of an object to the name that every reader of conversations expects.
pub(super) fn opened(mut element: Map<String, Value>) -> Map<String, Value> {
    let name = LISTS.iter().find(|name| is_list(&element, name));
    if let Some(list) = name.and_then(|name| element.remove(*name)) {
        element.insert("messages".to_owned(), list);
    }
    element
}
