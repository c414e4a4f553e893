//! x
#![allow(dead_code)]
mod change;
mod chat;
mod claim;
mod clause;
mod draft;
mod extractor;
mod grounded;
mod heard;
mod language;
mod lexicon;
mod message;
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
    ANSWER_BYTES_MAX, Answer, ChatError, ChatModel, Completion, REQUEST_CHARS_MAX, Refused,
    RefusedDraft, Request, extract_with, read_answer, request,
};
pub use draft::{Draft, Origin};
pub use extractor::{DRAFTS_MAX, Extractor, Learned};
pub use grounded::{Grounding, VALUE_BYTES_MAX, grounded};
pub use heard::{HEARD_WORDS_MAX, Heard};
pub use message::{Message, Role, TEXT_BYTES_MAX};
pub use summary::{Chosen, SUMMARY_SENTENCES_MAX, Summary, summary};
pub use supersede::{Ended, KNOWN_MAX, Known, supersede};
pub use when::{Granularity, Relation, Resolved};
pub use worth::{Numbers, Weights, Worth};
