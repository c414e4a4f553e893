//! Data exports as ChatGPT and Claude write them.

use serde_json::{Map, Value, json};

use crate::ingest::formats::tests::exchange::{Exchange, Turn};

pub(super) fn chatgpt(exchange: &Exchange) -> Value {
    let mut mapping = Map::new();
    let mut parent = "client-created-root".to_owned();
    mapping.insert(
        parent.clone(),
        json!({"id": parent, "message": null, "parent": null, "children": ["h"]}),
    );
    let mut node = |parent: &mut String, id: String, author: Value, content: Value, more: Value| {
        let mut message = json!({"id": id, "author": author, "content": content, "recipient": "all",
            "status": "finished_successfully", "weight": 1.0, "metadata": {}, "update_time": null});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        mapping.insert(
            id.clone(),
            json!({"id": id, "message": message, "parent": parent, "children": []}),
        );
        *parent = id;
    };
    let hidden = json!({"metadata": {"is_visually_hidden_from_conversation": true}});
    node(
        &mut parent,
        format!("{}-h", exchange.id),
        json!({"role": "system"}),
        json!({"content_type": "text", "parts": [""]}),
        hidden,
    );
    for (at, turn) in exchange.turns.iter().enumerate() {
        let id = format!("{}-{at}", exchange.id);
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
        let time = json!({"create_time": exchange.second(at) as f64});
        let text = |text: &str| json!({"content_type": "text", "parts": [text]});
        match turn {
            Turn::User(said) => node(&mut parent, id, json!({"role": "user"}), text(said), time),
            Turn::Assistant(said) => {
                // A regenerated answer has the replaced one as sibling.
                let mut beside = parent.clone();
                node(
                    &mut beside,
                    format!("{id}-left"),
                    json!({"role": "assistant"}),
                    text("left"),
                    json!({}),
                );
                node(&mut parent, id, json!({"role": "assistant"}), text(said), time);
            }
            Turn::Tool(tool, input, output) => {
                let mut more = time.clone();
                more["recipient"] = tool.as_str().into();
                let code = json!({"content_type": "code", "language": "x", "text": input});
                node(&mut parent, id.clone(), json!({"role": "assistant"}), code, more);
                let content = json!({"content_type": "execution_output", "text": output});
                node(
                    &mut parent,
                    format!("{id}-r"),
                    json!({"role": "tool", "name": tool}),
                    content,
                    time,
                );
            }
        }
    }
    json!({"title": exchange.title, "create_time": exchange.began, "mapping": mapping,
        "current_node": parent, "conversation_id": exchange.id, "id": exchange.id,
        "moderation_results": [], "gizmo_id": null, "is_archived": false})
}

pub(super) fn claude(exchange: &Exchange) -> Value {
    let messages = exchange.turns.iter().enumerate().map(|(at, turn)| {
        let (sender, content) = match turn {
            Turn::User(text) => ("human", json!([{"type": "text", "text": text, "citations": []}])),
            Turn::Assistant(text) => ("assistant", json!([{"type": "text", "text": text}])),
            Turn::Tool(tool, input, output) => (
                "assistant",
                json!([
                    {"type": "tool_use", "name": tool, "input": input},
                    {"type": "tool_result", "name": tool, "content": [{"type": "text",
                        "text": output}]},
                ]),
            ),
        };
        json!({"uuid": format!("{}-{at}", exchange.id), "sender": sender, "content": content,
            "text": "This block is not supported on your current device yet.",
            "created_at": exchange.time(at), "updated_at": exchange.time(at),
            "attachments": [], "files": []})
    });
    json!({"uuid": exchange.id, "name": exchange.title, "created_at": exchange.time(0),
        "updated_at": exchange.time(0), "account": {"uuid": "acc"},
        "chat_messages": Value::from_iter(messages)})
}
