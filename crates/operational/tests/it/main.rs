//! Operational memory through its public API.
#![allow(clippy::unwrap_used)]

mod events;
mod overflow;
mod ring;
mod stress;
