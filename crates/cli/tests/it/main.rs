//! The command line as a user meets it: the real binary, on real files, in throw-away directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod advice;
mod bad_input;
mod commands;
mod forgetting;
mod hostile;
mod isolation_commands;
mod keeping;
mod lists;
#[cfg(feature = "pull")]
mod model;
mod owners;
mod program;
mod rebuild;
mod settings;
mod typed;
