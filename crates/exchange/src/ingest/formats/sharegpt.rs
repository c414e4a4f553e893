//! ShareGPT: conversations of `{"from": "human", "value": "..."}`.

use aios_draft::shape::{is_model, known_role};
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

/// Name of a list that may also have other objects.
const ITEMS: &str = "items";

fn is_list(element: &Map<String, Value>, name: &str) -> bool {
    let list = element.get(name).and_then(Value::as_array);
    let has = |it: &Value, names: &[&str]| names.iter().any(|key| it.get(*key).is_some());
    // Other data sets use the same list name for messages with roles.
    let speakers = if name == ITEMS { &["from"][..] } else { &["from", "role"] };
    let is_said = |it: &Value| has(it, speakers) && has(it, &["value", "text", "content"]);
    let is_empty = |list: &Vec<Value>| list.is_empty() && name == LISTS[0];
    list.is_some_and(|list| is_empty(list) || list.iter().any(is_said))
}

/// Renames the list of an object to the name that all readers of conversations expect.
pub(super) fn opened(mut element: Map<String, Value>) -> Map<String, Value> {
    let name = LISTS.iter().find(|name| is_list(&element, name));
    if let Some(mut list) = name.and_then(|name| element.remove(*name)) {
        name_roles(&mut list);
        element.insert("messages".to_owned(), list);
    }
    element
}

/// Turns each `from` of a list into a role if at least one of them is a role word; unknown words
/// are then roles as well. Otherwise they are the names of people.
fn name_roles(list: &mut Value) {
    let is_role = |word: &str| known_role(word).is_some() || is_model(word);
    let from = |it: &Value| it.get("from").and_then(Value::as_str).map(str::to_owned);
    let Value::Array(turns) = list else { return };
    if !turns.iter().filter_map(from).any(|word| is_role(&word)) {
        return;
    }
    for turn in turns {
        let unknown = from(turn).filter(|word| !is_role(word) && !word.trim().is_empty());
        if let (Some(word), Value::Object(turn)) = (unknown, turn)
            && turn.get("role").is_none_or(Value::is_null)
        {
            turn.remove("from");
            turn.insert("role".to_owned(), word.into());
        }
    }
}
