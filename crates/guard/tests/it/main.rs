//! The guard through its public API.
#![allow(clippy::unwrap_used)]

mod hidden;
