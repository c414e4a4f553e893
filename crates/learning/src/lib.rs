//! x
#![allow(dead_code)]
mod change;
mod claim;
mod clause;
mod extractor;
mod heard;
mod lexicon;
mod message;
mod sentence;
mod slot;
mod slots;
mod supersede;
mod when;
mod words;
mod worth;
pub use extractor::Extractor;
pub use heard::{HEARD_WORDS_MAX, Heard};
pub use message::{Message, Role, TEXT_BYTES_MAX};
pub use when::{Granularity, Relation, Resolved};
pub use worth::{Numbers, Weights, Worth};
pub use change::Shape;
pub use supersede::{Ended, KNOWN_MAX, Known, supersede};
