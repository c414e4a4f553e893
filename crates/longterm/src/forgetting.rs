//! Forgetting: records that are removed, purged or retired, and the tombstones that keep them out.

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
