//! Upkeep: verification, statistics, copies, and rebuilds of the library.

mod backup;
mod decoding;
mod rebuild;
mod role;
mod stats;
mod stored;
mod verify;

pub(crate) use self::rebuild::bring_over;
#[cfg(test)]
pub(crate) use self::rebuild::reindex_on;
pub use self::{
    backup::check_files,
    decoding::{Decoder, decode_rows},
    rebuild::{Reindexed, Repaired, adopt, reindex, repair, repair_with_vectors},
    role::Upkeep,
    stats::Stats,
    stored::stored_model,
    verify::Verification,
};
