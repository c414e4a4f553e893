//! What comes out: the text, its chunks, and what was left out.

use aios_record::Tier;
use serde::Serialize;

use crate::{Section, TokenCount};

/// An assembled context. It serialises to the shape that `aios-memory context --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Context {
    /// The budget.
    pub max_tokens: TokenCount,
    /// What `text` counts, by the tokenizer named.
    pub total_tokens: TokenCount,
    /// The name of the tokenizer.
    pub tokenizer: String,
    /// What goes into the prompt; empty when nothing fits.
    pub text: String,
    /// The pieces of `text`, in its order.
    pub chunks: Vec<Chunk>,
    /// Every candidate that is not in `text`, best first within its section.
    pub omitted: Vec<Omitted>,
}

/// One candidate as it stands in the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chunk {
    /// Where it was read from.
    pub tier: Tier,
    /// Its id, and those of the near-duplicates that were folded into it.
    pub ids: Vec<String>,
    /// What `content` counts by itself; headings and what joins chunks come on top of it.
    pub tokens: TokenCount,
    /// How well it fits the task, 0 to 1.
    pub relevance: f64,
    /// The chunk as rendered, frame included.
    pub content: String,
    /// Where it stands.
    pub section: Section,
    /// Whether its end was cut off.
    pub cut: bool,
}

/// A candidate that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Omitted {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: Reason,
}

/// Why a candidate was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// No room was left for it in the budget.
    Budget,
    /// Its tier had reached its cap.
    TierCap,
    /// Its section had reached its limit.
    SectionLimit,
    /// Nothing of its text can be shown.
    Empty,
    /// The guard refuses its text.
    Refused,
}
