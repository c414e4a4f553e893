//! The result: the text, its chunks, and the omitted candidates.

use aios_record::Tier;
use serde::Serialize;

use crate::{Section, TokenCount};

/// An assembled context. Serializes to the output of `aios-memory context --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Context {
    /// The token budget.
    pub max_tokens: TokenCount,
    /// The number of tokens in `text`, by the named tokenizer.
    pub total_tokens: TokenCount,
    /// The name of the tokenizer.
    pub tokenizer: String,
    /// The text for the prompt; empty if nothing fits.
    pub text: String,
    /// The pieces of `text`, in its order.
    pub chunks: Vec<Chunk>,
    /// Every candidate that is not in `text`, best first within its section.
    pub omitted: Vec<Omitted>,
}

/// A candidate as rendered in the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chunk {
    /// The tier that it was read from.
    pub tier: Tier,
    /// Its id, and the ids of the near-duplicates that were folded into it.
    pub ids: Vec<String>,
    /// The number of tokens in `content` alone, without headings and separators.
    pub tokens: TokenCount,
    /// The relevance for the task, 0 to 1.
    pub relevance: f64,
    /// The chunk as rendered, frame included.
    pub content: String,
    /// Its section.
    pub section: Section,
    /// True if its end was cut off.
    pub cut: bool,
}

/// A candidate that is not in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Omitted {
    /// Its id.
    pub id: String,
    /// The reason.
    pub reason: Reason,
}

/// The reason for which a candidate was omitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The budget had no room for it.
    Budget,
    /// Its tier had reached its cap.
    TierCap,
    /// Its section had reached its limit.
    SectionLimit,
    /// Its text has no visible characters.
    Empty,
    /// The guard refuses its text.
    Refused,
}
