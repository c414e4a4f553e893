//! End-to-end tests of the command line: the real binary, on real files, in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod advice;
mod bad_input;
mod brought;
mod commands;
mod damage;
mod databases;
mod documents;
mod evaluation;
mod files;
mod forgetting;
mod formats;
mod hooks;
mod hostile;
mod hosts;
mod install;
mod isolation_commands;
mod keeping;
mod killed;
mod kinds;
mod lists;
mod mcp;
mod mcp_clients;
#[cfg(feature = "pull")]
mod model;
mod owners;
mod private;
mod program;
mod read_only;
mod rebuild;
mod report;
mod resume;
mod scheduled;
mod serving;
mod settings;
#[cfg(feature = "top")]
mod top;
mod typed;
mod words;
