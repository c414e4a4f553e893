//! Converts the claims of an access token to a user and rights.

use std::collections::BTreeSet;

use aios_memory::{Owner, Timestamp};
use serde::Deserialize;

use crate::operation::Right;

/// Tolerated difference between the provider's clock and this one, in seconds.
pub(super) const LEEWAY_S: u32 = 60;

/// Prefix of the scopes of this service.
const PREFIX: &str = "memory:";
/// Scope of callers that name a user in each call.
const DELEGATE: &str = "memory:delegate";

/// The user of an access token, and its expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) owner: Owner,
    pub(crate) rights: BTreeSet<Right>,
    /// True if each call must name its user.
    pub(crate) is_delegate: bool,
    /// Seconds since 1970, including the tolerance.
    valid_until_s: i64,
}

impl Subject {
    /// Returns `true` if the access token has not expired.
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        now.as_second() <= self.valid_until_s
    }
}

/// The claims that decide about a call. Times, audience and issuer have already been checked.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    /// Declared as text, so that a list of issuers is refused.
    #[serde(default, rename = "iss")]
    _issuer: Option<String>,
    sub: Option<String>,
    exp: Option<f64>,
    scope: Option<Scopes>,
    /// Name of `scope` at some providers.
    scp: Option<Scopes>,
}

/// Scopes, separated by spaces (RFC 6749) or as a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

impl Claims {
    /// Returns the user, or the reason for a refusal.
    pub(super) fn subject(self) -> Result<Subject, String> {
        let sub = self.sub.unwrap_or_default();
        let owner = Owner::user(&sub).map_err(|error| format!("its `sub`: {error}"))?;
        if sub.contains('*') {
            return Err("its `sub` is a wildcard".to_owned());
        }
        let scopes = match self.scope.or(self.scp) {
            None => Vec::new(),
            Some(Scopes::Text(text)) => text.split(' ').map(str::to_owned).collect(),
            Some(Scopes::List(list)) => list,
        };
        #[expect(clippy::cast_possible_truncation, reason = "a later time is the latest one")]
        let valid_until_s = (self.exp.unwrap_or_default() + f64::from(LEEWAY_S)) as i64;
        Ok(Subject {
            owner,
            rights: rights(&scopes),
            is_delegate: scopes.iter().any(|scope| scope == DELEGATE),
            valid_until_s,
        })
    }
}

/// Returns the rights for scopes. Scopes of other services give no rights.
fn rights(scopes: &[String]) -> BTreeSet<Right> {
    let has = |right: &Right| scopes.contains(&scope_of(*right));
    Right::ALL.into_iter().filter(has).collect()
}

/// Returns the scope of a right, such as `memory:read`.
pub(super) fn scope_of(right: Right) -> String {
    format!("{PREFIX}{}", right.as_str())
}

/// Returns all scopes of this service.
pub(super) fn all_scopes() -> Vec<String> {
    Right::ALL.into_iter().map(scope_of).chain([DELEGATE.to_owned()]).collect()
}
