//! Tests of the whole stack through its public interface, on real files in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conversation;
mod forgetting;
mod formats;
mod former_store;
mod isolation_methods;
mod killed;
mod languages;
mod processes;
mod restart;
mod same_names;
mod served;
mod source;
mod state;
