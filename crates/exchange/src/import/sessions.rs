//! Stores of conversations: `sessions` with their `messages`, user preferences, and learned
//! knowledge.

use aios_draft::shape;
use aios_record::Kind;
use serde_json::{Map, Value};

use super::{
    mapping::{Becomes, CREATED_AT, METADATA, SESSION, TIMESTAMP, Table, column},
    shape::Shape,
    tasks,
};

pub(super) const SHAPE: Shape = Shape {
    name: "sessions",
    about: "tables sessions, messages, user_preferences, tasks, knowledge",
    tables: &[
        Table {
            derived: &["message_count", "messages_count"],
            ..Table::new(
                &["sessions", "session", "conversations"],
                Becomes::Record(Kind::Session),
                &["id"],
                &["created_at", "user"],
                &[
                    column("id", &["id", "session_id", "conversation_id", "uuid"]),
                    column("summary", &["summary", "title", "description", "name"]),
                    column(
                        "last_active",
                        &["last_active", "last_activity", "last_accessed", "updated_at"],
                    ),
                    CREATED_AT,
                ],
            )
        },
        Table {
            finish: finish_message,
            signs: SIGNS,
            ..Table::new(
                &["messages", "message", "conversation_messages", "chat_messages", "message_store"],
                Becomes::Record(Kind::Message),
                &["content"],
                &["session", "role", "timestamp", "content"],
                &[
                    column("id", &["id", "message_id", "uuid"]),
                    column("content", &["content", "message", "text", "body"]),
                    column("role", &["role", "sender", "author", "type"]),
                    column("name", &["name", "speaker", "speaker_name"]),
                    column("tokens", &["tokens", "token_count", "num_tokens"]),
                    column("model", &["model", "model_name", "model_used"]),
                    TIMESTAMP,
                    METADATA,
                    SESSION,
                ],
            )
        },
        Table::new(
            &["user_preferences", "user_preference"],
            Becomes::Preferences,
            &[],
            &[],
            tasks::PREFERENCE,
        ),
        Table {
            finish: finish_knowledge,
            ..Table::new(
                &["knowledge", "knowledge_base", "knowledge_entries"],
                Becomes::Record(Kind::Knowledge),
                &["content", "value", "key"],
                &["category", "key", "title", "created_at"],
                &[
                    column("id", &["id", "knowledge_id", "uuid"]),
                    column("title", &["title", "topic", "name"]),
                    column("content", &["content", "text", "fact", "information"]),
                    column("category", &["category", "type", "domain"]),
                    column("key", &["key", "subject"]),
                    column("value", &["value"]),
                    column("confidence", &["confidence", "certainty", "score"]),
                    column("source", &["source", "origin", "source_url", "url"]),
                    column("tags", &["tags", "labels", "keywords"]),
                    CREATED_AT,
                    METADATA,
                    SESSION,
                ],
            )
        },
    ],
};

/// Columns that only conversations with an assistant have. Mail programs and messengers have tables
/// of messages too, with other meanings of senders and times.
const SIGNS: &[&str] = &[
    "role",
    "sender",
    "author",
    "session_id",
    "session",
    "conversation_id",
    "chat_id",
    "thread_id",
    "session_key",
];

/// Normalises the role words of other programs and keeps the original word. Parses a message that
/// LangChain stored as JSON.
fn finish_message(fields: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    let content = fields.get("content").and_then(Value::as_str);
    if let Some(mut stored) = content.and_then(shape::stored_message) {
        // A tool call has no text; its JSON stays the content.
        let text =
            stored.remove("content").filter(|it| it.as_str().is_some_and(|it| !it.is_empty()));
        fields.extend(text.map(|text| ("content".to_owned(), text)));
        let role = stored.remove("role").filter(Value::is_string);
        let role = role.map(|word| Value::from(shape::role_of(word.as_str().unwrap_or_default())));
        let name = stored.remove("name").filter(Value::is_string);
        fields.extend(role.map(|role| ("role".to_owned(), role)));
        fields.extend(name.map(|name| ("name".to_owned(), name)));
        stored.retain(|_, value| !value.is_null());
        rest.extend(stored);
    }
    let marked = || shape::author_mark(rest).unwrap_or("user");
    let role = fields.get("role").and_then(Value::as_str).unwrap_or_else(marked).to_owned();
    let ours = match role.to_ascii_lowercase().as_str() {
        "human" => "user",
        "ai" | "bot" | "model" | "agent" => "assistant",
        "function" => "tool",
        _ if shape::is_model(&role) => "assistant",
        _ => &role,
    };
    fields.insert("role".to_owned(), ours.into());
    if ours != role {
        rest.insert("role".to_owned(), role.into());
    }
}

/// For knowledge that is a key and a value, the key becomes the title and the value the content.
fn finish_knowledge(fields: &mut Map<String, Value>, _: &mut Map<String, Value>) {
    if !fields.contains_key("title")
        && let Some(key) = fields.get("key")
    {
        fields.insert("title".to_owned(), key.clone());
    }
    if !fields.contains_key("content")
        && let Some(value) = fields.get("value")
    {
        let content = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        fields.insert("content".to_owned(), content.into());
    }
}
