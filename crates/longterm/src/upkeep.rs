//! Upkeep: verification, numbers, copies, and rebuilds of the library.

mod backup;
mod decoding;
mod rebuild;
mod stats;
mod stored;
mod verify;

pub(crate) use self::rebuild::bring_over;
pub use self::{
    backup::check_files,
    decoding::{Decoder, decode_rows},
    rebuild::{Progress, Reindexed, Repaired},
    stats::Stats,
    stored::stored_model,
    verify::Verification,
};
