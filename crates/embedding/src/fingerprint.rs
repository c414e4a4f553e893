//! The identity of an embedding space.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Identifies an embedding space by model, revision (a hash of its content), pooling and dimension.
/// Vectors are comparable only if their fingerprints are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Wraps `text` as a fingerprint: a stored one, or that of a custom embedder.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Fingerprint {
        Fingerprint(text.into())
    }

    /// Formats `model@revision/pooling/dimension`, with the first 16 hexadecimal digits of the
    /// hash.
    pub(crate) fn of(model: &str, content: blake3::Hash, pooling: &str, dimension: usize) -> Self {
        Fingerprint(format!("{model}@{}/{pooling}/{dimension}", &content.to_hex()[..16]))
    }

    /// Returns the fingerprint as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
