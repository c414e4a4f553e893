//! The memory server of the Model Context Protocol: a graph of entities with observations, and of
//! relations, as JSON lines or as one object. Each observation becomes a note titled with its
//! entity, each relation a note titled with its first entity. A [`Mark`] in the metadata makes the
//! note a part of the graph of [`aios_memory::graph`].

use aios_draft::{
    Draft,
    content::{first, text_in},
    place::like_owner,
};
use aios_memory::graph::Mark;
use aios_record::Kind;
use serde_json::{Map, Value, json};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::Transcript,
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::McpMemory,
    name: "mcp-memory",
    about: "The official memory server's file, memory.jsonl: entities and relations",
    shape: Some(Shape {
        recognises: |element| is_entity(element) || is_relation(element) || is_graph(element),
        needs: "`observations` or `relationType`",
        signs: &["entityType", "observations", "relationType", "entities", "relations", "name"],
        artefacts: &[],
        lists: LISTS,
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(Graph)),
    }),
};

/// Lists of a graph.
const LISTS: &[&str] = &["entities", "relations"];

/// Fields in which forks of the server store the time of an entry.
const TIMES: &[&str] = &["timestamp", "createdAt", "created_at", "updatedAt", "updated_at"];

/// Supported fields.
const OF_ENTITIES: &[&str] = &["type", "name", "entityType", "observations"];
const OF_RELATIONS: &[&str] = &["type", "from", "to", "relationType"];
const OF_OBSERVATIONS: &[&str] = &["type", "content", "text", "observation"];

fn is_entity(element: &Map<String, Value>) -> bool {
    let observations = element.get("observations");
    // An entity may exist before its first observation.
    let is_bare = observations.is_none_or(Value::is_null)
        && element.get("entityType").is_some_and(Value::is_string)
        && !["text", "content"].iter().any(|name| element.contains_key(*name));
    (observations.is_some_and(Value::is_array) || is_bare) && element.contains_key("name")
}

fn is_relation(element: &Map<String, Value>) -> bool {
    ["from", "to", "relationType"].iter().all(|name| element.contains_key(*name))
}

fn is_graph(element: &Map<String, Value>) -> bool {
    let is_item = |it: &Value| it.as_object().is_some_and(|it| is_entity(it) || is_relation(it));
    let lists = LISTS.iter().filter_map(|name| element.get(*name)?.as_array());
    lists.flatten().any(is_item)
}

struct Graph;

impl Reader for Graph {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        read_item(line, &element, to);
    }
}

fn read_item(line: u64, item: &Map<String, Value>, to: &mut Transcript) {
    let field = |name: &str| text_in(item, &[name]).unwrap_or_default();
    if is_relation(item) {
        let (from, sort, other) = (field("from"), field("relationType"), field("to"));
        let text = format!("{from} {} {other}", sort.replace('_', " "));
        let about = rest_of(item, OF_RELATIONS);
        let mark = Mark::Relation { from: from.clone(), sort, to: other };
        let (mark, time) = (Some(mark), time_of(item));
        let note = Note { title: Some(&from), tag: "relation", time, about, mark };
        return note.tell(line, &text, to);
    }
    if !is_entity(item) {
        let expected = "an entity (`name`, `observations`) or a relation (`from`, `to`)";
        return to.fail(line, format!("expected {expected}"));
    }
    let (name, sort) = (field("name"), field("entityType"));
    let observations = item.get("observations").and_then(Value::as_array);
    let observations = observations.map_or(&[][..], Vec::as_slice);
    if observations.is_empty() {
        let text = format!("{name} ({sort})");
        let about = rest_of(item, OF_ENTITIES);
        let mark = Mark::Entity { entity: name, sort: sort.clone() };
        let (mark, time) = (Some(mark), time_of(item));
        let note = Note { title: None, tag: &sort, time, about, mark };
        return note.tell(line, &text, to);
    }
    // Other fields of the entity are kept with its first observation.
    let mut about = rest_of(item, OF_ENTITIES);
    for observation in observations {
        if observation.is_null() {
            to.skip(line, "null observation");
            continue;
        }
        let text = observation
            .as_str()
            .map(str::to_owned)
            .or_else(|| text_in(observation.as_object()?, &["content", "text", "observation"]));
        match text {
            Some(text) => {
                let own = observation.as_object().and_then(time_of);
                if let Some(observation) = observation.as_object() {
                    about.extend(rest_of(observation, OF_OBSERVATIONS));
                }
                let time = own.or_else(|| time_of(item));
                let about = std::mem::take(&mut about);
                let (observation_of, stated) = (name.clone(), Some(sort.clone()));
                let mark = Some(Mark::Observation { observation_of, sort: stated });
                Note { title: Some(&name), tag: &sort, time, about, mark }.tell(line, &text, to);
            }
            None => to.fail(line, format!("expected an observation of `{name}` to be text")),
        }
    }
}

fn time_of(item: &Map<String, Value>) -> Option<&Value> {
    first(item, TIMES)
}

/// A note, with the entity that it describes as title.
pub(super) struct Note<'a> {
    pub(super) title: Option<&'a str>,
    pub(super) tag: &'a str,
    pub(super) time: Option<&'a Value>,
    /// Unrecognised fields, which are kept as metadata.
    pub(super) about: Map<String, Value>,
    /// The note's part in the graph.
    pub(super) mark: Option<Mark>,
}

impl Note<'_> {
    pub(super) fn tell(self, line: u64, text: &str, to: &mut Transcript) {
        let Note { title, tag, time, about, mark } = self;
        let fields = json!({"text": text, "tags": [tag], "timestamp": time});
        let Value::Object(fields) = fields else { unreachable!("built as an object") };
        let title = title.map(str::to_owned);
        let draft = Draft::from_object(fields, to.defaults()).map(|mut draft| {
            draft.unknown.extend(about.keys().cloned());
            draft.like_owner = draft.like_owner.or_else(|| like_owner(&about));
            draft.metadata.extend(about);
            let mark = mark.map(|mark| (Mark::FIELD.to_owned(), mark.to_value()));
            draft.metadata.extend(mark);
            // The title, like the name of a speaker, distinguishes equal observations of two
            // entities.
            Draft { kind: Kind::Note, name: title.clone(), title, ..draft }
        });
        to.draft(line, draft);
    }
}

/// Returns the non-null fields of `item` that are neither in `known` nor times.
fn rest_of(item: &Map<String, Value>, known: &[&str]) -> Map<String, Value> {
    let is_rest = |name: &str, value: &Value| {
        !known.contains(&name) && !TIMES.contains(&name) && !value.is_null()
    };
    let rest = item.iter().filter(|(name, value)| is_rest(name, value));
    rest.map(|(name, value)| (name.clone(), value.clone())).collect()
}
