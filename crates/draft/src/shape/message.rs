//! A normalised message.

use serde_json::{Map, Value};

use crate::content::{Call, Returned};

/// A normalised message, and the parts of its content that are not text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shaped {
    /// The message; its text is `content`, which is missing if the message has no text.
    pub object: Map<String, Value>,
    /// Texts of documents that the user enclosed, which `content` does not include. May be empty.
    pub documents: String,
    /// The thinking; may be empty.
    pub thinking: String,
    /// Tool calls in the message.
    pub calls: Vec<Call>,
    /// Results of tool calls in the message.
    pub results: Vec<Returned>,
}
