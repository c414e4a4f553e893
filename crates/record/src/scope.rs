//! The scope of a record, and the selection of records by scope.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Error, Owner, forms};

/// The scope of a record. An absent part means *shared*: a record without a user belongs to every
/// user, one without a project to all projects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// The person or account: the [owner](Scope::owner).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The project, by an id that is the same in every checkout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The acting agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl Scope {
    /// Sets the user.
    #[must_use]
    pub fn with_user(self, user: impl Into<String>) -> Scope {
        Scope { user: Some(user.into()), ..self }
    }

    /// Sets the project.
    #[must_use]
    pub fn with_project(self, project: impl Into<String>) -> Scope {
        Scope { project: Some(project.into()), ..self }
    }

    /// Sets the agent.
    #[must_use]
    pub fn with_agent(self, agent: impl Into<String>) -> Scope {
        Scope { agent: Some(agent.into()), ..self }
    }

    /// Sets the session.
    #[must_use]
    pub fn with_session(self, session: impl Into<String>) -> Scope {
        Scope { session: Some(session.into()), ..self }
    }

    /// Sets the user to the given owner.
    #[must_use]
    pub fn with_owner(self, owner: &Owner) -> Scope {
        Scope { user: owner.name().map(str::to_owned), ..self }
    }

    /// Returns the owner of records with this scope, in stored form. The name is not checked: see
    /// [`check`](Scope::check).
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.user.as_ref().map_or(Owner::SHARED, Owner::from_stored)
    }

    /// Checks and normalises the user's name, and composes that of the project (NFC), before a
    /// record with this scope is written or read.
    ///
    /// # Errors
    /// [`Error::OwnerName`] if the name is invalid.
    pub fn check(&mut self) -> Result<(), Error> {
        if let Some(user) = &mut self.user {
            let owner = Owner::user(user)?;
            if owner.as_str() != user {
                *user = owner.as_str().to_owned();
            }
        }
        if let Some(project) = &mut self.project
            && let Cow::Owned(composed) = forms::composed(project)
        {
            *project = composed;
        }
        Ok(())
    }

    /// Returns the four parts with their names, in a fixed order.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("user", self.user.as_deref()),
            ("project", self.project.as_deref()),
            ("agent", self.agent.as_deref()),
            ("session", self.session.as_deref()),
        ]
    }
}

/// The rule by which a part of a filter matches the same part of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeMatch {
    /// Equal, or absent in the record. The default.
    #[default]
    EqualOrShared,
    /// Equal. Shared records are excluded.
    Exact,
}

/// The selection of records by a read. An absent part restricts nothing.
///
/// A filter only narrows the view of a handle; visibility itself is decided by the
/// [gate](crate::Gate).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeFilter {
    /// The restricted parts.
    pub scope: Scope,
    /// The rule by which its parts match.
    pub matching: ScopeMatch,
}

impl ScopeFilter {
    /// Selects records of `scope`, including shared ones.
    #[must_use]
    pub fn new(scope: Scope) -> ScopeFilter {
        ScopeFilter { scope, matching: ScopeMatch::EqualOrShared }
    }

    /// Selects records of `scope`, excluding shared ones.
    #[must_use]
    pub fn exact(scope: Scope) -> ScopeFilter {
        ScopeFilter { scope, matching: ScopeMatch::Exact }
    }

    /// Returns `true` if a record of scope `of` is selected.
    #[must_use]
    pub fn admits(&self, of: &Scope) -> bool {
        let pairs = self.scope.parts().into_iter().zip(of.parts());
        pairs.into_iter().all(|((_, wanted), (_, has))| match (wanted, has) {
            (None, _) => true,
            (Some(wanted), Some(has)) => wanted == has,
            (Some(_), None) => self.matching == ScopeMatch::EqualOrShared,
        })
    }
}

impl From<Scope> for ScopeFilter {
    fn from(scope: Scope) -> ScopeFilter {
        ScopeFilter::new(scope)
    }
}
