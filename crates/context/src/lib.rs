#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - A [`Candidate`] is a text with its metadata; its [`Section`] determines its position.
//! - A [`Policy`] holds the format, the limits of the sections, and floors and caps per tier.
//! - A [`TokenCounter`] counts tokens: an [`Estimate`], tiktoken's tokenizers with the feature
//!   `tiktoken`, or the caller's own.
//! - A [`Context`] has the text, its chunks with their sources, and the omitted candidates with
//!   reasons.
//!
//! # Selection
//!
//! The pinned snapshot comes first, then the profile, then the newest messages of the session, each
//! within its limit. The rest of the budget goes to retrieved candidates: near-duplicates fold into
//! one, the floors of the tiers are filled, then candidates follow by relevance (relative to
//! length, if the policy says so), reduced for repeated content. Gaps are filled with candidates
//! that fit, and a long text is cut at the end of a sentence, otherwise of a word, if at least 50
//! tokens of it remain.
//!
//! # Invariants
//!
//! - The count is that of the named tokenizer over the whole rendered text, and never above the
//!   budget. The empty text counts as 0, even if a tokenizer adds special tokens to it.
//! - The same candidates give the same bytes, in any order.
//! - Stored text is data. It cannot end its frame, pose as another chunk, or hide: each format
//!   documents its rule, and control, bidirectional and zero-width characters are stripped.

mod assemble;
mod candidate;
mod context;
mod count;
mod cut;
mod fold;
mod given;
mod pack;
mod policy;
mod render;

pub use assemble::assemble;
pub use candidate::{Candidate, Section};
pub use context::{Chunk, Context, Omitted, Reason};
#[cfg(feature = "tiktoken")]
pub use count::Tiktoken;
pub use count::{Estimate, TokenCount, TokenCounter, counter};
pub use cut::CUT_TOKENS_MIN;
pub use given::{contexts, without_contexts};
pub use policy::{Policy, TierShare};
pub use render::Format;

/// The reason for which a context cannot be assembled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A share in the policy is not from 0 to 1, or the floors add up to more than 1.
    #[error("{name} is {value}, expected a share from 0 to 1, all floors together at most 1")]
    Share {
        /// The name of the setting.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// This crate has no tokenizer with this name.
    #[error("unknown tokenizer `{name}`; known here are {}", count::names())]
    UnknownTokenizer {
        /// The name as given.
        name: String,
    },
    /// No format has this name.
    #[error("unknown context format `{name}`; known are markdown, xml, json")]
    UnknownFormat {
        /// The name as given.
        name: String,
    },
}
