//! New messages, and the outcome of adding them.

use aios_record::{Id, Provenance, Scope, Timestamp};
use serde_json::Value;

use crate::{Message, Meta, Role};

/// A message to add. Its position in the session is determined by the order of adding.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The session of the message's owner; it is created if it is missing.
    pub session: Id,
    /// Role of the speaker.
    pub role: Role,
    /// The content.
    pub content: String,
    /// The id, if it is derived from the message, so that a repeated message is recognised.
    /// Default: a new id.
    pub id: Option<Id>,
    /// Name of the speaker.
    pub name: Option<String>,
    /// The time of the message. Default: now.
    pub timestamp: Option<Timestamp>,
    /// Number of tokens, if known.
    pub tokens: Option<i64>,
    /// The model that wrote the message.
    pub model: Option<String>,
    /// Id of the message in the system that it comes from. A message with an external id that its
    /// session already has is not added again.
    pub external_id: Option<String>,
    /// Additional data.
    pub metadata: Value,
    /// Scope of the message; its session is set from `session`.
    pub scope: Scope,
    /// Author and task of the message.
    pub provenance: Provenance,
    /// Time from which reads no longer show it.
    pub expires_at: Option<Timestamp>,
}

impl NewMessage {
    /// Returns a shared message with the current time.
    #[must_use]
    pub fn new(session: Id, role: impl Into<Role>, content: impl Into<String>) -> NewMessage {
        NewMessage {
            session,
            role: role.into(),
            content: content.into(),
            id: None,
            name: None,
            timestamp: None,
            tokens: None,
            model: None,
            external_id: None,
            metadata: Value::Null,
            scope: Scope::default(),
            provenance: Provenance::default(),
            expires_at: None,
        }
    }

    pub(crate) fn at(self, position: i64, now: Timestamp) -> Message {
        let timestamp = self.timestamp.unwrap_or(now);
        Message {
            id: self.id.unwrap_or_else(Id::generate),
            position,
            role: self.role,
            name: self.name,
            content: self.content,
            timestamp,
            tokens: self.tokens,
            model: self.model,
            external_id: self.external_id,
            metadata: self.metadata,
            meta: Meta {
                scope: self.scope,
                provenance: self.provenance,
                created_at: Some(timestamp),
                expires_at: self.expires_at,
                ..Meta::default()
            },
        }
    }
}

/// Outcome of adding a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageReceipt {
    /// The message was added.
    Added {
        /// Its id.
        id: Id,
        /// Its position in the session, from 0.
        position: i64,
    },
    /// The message already existed, by its id or its external id; nothing changed.
    Known {
        /// Id of the existing message.
        id: Id,
    },
}

impl MessageReceipt {
    /// Returns the id of the stored message.
    #[must_use]
    pub fn id(&self) -> &Id {
        match self {
            MessageReceipt::Added { id, .. } | MessageReceipt::Known { id } => id,
        }
    }

    /// Returns true if the message already existed.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self, MessageReceipt::Known { .. })
    }
}
