//! Tests of the whole stack through its public interface, on real files in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conversation;
mod forgetting;
mod former_store;
mod isolation_methods;
mod languages;
mod same_names;
mod source;
