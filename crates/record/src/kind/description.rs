//! The form of a kind's description, and what the kinds of one home have in common.

use super::{
    field::{Field, id, provenance, scope, share, time},
    rules::{Feeding, FreeFields, Home, Mutability, Parent},
};

/// The description of a kind.
pub(super) struct Description {
    pub(super) home: Home,
    pub(super) parents: &'static [Parent],
    pub(super) mutability: Mutability,
    pub(super) free_fields: FreeFields,
    pub(super) feeding: Feeding,
    /// The kind's own fields; the first one is the id.
    pub(super) fields: &'static [Field],
    /// The fields that it shares with other kinds.
    pub(super) common: &'static [Field],
}

const SCOPE: Field =
    scope("scope", "User, project, agent and session. Default: those of the handle.");
const UPDATED_AT: Field = time("updated_at", "Time of the last write.").by_tier();

const RECORDED_AT: Field = time("recorded_at", "Time at which it was first stored.").by_tier();
const PROVENANCE: Field =
    provenance("provenance", "The writer, and the task that it was written for.");
const IMPORTANCE: Field = share("importance", "Importance, 0 to 1. Default: 0.5.");
const CREATED_AT: Field = time("created_at", "Time of creation. Default: when it is first stored.");
const EXPIRES_AT: Field = time("expires_at", "Time from which it is no longer shown.");

/// The fields of every record but settings.
const COMMON: &[Field] =
    &[SCOPE, PROVENANCE, IMPORTANCE, CREATED_AT, UPDATED_AT, RECORDED_AT, EXPIRES_AT];

/// The same for messages. An object that describes one sets its scope alone.
pub(super) const COMMON_OF_MESSAGES: &[Field] = &[
    SCOPE,
    PROVENANCE.by_tier(),
    IMPORTANCE.by_tier(),
    CREATED_AT.by_tier(),
    UPDATED_AT,
    RECORDED_AT,
    EXPIRES_AT.by_tier(),
];

/// The base of kinds of working memory.
pub(super) const WORKING: Description = Description {
    home: Home::Working,
    parents: &[],
    mutability: Mutability::Free,
    free_fields: FreeFields::Refused,
    feeding: Feeding::Setting,
    fields: &[],
    common: COMMON,
};

/// The base of kinds that are stored in long-term memory directly.
pub(super) const LONGTERM: Description = Description {
    home: Home::Longterm,
    free_fields: FreeFields::Kept,
    feeding: Feeding::Never,
    ..WORKING
};

/// The base of settings: a value under a key.
pub(super) const SETTING: Description = Description {
    mutability: Mutability::Only(&["value"]),
    feeding: Feeding::Never,
    common: &[SCOPE, UPDATED_AT],
    ..WORKING
};

pub(super) const OWN_ID: Field = id("id", "Id, unique for its owner and kind. Default: a new one.");
