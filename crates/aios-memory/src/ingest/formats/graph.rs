//! The memory server of the Model Context Protocol: a graph of entities, each with observations,
//! and of relations, as JSON lines or as one object. Each observation becomes a note that is titled
//! by its entity, and so does each relation.

use aios_record::Kind;
use serde_json::{Map, Value, json};

use super::{Description, Elements, Reader, Shape, parts::text_in, transcript::Transcript};
use crate::ingest::{Format, draft::Draft};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::McpMemory,
    name: "mcp-memory",
    about: "The official memory server's file, memory.jsonl: entities and relations",
    shape: Some(Shape {
        recognises: |element| is_entity(element) || is_relation(element) || is_graph(element),
        needs: "`observations` or `relationType`",
        signs: &["entityType", "observations", "relationType", "entities", "relations", "name"],
        artefacts: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(Graph)),
    }),
};

fn is_entity(element: &Map<String, Value>) -> bool {
    element.get("observations").is_some_and(Value::is_array) && element.contains_key("name")
}

fn is_relation(element: &Map<String, Value>) -> bool {
    ["from", "to", "relationType"].iter().all(|name| element.contains_key(*name))
}

fn is_graph(element: &Map<String, Value>) -> bool {
    let entities = element.get("entities").and_then(Value::as_array);
    entities.is_some_and(|list| list.iter().all(|it| it.as_object().is_some_and(is_entity)))
}

struct Graph;

impl Reader for Graph {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        if is_graph(&element) {
            for list in ["entities", "relations"] {
                let items = element.get(list).and_then(Value::as_array);
                for item in items.into_iter().flatten().filter_map(Value::as_object) {
                    read_item(line, item, to);
                }
            }
            return;
        }
        read_item(line, &element, to);
    }
}

fn read_item(line: u64, item: &Map<String, Value>, to: &mut Transcript) {
    let field = |name: &str| text_in(item, &[name]).unwrap_or_default();
    if is_relation(item) {
        let (from, sort, other) = (field("from"), field("relationType"), field("to"));
        let text = format!("{from} {} {other}", sort.replace('_', " "));
        return note(line, &text, Some(&from), "relation", to);
    }
    if !is_entity(item) {
        return to
            .fail(line, "an entity has a `name` and `observations`, a relation `from` and `to`");
    }
    let (name, sort) = (field("name"), field("entityType"));
    let observations = item.get("observations").and_then(Value::as_array);
    let observations = observations.map_or(&[][..], Vec::as_slice);
    if observations.is_empty() {
        let text = format!("{name} ({sort})");
        return note(line, &text, None, &sort, to);
    }
    for observation in observations {
        let text = observation
            .as_str()
            .map(str::to_owned)
            .or_else(|| text_in(observation.as_object()?, &["content", "text", "observation"]));
        match text {
            Some(text) => note(line, &text, Some(&name), &sort, to),
            None => to.fail(line, format!("an observation of `{name}` is not text")),
        }
    }
}

/// Adds a note, titled by what it is about.
fn note(line: u64, text: &str, title: Option<&str>, tag: &str, to: &mut Transcript) {
    let fields = json!({"text": text, "tags": [tag]});
    let Value::Object(fields) = fields else { unreachable!("it is written as an object") };
    let title = title.map(str::to_owned);
    let draft = Draft::from_object(fields, to.defaults());
    // A title tells equal observations of two entities apart, as the name of a speaker would.
    to.draft(
        line,
        draft.map(|draft| Draft { kind: Kind::Note, name: title.clone(), title, ..draft }),
    );
}
