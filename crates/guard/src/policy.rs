//! What to do about findings.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, Findings, Kind, scan, scan::redact_where};

/// What to do with a text in which something was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Let it through as it is and report the findings. The default: nothing is lost.
    #[default]
    Mark,
    /// Take the findings out of the text.
    Redact,
    /// Do not let the text through.
    Refuse,
}

impl Policy {
    /// Every policy, mildest first.
    pub const ALL: &[Policy] = &[Policy::Mark, Policy::Redact, Policy::Refuse];

    /// The name in a configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Mark => "mark",
            Policy::Redact => "redact",
            Policy::Refuse => "refuse",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Policy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Policy, Error> {
        let found = Policy::ALL.iter().copied().find(|policy| policy.as_str() == name);
        found.ok_or_else(|| Error::UnknownPolicy { name: name.to_owned() })
    }
}

/// A policy for injections and one for secrets. Both mark by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guard {
    /// What to do about injections and hidden text.
    pub injections: Policy,
    /// What to do about secrets.
    pub secrets: Policy,
}

/// A text that a [`Guard`] let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded<'t> {
    /// The text, redacted where the policy says so.
    pub text: Cow<'t, str>,
    /// What was found; the spans are those of the text as it was given.
    pub findings: Findings,
}

impl Guard {
    /// Scans `text` and does what the policies say.
    ///
    /// # Errors
    /// [`Error::Refused`] for the first finding whose policy is [`Policy::Refuse`].
    /// [`Error::Unchecked`] when a policy other than [`Policy::Mark`] is set and the text cannot
    /// be checked whole.
    pub fn apply<'t>(&self, text: &'t str) -> Result<Guarded<'t>, Error> {
        let findings = scan(text);
        let refused = findings.items().iter().find(|f| self.policy(f.kind) == Policy::Refuse);
        if let Some(found) = refused {
            let (kind, rule, offset) = (found.kind, found.rule, found.span.start);
            return Err(Error::Refused { kind, rule, offset });
        }
        if !findings.is_complete() && *self != Guard::default() {
            return Err(Error::Unchecked { bytes: text.len() });
        }
        let text = redact_where(text, &findings, |kind| self.policy(kind) == Policy::Redact);
        Ok(Guarded { text, findings })
    }

    fn policy(&self, kind: Kind) -> Policy {
        if kind.is_secret() { self.secrets } else { self.injections }
    }
}
