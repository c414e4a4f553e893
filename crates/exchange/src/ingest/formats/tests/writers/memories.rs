//! Memories as the memory server and Mem0 store them: one for each turn, about the title of its
//! conversation.

use serde_json::{Value, json};

use crate::ingest::formats::tests::exchange::Exchange;

fn entity(exchange: &Exchange) -> Value {
    json!({"type": "entity", "name": exchange.title, "entityType": "conversation",
        "observations": Value::from_iter(exchange.texts().map(|(_, text)| text))})
}

pub(super) fn graph_lines(all: &[Exchange]) -> Vec<Value> {
    all.iter().map(entity).collect()
}

pub(super) fn graph(all: &[Exchange]) -> Value {
    json!({"entities": graph_lines(all), "relations": []})
}

/// Returns the memories of all conversations, each with its id, its text and its other fields.
fn memories(all: &[Exchange]) -> impl Iterator<Item = (String, String, Value)> {
    all.iter().flat_map(|exchange| {
        exchange.texts().enumerate().map(|(at, (_, text))| {
            let about = json!({"created_at": exchange.time(at), "updated_at": null,
                "hash": "8f14", "user_id": "ines", "metadata": {"title": exchange.title}});
            (format!("{}-{at}", exchange.id), text.to_owned(), about)
        })
    })
}

pub(super) fn mem0(all: &[Exchange]) -> Value {
    let memories = memories(all).map(|(id, text, mut about)| {
        about["id"] = id.into();
        about["memory"] = text.into();
        about["score"] = json!(0.5);
        about
    });
    json!({"results": Value::from_iter(memories)})
}

/// Returns the points of Mem0's vector store.
pub(super) fn mem0_payload(all: &[Exchange]) -> Vec<Value> {
    let points = memories(all).map(|(id, text, mut about)| {
        about["data"] = text.into();
        // A point has its metadata among the other fields.
        let metadata = about.as_object_mut().unwrap().remove("metadata").unwrap();
        about["title"] = metadata["title"].clone();
        json!({"id": id, "payload": about, "vector": null})
    });
    points.collect()
}
