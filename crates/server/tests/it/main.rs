//! The service as its callers meet it: over real sockets, with real bytes.
//!
//! The model is the fast static one, so that a memory opens in milliseconds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod compatible;
mod foreign;
mod life;
mod limits;
mod mcp;
mod rights;
mod support;
mod tokens;
