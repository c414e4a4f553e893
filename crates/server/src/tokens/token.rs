//! A token: the user for whom its calls act, and its rights.

use std::collections::BTreeSet;

use aios_memory::Timestamp;
use serde::{Deserialize, Serialize};

use crate::operation::Right;

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Token {
    /// The name, unique in its file.
    pub name: String,
    /// User for whom its calls act. Default: none; they read and write shared records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Prefix of user names. Each call must name a user with this prefix; an empty prefix permits
    /// all users. Default: none; the calls name no user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<String>,
    /// Project to which its calls are narrowed. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The rights.
    pub rights: BTreeSet<Right>,
    /// Time of its expiry. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Time of its creation.
    pub created_at: Timestamp,
    /// SHA-256 of the secret, in hexadecimal digits.
    pub(super) hash: String,
}

impl Token {
    /// Returns `true` if the token has not expired.
    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
