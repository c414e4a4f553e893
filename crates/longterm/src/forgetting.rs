//! Forgetting: records that are removed, purged, or retired, and what keeps them out afterwards.

mod every;
mod purge;
pub(crate) mod sayings;
mod sources;
mod tombstones;

pub use self::{
    purge::Purged,
    sources::Sources,
    tombstones::{TextTombstones, Tombstones},
};
