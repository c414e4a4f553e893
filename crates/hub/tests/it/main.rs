//! Tests of the download through its public interface, with a local hub.
#![cfg(feature = "pull")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pull;
