//! Long-term memory through its public API.

#![allow(clippy::unwrap_used)]

mod abstention;
mod cases;
mod collections;
mod crash;
mod deferred;
mod feed;
mod files;
mod filters;
mod former;
mod history;
mod kinds;
mod own_vectors;
mod owners;
mod procedures;
mod processes;
mod purge;
mod ranking;
mod reindex;
mod search;
mod separate;
mod soak;
mod sources;
mod standings;
mod statistics;
mod store;
mod support;
mod tombstones;
