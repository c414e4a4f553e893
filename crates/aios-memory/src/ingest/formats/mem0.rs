//! Mem0: memories as its interface returns them and exports hold them. Each becomes a note.

use aios_record::Kind;
use serde_json::{Map, Value};

use super::{Description, Elements, Reader, Shape, graph, parts::text_in, transcript::Transcript};
use crate::ingest::{Format, draft::Draft};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Mem0,
    name: "mem0",
    about: "Mem0's memories: {\"results\": [{\"id\": ..., \"memory\": ...}]}, or a list of them",
    shape: Some(Shape {
        recognises: |element| is_memory(element) || LISTS.iter().any(|name| is_list(element, name)),
        needs: "`memory`",
        signs: &["hash", "user_id", "created_at", "updated_at", "categories", "results"],
        artefacts: &[],
        lists: LISTS,
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(Mem0)),
    }),
};

/// The names of the lists of memories, and of what a graph adds to them.
const LISTS: &[&str] = &["results", "memories", "relations"];

/// Fields that say nothing of a memory.
const LEFT_OUT: &[&str] = &["hash", "score", "event", "updated_at", "structured_attributes"];

fn is_memory(element: &Map<String, Value>) -> bool {
    let is_text = element.get("memory").is_some_and(Value::is_string);
    is_text && !["content", "text"].iter().any(|name| element.contains_key(*name))
}

fn is_list(element: &Map<String, Value>, name: &str) -> bool {
    let list = element.get(name).and_then(Value::as_array);
    let is_memory = |it: &Value| it.as_object().is_some_and(is_memory);
    list.is_some_and(|list| list.iter().any(is_memory))
}

struct Mem0;

impl Reader for Mem0 {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let field = |names: &[&str]| text_in(&element, names);
        let ends = field(&["source"]).zip(field(&["target", "destination"]));
        match (ends, field(&["relationship", "relation"])) {
            (Some((from, other)), Some(sort)) if !element.contains_key("memory") => {
                let text = format!("{from} {} {other}", sort.replace('_', " "));
                graph::note(line, &text, Some(&from), "relation", None, to);
            }
            _ => read_memory(line, element, to),
        }
    }
}

fn read_memory(line: u64, mut memory: Map<String, Value>, to: &mut Transcript) {
    if text_in(&memory, &["event"]).is_some_and(|event| event == "DELETE" || event == "NONE") {
        return to.skip(line, "a memory that was deleted or did not change");
    }
    match memory.get("memory") {
        Some(Value::String(text)) if !text.trim().is_empty() => {}
        Some(Value::Null | Value::String(_)) => return to.skip(line, "`memory` is empty"),
        _ => return to.fail(line, "a memory has a text in `memory`"),
    }
    memory.retain(|name, value| !LEFT_OUT.contains(&&**name) && !value.is_null());
    for (theirs, ours) in [("memory", "text"), ("created_at", "timestamp"), ("categories", "tags")]
    {
        if let Some(value) = memory.remove(theirs) {
            memory.insert(ours.to_owned(), value);
        }
    }
    // The conversation of a memory is provenance; a note is of none.
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
