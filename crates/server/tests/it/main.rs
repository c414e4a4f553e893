//! The service as its callers meet it: over real sockets, with real bytes.
//!
//! The model is the fast static one, so that a memory opens in milliseconds.

mod access;
mod compatible;
mod life;
mod limits;
mod rights;
mod support;
mod tokens;
