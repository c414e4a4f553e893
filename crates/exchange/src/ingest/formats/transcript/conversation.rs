//! A conversation as its file identifies it.

use aios_record::ID_BYTES_MAX;
use serde_json::{Map, Value};

/// Scope within which the message ids of a conversation are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest::formats) enum Ids {
    /// Unique within the provider: a copy in another session is the same message.
    OfProvider,
    /// Unique within the conversation.
    OfConversation,
}

/// A conversation as its file identifies it.
#[derive(Debug, Clone)]
pub(in crate::ingest::formats) struct Conversation {
    pub(in crate::ingest::formats) provider: &'static str,
    pub(in crate::ingest::formats) ids: Ids,
    /// Id of the conversation at its provider. Without one, its messages are in the session named
    /// after the file.
    pub(in crate::ingest::formats) id: Option<String>,
    pub(in crate::ingest::formats) title: Option<String>,
    /// Start time, also used for messages and calls without a time.
    pub(in crate::ingest::formats) began: Value,
    /// Facts that are stored with each message, such as the working directory.
    pub(in crate::ingest::formats) about: Map<String, Value>,
}

impl Conversation {
    pub(in crate::ingest::formats) fn new(
        provider: &'static str,
        ids: Ids,
        id: Option<String>,
    ) -> Conversation {
        Conversation { provider, ids, id, title: None, began: Value::Null, about: Map::new() }
    }

    /// Returns the session of its messages, if the provider has an id for it.
    pub(in crate::ingest::formats) fn session(&self) -> Option<String> {
        self.id.as_ref().map(|id| session_id(self.provider, id))
    }
}

/// Returns the session of the conversation that `provider` calls `id`.
pub(in crate::ingest) fn session_id(provider: &str, id: &str) -> String {
    let session = format!("{provider}/{id}");
    if session.len() <= ID_BYTES_MAX {
        return session;
    }
    format!("{provider}/{}", &blake3::hash(id.as_bytes()).to_hex()[..32])
}

/// Returns the provider within which the conversation's message ids are unique, if they are.
pub(super) fn provider(conversation: &Conversation) -> Option<&'static str> {
    (conversation.ids == Ids::OfProvider).then_some(conversation.provider)
}
