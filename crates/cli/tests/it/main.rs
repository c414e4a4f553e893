//! The command line as a user meets it: the real binary, on real files, in throw-away directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod brought;
mod commands;
mod formats;
mod isolation_commands;
mod keeping;
#[cfg(feature = "pull")]
mod model;
mod owners;
mod program;
mod rebuild;
mod settings;
