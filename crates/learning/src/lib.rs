#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - An [`Extractor`] turns a [`Message`] into [`Learned`]: its [`Worth`], and the candidate facts,
//!   each a [`Draft`] with its text in the third person, its slot and its resolved times.
//! - [`Heard`] holds the frequencies of the words said so far. It is a value of the caller, which
//!   can be serialised and has a limit.
//! - [`supersede`] compares a message with the current facts, each a [`Known`], and returns those
//!   that it [`Ended`], with the [`Shape`] of the contradiction.
//! - [`grounded`] looks a value up in the messages that are said to state it.
//! - [`summary`] chooses sentences that stand for many messages.
//! - [`extract_with`] asks a [`ChatModel`] instead of the rules, and accepts the grounded facts of
//!   its answer. [`batches`] splits messages into requests. The model is a `ChatClient` (feature
//!   `client`), a `LocalModel` (feature `local`), or the caller's own.
//! - [`TokenBudget`] counts the tokens that a `ChatClient` uses a day. It is a value of the caller,
//!   like [`Heard`].
//!
//! # Invariants
//!
//! - Every value of a draft occurs in its messages, between word bounds, and is not denied there.
//! - A time is never given finer than its words state.
//! - A question, hypothesis, report, joke, plan that was given up, or statement of limited validity
//!   ends no fact, and neither does a statement about somebody else.
//! - Text in another language than English has no facts and ends none.
//! - Any text is accepted; time is linear in its length, and everything has a limit.
//! - Without features, the crate does no I/O and reads no clock. The clock of a `ChatClient` can be
//!   replaced.
//! - An API key never appears in an error or in debug output.
//!
//! # Limits
//!
//! The rules read English. They do not resolve pronouns across sentences, correct spelling errors,
//! or recognise irony. The facts of a chat model have no resolved times.

mod change;
mod chat;
mod claim;
mod clause;
#[cfg(feature = "client")]
mod client;
mod draft;
mod extractor;
mod grounded;
mod heard;
mod language;
mod lexicon;
#[cfg(feature = "local")]
mod local;
mod message;
mod own;
mod photo;
mod request;
mod rewrite;
mod sentence;
mod slot;
mod slots;
mod summary;
mod supersede;
mod when;
mod words;
mod worth;

pub use change::Shape;
pub use chat::{
    ANSWER_BYTES_MAX, Answer, BATCH_MESSAGES_MAX, ChatError, ChatModel, Completion,
    REQUEST_CHARS_MAX, Refused, RefusedDraft, Request, TokenBudget, batches, extract_with,
    read_answer, request, request_within,
};
#[cfg(feature = "client")]
pub use client::{ApiKey, ChatClient, ChatOptions, ClientError};
pub use draft::{Draft, Origin};
pub use extractor::{DRAFTS_MAX, Extractor, Learned};
pub use grounded::{Grounding, VALUE_BYTES_MAX, grounded};
pub use heard::{HEARD_WORDS_MAX, Heard};
#[cfg(feature = "local")]
pub use local::{LocalError, LocalModel, LocalOptions};
pub use message::{Message, Role, TEXT_BYTES_MAX};
pub use photo::spoken;
pub use summary::{Chosen, SUMMARY_SENTENCES_MAX, Summary, summary};
pub use supersede::{Ended, KNOWN_MAX, Known, supersede};
pub use when::{Granularity, Relation, Resolved};
pub use worth::{Numbers, Weights, Worth};
