//! x
#![allow(dead_code)]
mod change;
mod claim;
mod clause;
mod draft;
mod extractor;
mod heard;
mod language;
mod lexicon;
mod message;
mod rewrite;
mod sentence;
mod slot;
mod slots;
mod supersede;
mod when;
mod words;
mod worth;
pub use draft::{Draft, Origin};
pub use extractor::{DRAFTS_MAX, Extractor, Learned};
pub use heard::{HEARD_WORDS_MAX, Heard};
pub use message::{Message, Role, TEXT_BYTES_MAX};
pub use when::{Granularity, Relation, Resolved};
pub use worth::{Numbers, Weights, Worth};
pub use change::Shape;
pub use supersede::{Ended, KNOWN_MAX, Known, supersede};
