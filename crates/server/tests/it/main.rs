//! The service as its callers use it: over real sockets, with real bytes.
//!
//! The model is the fast static one, so that a memory opens in milliseconds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod all_users;
mod compatible;
mod facts;
mod foreign;
mod life;
mod limits;
mod mcp;
mod oauth;
mod rights;
mod support;
mod tokens;
#[cfg(feature = "telemetry")]
mod traces;
#[cfg(not(feature = "telemetry"))]
mod untraced;
