//! The reasons for which a part of the graph cannot be stored or deleted, as a part of an error.

use aios_record::Remedy;

/// The reason for which a part of the graph cannot be stored or deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphProblem {
    /// The graph has no entity of this name.
    #[error("entity with name `{name}` not found")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The part is shared, or has shared parts, and the view belongs to a user.
    #[error("`{name}` is shared, and this handle acts for a user")]
    Shared {
        /// The name of the entity.
        name: String,
    },
    /// The guard would change a name, which would then mean another entity.
    #[error("expected a name that the guard leaves unchanged")]
    Name,
    /// The guard refuses the text.
    #[error(transparent)]
    Guard(aios_guard::Error),
    /// The owner rejected the statement as a fact.
    #[error("its owner rejected this statement")]
    Rejected,
}

impl GraphProblem {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            GraphProblem::Shared { .. } => Some(Remedy::ActForNoUser),
            GraphProblem::Guard(_) | GraphProblem::Name => Some(Remedy::RelaxGuard),
            GraphProblem::Unknown { .. } | GraphProblem::Rejected => None,
        }
    }
}
