//! Long-term memory through its public API.

#![allow(clippy::unwrap_used)]

mod crash;
mod feed;
mod filters;
mod processes;
mod search;
mod soak;
mod store;
mod support;
