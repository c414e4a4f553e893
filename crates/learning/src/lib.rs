//! x
#![allow(dead_code)]
mod lexicon;
mod message;
mod sentence;
mod when;
mod words;
pub use message::{Message, Role, TEXT_BYTES_MAX};
pub use when::{Granularity, Relation, Resolved};
