//! The kinds of record and the collections that hold them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal in $collection:literal,)*) => {
        /// What sort of thing a record is. The singular names a record (`tool_call/7`), the
        /// [collection](Kind::collection) names where its like are searched (`tool_calls`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind, in the order of the tiers.
            pub const ALL: &[Kind] = &[$(Kind::$variant),*];

            /// The singular name, as in a key.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// The name of the collection that holds this kind.
            #[must_use]
            pub fn collection(self) -> &'static str {
                match self { $(Kind::$variant => $collection,)* }
            }
        }
    };
}

kinds! {
    /// Something an agent wants to reach.
    Goal = "goal" in "goals",
    /// A unit of work, with or without a goal.
    Task = "task" in "tasks",
    /// One call of a tool.
    ToolCall = "tool_call" in "tool_calls",
    /// A choice between options, with its reason.
    Decision = "decision" in "decisions",
    /// A trigger and the action that works for it.
    Pattern = "pattern" in "patterns",
    /// The last saved state of a named agent.
    AgentState = "agent_state" in "agent_states",
    /// A conversation.
    Session = "session" in "sessions",
    /// One message of a session, verbatim.
    Message = "message" in "messages",
    /// One exchange with a user, with what it took to answer.
    Interaction = "interaction" in "interactions",
    /// A generic keyed value.
    Entry = "entry" in "entries",
    /// An operational event that was kept.
    Event = "event" in "events",
    /// What a user prefers; its id is the key, unique for each user.
    Preference = "preference" in "preferences",
    /// One trait of the persona; its id is the key.
    Persona = "persona" in "persona",
    /// Steps that solved a task.
    Procedure = "procedure" in "procedures",
    /// Something that went wrong, and what mended it.
    Incident = "incident" in "incidents",
    /// One change of a configuration file.
    ConfigChange = "config_change" in "config_history",
    /// A piece of knowledge or of a document.
    Knowledge = "knowledge" in "knowledge",
    /// A remembered text.
    Note = "note" in "notes",
    /// A learned statement about a subject.
    Fact = "fact" in "facts",
    /// A text that stands for several older records.
    Summary = "summary" in "summaries",
}

impl Kind {
    /// The kind that a collection holds.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] when no collection has this name.
    pub fn from_collection(name: &str) -> Result<Kind, Error> {
        let found = Kind::ALL.iter().copied().find(|kind| kind.collection() == name);
        found.ok_or_else(|| Error::UnknownKind { name: name.to_owned() })
    }

    /// The kind that somebody means by `name`: its own name or that of its collection, also with
    /// `-` for `_`.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] when neither is one.
    pub fn meant_by(name: &str) -> Result<Kind, Error> {
        let name = name.replace('-', "_");
        name.parse().or_else(|_| Kind::from_collection(&name))
    }

    pub(crate) fn names() -> String {
        Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// Takes the singular name.
    fn from_str(name: &str) -> Result<Kind, Error> {
        let found = Kind::ALL.iter().copied().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| Error::UnknownKind { name: name.to_owned() })
    }
}

impl TryFrom<String> for Kind {
    type Error = Error;

    fn try_from(name: String) -> Result<Kind, Error> {
        name.parse()
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> &'static str {
        kind.as_str()
    }
}
