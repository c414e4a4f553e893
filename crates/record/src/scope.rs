//! Whose a record is, and whose records a read may see.

use serde::{Deserialize, Serialize};

/// Whose a record is. An absent part means *shared*: a record without a user belongs to every
/// user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// The person or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The agent that acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl Scope {
    /// This scope with the given user.
    #[must_use]
    pub fn with_user(self, user: impl Into<String>) -> Scope {
        Scope { user: Some(user.into()), ..self }
    }

    /// This scope with the given agent.
    #[must_use]
    pub fn with_agent(self, agent: impl Into<String>) -> Scope {
        Scope { agent: Some(agent.into()), ..self }
    }

    /// This scope with the given session.
    #[must_use]
    pub fn with_session(self, session: impl Into<String>) -> Scope {
        Scope { session: Some(session.into()), ..self }
    }

    /// The three parts with their names, in a fixed order.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("user", self.user.as_deref()),
            ("agent", self.agent.as_deref()),
            ("session", self.session.as_deref()),
        ]
    }
}

/// How a part that a filter gives must agree with the record's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeMatch {
    /// Equal, or absent in the record. The default.
    #[default]
    EqualOrShared,
    /// Equal; shared records are left out.
    Exact,
}

/// Whose records a read may see. A part left out restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeFilter {
    /// The parts that are restricted.
    pub scope: Scope,
    /// How they must agree.
    pub matching: ScopeMatch,
}

impl ScopeFilter {
    /// Records of `scope`, and shared ones.
    #[must_use]
    pub fn new(scope: Scope) -> ScopeFilter {
        ScopeFilter { scope, matching: ScopeMatch::EqualOrShared }
    }

    /// Records of `scope` and no shared ones.
    #[must_use]
    pub fn exact(scope: Scope) -> ScopeFilter {
        ScopeFilter { scope, matching: ScopeMatch::Exact }
    }

    /// Whether a record of scope `of` may be seen.
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
