//! The token counters of contexts.

use std::{fmt, str::FromStr, sync::Arc};

use aios_context::{TokenCount, TokenCounter};
use aios_embedding::Embedder;
use serde::{Deserialize, Serialize};

/// A tokenizer by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokenizer {
    /// The tokenizer of the embedding model. The default.
    #[default]
    Embedder,
    /// OpenAI's tokenizer for its models since 2024.
    O200k,
    /// OpenAI's tokenizer for its older models.
    Cl100k,
    /// A conservative estimate without a tokenizer.
    Estimate,
}

impl Tokenizer {
    /// Every tokenizer.
    pub const ALL: &[Tokenizer] =
        &[Tokenizer::Embedder, Tokenizer::O200k, Tokenizer::Cl100k, Tokenizer::Estimate];

    /// Returns the name in settings and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tokenizer::Embedder => "embedder",
            Tokenizer::O200k => "o200k",
            Tokenizer::Cl100k => "cl100k",
            Tokenizer::Estimate => "estimate",
        }
    }

    pub(crate) fn counter(
        self,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Box<dyn TokenCounter>, aios_context::Error> {
        match self {
            Tokenizer::Embedder => Ok(Box::new(EmbedderCounter(Arc::clone(embedder)))),
            other => aios_context::counter(other.as_str()),
        }
    }
}

impl fmt::Display for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error for an unknown tokenizer name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown tokenizer `{name}`; expected embedder, o200k, cl100k or estimate")]
pub struct UnknownTokenizer {
    /// The given name.
    pub name: String,
}

impl FromStr for Tokenizer {
    type Err = UnknownTokenizer;

    fn from_str(name: &str) -> Result<Tokenizer, UnknownTokenizer> {
        let found = Tokenizer::ALL.iter().copied().find(|tokenizer| tokenizer.as_str() == name);
        found.ok_or_else(|| UnknownTokenizer { name: name.to_owned() })
    }
}

/// Counts with the embedding model's tokenizer.
struct EmbedderCounter(Arc<dyn Embedder>);

impl TokenCounter for EmbedderCounter {
    fn name(&self) -> &str {
        Tokenizer::Embedder.as_str()
    }

    fn count(&self, text: &str) -> TokenCount {
        TokenCount(self.0.count_tokens(text))
    }
}
