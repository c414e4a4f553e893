//! Mem0: memories as its interface returns them and exports hold them. Each becomes a note.

use aios_record::Kind;
use serde_json::{Map, Value};

use super::{Description, Elements, Reader, Shape, parts::text_in, transcript::Transcript};
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
        elements: Elements::Whole,
        reader: Some(|| Box::new(Mem0)),
    }),
};

/// The names of the list of memories.
const LISTS: &[&str] = &["results", "memories"];

/// Fields that say nothing of a memory.
const LEFT_OUT: &[&str] = &["hash", "score", "event", "updated_at", "structured_attributes"];

fn is_memory(element: &Map<String, Value>) -> bool {
    let is_text = element.get("memory").is_some_and(Value::is_string);
    is_text && !["role", "content", "text"].iter().any(|name| element.contains_key(*name))
}

fn is_list(element: &Map<String, Value>, name: &str) -> bool {
    let list = element.get(name).and_then(Value::as_array);
    list.is_some_and(|list| {
        !list.is_empty() && list.iter().all(|it| it.as_object().is_some_and(is_memory))
    })
}

struct Mem0;

impl Reader for Mem0 {
    fn read(&mut self, line: u64, mut element: Map<String, Value>, to: &mut Transcript) {
        let Some(name) = LISTS.iter().find(|name| is_list(&element, name)) else {
            return read_memory(line, element, to);
        };
        let Some(Value::Array(memories)) = element.remove(*name) else { return };
        for memory in memories {
            if let Value::Object(memory) = memory {
                read_memory(line, memory, to);
            }
        }
    }
}

fn read_memory(line: u64, mut memory: Map<String, Value>, to: &mut Transcript) {
    if text_in(&memory, &["event"]).is_some_and(|event| event == "DELETE" || event == "NONE") {
        return to.skip(line, "a memory that was deleted or did not change");
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
