//! Problems of given records and vectors, as parts of an error.

/// The reason for which given fields do not describe a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// At least one of the text fields must have a text, and none has.
    #[error("it requires {fields}")]
    NoText {
        /// The names of these fields, such as `title or content`.
        fields: String,
    },
    /// Records of this kind are stored in working memory.
    #[error("this kind belongs to working memory")]
    OtherTier,
    /// A value does not have the form of its field.
    #[error("{reason}")]
    Form {
        /// The form that the parser expects, and the one that it found.
        reason: String,
    },
}

impl From<serde_json::Error> for RecordProblem {
    fn from(error: serde_json::Error) -> RecordProblem {
        RecordProblem::Form { reason: error.to_string() }
    }
}

/// The reason for which a given vector does not fit the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VectorProblem {
    /// The store embeds texts itself.
    #[error("the store embeds texts with `{model}`")]
    Unwanted {
        /// Fingerprint of the store's model.
        model: String,
    },
    /// Its dimension differs from that of the store.
    #[error("expected {expected} numbers, not {found}")]
    Dimension {
        /// The dimension of the store.
        expected: usize,
        /// The dimension of the vector.
        found: usize,
    },
    /// A number is NaN or infinite.
    #[error("expected finite numbers")]
    NotFinite,
}
