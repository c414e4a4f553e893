//! Policies: the treatment of findings.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, Findings, Kind, rules::is_secret_under, scan, scan::redact_where};

/// The treatment of a text with findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Let the text through unchanged and report the findings. The default.
    #[default]
    Mark,
    /// Remove the findings from the text.
    Redact,
    /// Do not let the text through.
    Refuse,
}

impl Policy {
    /// Every policy, mildest first.
    pub const ALL: &[Policy] = &[Policy::Mark, Policy::Redact, Policy::Refuse];

    /// Returns the name in a configuration.
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
    /// The treatment of injections and hidden text.
    pub injections: Policy,
    /// The treatment of secrets.
    pub secrets: Policy,
}

/// A text that a [`Guard`] let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded<'t> {
    /// The text, redacted if the policy requires it.
    pub text: Cow<'t, str>,
    /// The findings in the text as given, with spans in that text.
    pub findings: Findings,
}

impl Guard {
    /// Scans `text` and applies the policies.
    ///
    /// # Errors
    /// [`Error::Refused`] for the first finding whose policy is [`Policy::Refuse`].
    /// [`Error::Unchecked`] if a policy other than [`Policy::Mark`] is set and the text cannot be
    /// checked completely.
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
        Ok(Guarded { text: self.redacted(text, &findings), findings })
    }

    /// Applies the guard to a text with a name, such as the value of a JSON key. With a name such
    /// as `password` or `api_key`, the whole text is a secret.
    ///
    /// ```
    /// use aios_guard::{Guard, Policy};
    ///
    /// let guard = Guard { secrets: Policy::Redact, ..Guard::default() };
    /// let guarded = guard.apply_named("db_password", "tr0ub4dor")?;
    /// assert_eq!(guarded.text, "[redacted: assigned-password]");
    /// # Ok::<(), aios_guard::Error>(())
    /// ```
    ///
    /// # Errors
    /// Same as [`apply`](Guard::apply).
    pub fn apply_named<'t>(&self, name: &str, text: &'t str) -> Result<Guarded<'t>, Error> {
        let guarded = self.apply(text)?;
        if guarded.findings.has_secret() || !is_secret_under(name, text) {
            return Ok(guarded);
        }
        let findings = Findings::of_whole(text);
        if self.secrets == Policy::Refuse {
            let found = &findings.items()[0];
            return Err(Error::Refused { kind: found.kind, rule: found.rule, offset: 0 });
        }
        Ok(Guarded { text: self.redacted(text, &findings), findings })
    }

    /// Removes from `text` all that the policies redact. The result is scanned again, since a match
    /// may have separated another one, so that redacting twice changes nothing more.
    fn redacted<'t>(&self, text: &'t str, findings: &Findings) -> Cow<'t, str> {
        /// Each round removes something; more than two were never observed.
        const ROUNDS_MAX: usize = 8;
        let is_redacted = |kind| self.policy(kind) == Policy::Redact;
        let mut text = redact_where(text, findings, is_redacted);
        for _ in 1..ROUNDS_MAX {
            let Cow::Owned(redacted) = &text else { break };
            match redact_where(redacted, &scan(redacted), is_redacted) {
                Cow::Borrowed(_) => break,
                Cow::Owned(again) => text = Cow::Owned(again),
            }
        }
        text
    }

    fn policy(&self, kind: Kind) -> Policy {
        if kind.is_secret() { self.secrets } else { self.injections }
    }
}
