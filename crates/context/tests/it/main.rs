//! Contexts through the public API.
#![allow(clippy::unwrap_used)]
