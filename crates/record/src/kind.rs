//! The kinds of record and the collections that hold them. The description of each kind (fields,
//! parents, rules) is in `table`.

mod description;
mod field;
mod longterm;
mod rules;
mod schema;
mod table;
mod working;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::{
    field::{Field, LABEL_BYTES_MAX, Need, Recognition, SetBy, ValueType},
    rules::{Feeding, FreeFields, Home, Mutability, Parent},
};
use crate::Error;

macro_rules! kinds {
    ($(#[doc = $about:literal] $variant:ident = $name:literal in $collection:literal,)*) => {
        /// The kind of a record. The singular names a record (`tool_call/7`), the
        /// [collection](Kind::collection) names the group in which records of the kind are searched
        /// (`tool_calls`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        #[non_exhaustive]
        pub enum Kind { $(#[doc = $about] $variant,)* }

        impl Kind {
            /// Every kind, in the order of the tiers.
            pub const ALL: &[Kind] = &[$(Kind::$variant),*];

            /// Returns the singular name, as in a key.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// Returns the name of the collection that holds this kind.
            #[must_use]
            pub fn collection(self) -> &'static str {
                match self { $(Kind::$variant => $collection,)* }
            }

            /// Returns a description of a record of this kind, in one sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Kind::$variant => $about.trim_ascii(),)* }
            }
        }
    };
}

kinds! {
    /// An agent's objective.
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
    /// One exchange with a user, with the steps to the answer.
    Interaction = "interaction" in "interactions",
    /// A generic keyed value.
    Entry = "entry" in "entries",
    /// A text that an agent keeps as a file under a path, such as `/memories/notes.md`.
    File = "file" in "files",
    /// A stored operational event.
    Event = "event" in "events",
    /// A user's preference; its id is the key, unique for each user.
    Preference = "preference" in "preferences",
    /// One trait of the persona; its id is the key.
    Persona = "persona" in "persona",
    /// Steps that solved a task.
    Procedure = "procedure" in "procedures",
    /// A failure and its resolution.
    Incident = "incident" in "incidents",
    /// One change of a configuration file.
    ConfigChange = "config_change" in "config_history",
    /// A piece of knowledge or of a document.
    Knowledge = "knowledge" in "knowledge",
    /// A remembered text.
    Note = "note" in "notes",
    /// A learned statement about a subject.
    Fact = "fact" in "facts",
    /// A text that represents several older records.
    Summary = "summary" in "summaries",
}

impl Kind {
    /// Returns the kind that a collection holds.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] if no collection has this name.
    pub fn from_collection(name: &str) -> Result<Kind, Error> {
        let found = Kind::ALL.iter().copied().find(|kind| kind.collection() == name);
        found.ok_or_else(|| Error::UnknownKind { name: name.to_owned() })
    }

    /// Returns the kind with this name or collection name; `-` is accepted for `_`.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] for any other name.
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

    /// Parses the singular name.
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
