//! Problems of given records, as a part of an error.

use aios_record::Remedy;

/// The reason for which a given record cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// The value is not an object.
    #[error("expected a JSON object")]
    NotAnObject,
    /// It has no visible text.
    #[error("its text is empty")]
    NoText,
    /// Its text is too long for one record.
    #[error("the text has {bytes} bytes, the limit is {bytes_max}")]
    TooLong {
        /// The length of the text.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A required field is missing.
    #[error("missing field `{field}`")]
    Missing {
        /// The name of the field.
        field: &'static str,
    },
    /// A field that names something is empty.
    #[error("its `{field}` is empty")]
    Empty {
        /// The name of the field.
        field: &'static str,
    },
    /// A part of the scope is empty.
    #[error("the {part} of its scope is empty")]
    EmptyScope {
        /// `user`, `project`, `agent` or `session`.
        part: &'static str,
    },
    /// The persona has no scope.
    #[error("the persona belongs to all users and has no scope")]
    NoScope,
    /// A preference has no scope beyond its user.
    #[error("a preference holds in all projects of its user: its scope has a user at most")]
    UserScope,
    /// Records of this kind are stored in working memory.
    #[error("this kind belongs to working memory")]
    OtherTier,
    /// Records of this kind are not stored.
    #[error("this kind cannot be stored")]
    NotStored,
    /// The record has left working memory.
    #[error("it has moved to long-term memory, where it cannot be changed")]
    Moved,
    /// The id would change.
    #[error("the id of a record never changes")]
    Id,
    /// The payload has another id than the record.
    #[error("its payload has another id than the record")]
    PayloadId,
    /// An immutable record of the same id has other content.
    #[error("another one with this id is stored already and stays")]
    Differs,
    /// A stored session of the same id has another summary, which can be updated.
    #[error("one with this id and another summary is stored already and stays")]
    OtherSummary,
    /// A field is unknown, or its value does not have the form of the field.
    #[error("{reason}")]
    Field {
        /// The field, the expected and the given value.
        reason: String,
    },
}

impl RecordProblem {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            RecordProblem::TooLong { .. } => Some(Remedy::Split),
            RecordProblem::NoScope => Some(Remedy::StorePreference),
            RecordProblem::UserScope => Some(Remedy::Correct),
            RecordProblem::OtherTier => Some(Remedy::StoreInWorking),
            RecordProblem::Moved => Some(Remedy::StoreAnother),
            RecordProblem::Differs => Some(Remedy::ChooseId),
            RecordProblem::OtherSummary => Some(Remedy::Update),
            _ => None,
        }
    }
}

impl From<String> for RecordProblem {
    fn from(reason: String) -> RecordProblem {
        RecordProblem::Field { reason }
    }
}
