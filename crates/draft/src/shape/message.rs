//! A normalised message.

use serde_json::{Map, Value};

use crate::content::{Call, Returned};

/// A normalised message, and the parts of its content other than text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shaped {
    /// The message; its text is `content`, which is missing if the message has no text.
    pub object: Map<String, Value>,
    /// The texts of documents that a user enclosed, which are not in the text; may be empty.
    pub documents: String,
    /// The thinking; may be empty.
    pub thinking: String,
    /// Tool calls in the message.
    pub calls: Vec<Call>,
    /// Results of tool calls in the message.
    pub results: Vec<Returned>,
}
