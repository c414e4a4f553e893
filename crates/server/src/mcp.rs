//! The Model Context Protocol: tools, prompts and resources for the memory.
//!
//! There is one implementation, the route `/mcp`. Its calls pass the gate like those of every other
//! route, so rights, users, limits, the audit line and the metrics are the same. [`Mcp`] serves a
//! program over its pipes: it answers the lists itself and sends everything else to that route, in
//! the service of the data directory or, if none is running, in this process.
//!
//! Answers quote stored text. An answer of a tool that reads stays within its token budget. Not
//! here: sampling, roots and logging, which the protocol has deprecated.

mod answer;
mod arguments;
mod handler;
mod message;
mod offer;
mod prompts;
mod quote;
mod resources;
mod route;
mod schema;
mod stdio;
#[cfg(test)]
mod tests;
mod tools;
mod visit;

pub(crate) use self::route::router;
pub use self::{
    offer::{Profiles, UnknownProfile},
    stdio::{Mcp, Opening},
};
