//! A candidate fact.

use serde::{Deserialize, Serialize};

use crate::when::Resolved;

/// The way in which a fact was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// By the rules of this crate.
    Rules,
    /// By a chat model, and found in its messages.
    Chat,
}

/// A candidate fact: a statement of a message that stands alone, and the slot that it fills.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The one whom the fact is about: the speaker, "Ada's sister", or a name.
    pub subject: String,
    /// Name of the speaker in `text`, whose statements about themselves are the first person.
    pub speaker: String,
    /// Property that the statement gives a value, such as `home`; `None` for an open statement.
    pub attribute: Option<String>,
    /// Value of the property, verbatim.
    pub value: Option<String>,
    /// The statement in the third person, with its times resolved.
    pub text: String,
    /// The words of the message, verbatim.
    pub quote: String,
    /// First time in the statement.
    pub when: Option<Resolved>,
    /// End of the statement's validity, if it states one ("until Friday").
    pub until: Option<Resolved>,
    /// Keys of the messages that state it, oldest first.
    pub evidence: Vec<String>,
    /// Probability that it is worth keeping and true now, 0 to 1.
    pub confidence: f32,
    /// The way in which it was found.
    pub origin: Origin,
}
