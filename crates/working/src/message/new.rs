//! Messages to add, and the outcome.

use aios_record::{Id, Provenance, Scope, Timestamp};
use serde_json::Value;

use super::{Message, Role};
use crate::Meta;

/// A message to add. Its place in the session is given by the order of adding.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The session of the message's owner; it is created if it is missing.
    pub session: Id,
    /// In what part it was said.
    pub role: Role,
    /// The content.
    pub content: String,
    /// The id, if it follows from the message, so that the same one is known again. Default: a
    /// new one.
    pub id: Option<Id>,
    /// The name of the speaker.
    pub name: Option<String>,
    /// When it was said. Default: now.
    pub timestamp: Option<Timestamp>,
    /// The number of its tokens.
    pub tokens: Option<i64>,
    /// The model that said it.
    pub model: Option<String>,
    /// The name under which the place that it came from knows it; the same one in the same session
    /// is known again.
    pub external_id: Option<String>,
    /// Anything else.
    pub metadata: Value,
    /// Whose it is; the session is set from `session`.
    pub scope: Scope,
    /// Who wrote it, and for which task.
    pub provenance: Provenance,
    /// From when on no read shows it.
    pub expires_at: Option<Timestamp>,
}

impl NewMessage {
    /// A message of everybody's, said now.
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

    pub(super) fn at(self, position: i64, now: Timestamp) -> Message {
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

/// The outcome for a message that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// It was added.
    Added {
        /// Its id.
        id: Id,
        /// Its place in the session, from 0.
        position: i64,
    },
    /// It was there already, by its id or its external id; nothing changed.
    Known {
        /// The id of the one that was there.
        id: Id,
    },
}

impl Receipt {
    /// The id of the message that is there now.
    #[must_use]
    pub fn id(&self) -> &Id {
        match self {
            Receipt::Added { id, .. } | Receipt::Known { id } => id,
        }
    }

    /// Returns `true` if it was there already.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self, Receipt::Known { .. })
    }
}
