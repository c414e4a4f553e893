//! Mem0: memories as its API returns them, as exports store them, and as points of its vector
//! store, whose `payload` has the text as `data`. Each memory becomes a note.

use aios_draft::{Draft, content::text_in, repeated};
use aios_record::Kind;
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    graph,
    transcript::Transcript,
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Mem0,
    name: "mem0",
    about: "Mem0's memories: {\"results\": [{\"id\": ..., \"memory\": ...}]}, or a list of them",
    shape: Some(Shape {
        recognises: |element| is_stored(element) || LISTS.iter().any(|name| is_list(element, name)),
        needs: "`memory`",
        signs: &["hash", "user_id", "created_at", "updated_at", "categories", "results"],
        artefacts: &[],
        lists: LISTS,
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(Mem0)),
    }),
};

/// Names of the lists of memories, and of the relations that a graph adds.
const LISTS: &[&str] = &["results", "memories", "relations", POINTS];

/// Name of the list of points of a vector store.
const POINTS: &str = "points";

/// Fields that do not describe the memory and are left out.
const LEFT_OUT: &[&str] = &["hash", "score", "event", "updated_at", "structured_attributes"];

/// Fields of a point that belong to the vector store.
const OF_STORES: &[&str] =
    &["vector", "vectors", "version", "shard_key", "order_value", "text_lemmatized"];

fn is_memory(element: &Map<String, Value>) -> bool {
    let is_text = element.get("memory").is_some_and(Value::is_string);
    is_text && !["content", "text"].iter().any(|name| element.contains_key(*name))
}

/// Returns `true` for a point of a vector store that holds a memory.
fn is_point(element: &Map<String, Value>) -> bool {
    let text = element.get("payload").and_then(|payload| payload.get("data"));
    text.is_some_and(Value::is_string)
        && element.contains_key("id")
        && !["type", "text", "content"].iter().any(|name| element.contains_key(*name))
}

fn is_stored(element: &Map<String, Value>) -> bool {
    is_memory(element) || is_point(element)
}

/// Moves the list of points in the answer of a vector store, `{"result": {"points": [...]}}`, to
/// the outer object. Other elements are unchanged.
pub(super) fn opened(mut element: Map<String, Value>) -> Map<String, Value> {
    // The answer to a change of the graph has its added relations in nested lists.
    let is_change = LISTS.iter().any(|name| is_list(&element, name));
    if let Some(Value::Object(change)) = element.get_mut("relations").filter(|_| is_change) {
        let added = change.remove("added_entities").unwrap_or_default();
        let deep = added.as_array().into_iter().flatten();
        let added: Vec<Value> = deep
            .flat_map(|it| it.as_array().cloned().unwrap_or_else(|| vec![it.clone()]))
            .collect();
        element.insert("relations".to_owned(), added.into());
    }
    let answer = element.get("result").and_then(Value::as_object);
    if answer.is_some_and(|answer| is_list(answer, POINTS))
        && let Some(Value::Object(answer)) = element.remove("result")
    {
        for (name, value) in answer {
            repeated::put(&mut element, name, value);
        }
    }
    element
}

/// Converts a point into its memory.
fn unfolded(mut point: Map<String, Value>) -> Map<String, Value> {
    if !is_point(&point) {
        return point;
    }
    if let Some(Value::Object(payload)) = point.remove("payload") {
        for (name, value) in payload {
            let name = if name == "data" { "memory".to_owned() } else { name };
            repeated::put(&mut point, name, value);
        }
    }
    point.retain(|name, _| !OF_STORES.contains(&&**name));
    point
}

fn is_list(element: &Map<String, Value>, name: &str) -> bool {
    let list = element.get(name).and_then(Value::as_array);
    let is_stored = |it: &Value| it.as_object().is_some_and(is_stored);
    list.is_some_and(|list| list.iter().any(is_stored))
}

struct Mem0;

impl Reader for Mem0 {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let element = unfolded(element);
        let field = |names: &[&str]| text_in(&element, names);
        let ends = field(&["source"]).zip(field(&["target", "destination"]));
        match (ends, field(&["relationship", "relation"])) {
            (Some((from, other)), Some(sort)) if !element.contains_key("memory") => {
                let text = format!("{from} {} {other}", sort.replace('_', " "));
                let about = Map::new();
                let (title, tag) = (Some(from.as_str()), "relation");
                graph::Note { title, tag, time: None, about, mark: None }.tell(line, &text, to);
            }
            _ => read_memory(line, element, to),
        }
    }
}

fn read_memory(line: u64, mut memory: Map<String, Value>, to: &mut Transcript) {
    if text_in(&memory, &["event"]).is_some_and(|event| event == "DELETE" || event == "NONE") {
        return to.skip(line, "memory was deleted or did not change");
    }
    match memory.get("memory") {
        Some(Value::String(text)) if !text.trim().is_empty() => {}
        Some(Value::Null | Value::String(_)) => return to.skip(line, "`memory` is empty"),
        _ => return to.fail(line, "expected a text in `memory`"),
    }
    memory.retain(|name, value| !LEFT_OUT.contains(&&**name) && !value.is_null());
    for (theirs, ours) in [("memory", "text"), ("created_at", "timestamp"), ("categories", "tags")]
    {
        if let Some(value) = memory.remove(theirs) {
            memory.insert(ours.to_owned(), value);
        }
    }
    // The conversation of a memory is provenance, because a note has no session.
    for name in ["run_id", "session_id", "actor_id", "role"] {
        if let Some(value) = memory.remove(name) {
            let metadata = memory.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(metadata) = metadata {
                metadata.insert(format!("mem0_{name}"), value);
            }
        }
    }
    let draft = Draft::from_object(memory, to.defaults());
    to.draft(line, draft.map(|draft| Draft { kind: Kind::Note, ..draft }));
}
