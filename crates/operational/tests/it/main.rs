//! Operational memory through its public API.
#![allow(clippy::unwrap_used)]

mod events;
mod metrics;
mod overflow;
mod ring;
mod snapshot;
mod stress;
