//! One token: whom its calls act for, and what they may do.

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
    /// The user that its calls act for. Default: none, they read and write shared records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The beginning of the names of users that its calls must name. An empty one permits all
    /// users. Default: none, the calls name no user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<String>,
    /// The project that its calls are narrowed to. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The rights.
    pub rights: BTreeSet<Right>,
    /// The end of its validity. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The time at which it was added.
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
