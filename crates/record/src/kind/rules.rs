//! The rules of kinds: where their records are stored, what they belong to, how they change.

use serde::Serialize;

use super::Kind;

/// The tier that stores the records of a kind first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Home {
    /// Working memory, from which they may be fed to long-term memory.
    Working,
    /// Long-term memory, which keeps them permanently.
    Longterm,
    /// Working memory creates records itself; those of callers are stored in long-term memory.
    Both,
}

/// The changes that a stored record accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mutability {
    /// None.
    Fixed,
    /// Changes of these fields.
    Only(&'static [&'static str]),
    /// Changes of every field but the id.
    Free,
}

impl Mutability {
    /// Returns true if a change of `field` is accepted.
    #[must_use]
    pub fn admits(self, field: &str) -> bool {
        match self {
            Mutability::Fixed => false,
            Mutability::Only(fields) => fields.contains(&field),
            Mutability::Free => true,
        }
    }
}

/// The treatment of fields that the kind does not define.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FreeFields {
    /// They are refused.
    Refused,
    /// They are kept unchanged, beside the kind's own.
    Kept,
    /// They are kept in the field `metadata`.
    InMetadata,
}

/// The condition under which working memory feeds the records of a kind to long-term memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Feeding {
    /// The settings include the kind, as they do by default.
    Default,
    /// The settings include the kind.
    Setting,
    /// Any other kind is fed.
    WithOthers,
    /// Never.
    Never,
}

/// A kind of record that another one belongs to. Removing the parent removes the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parent {
    /// Kind of the parent.
    pub kind: Kind,
    /// Field with the parent's id. `None` if the scope names the parent, which is a session; a
    /// missing one is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
}
