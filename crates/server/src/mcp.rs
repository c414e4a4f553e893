//! The Model Context Protocol: tools, prompts and resources over the memory.
//!
//! There is one implementation, the route `/mcp`. A call passes the gate as every other route does,
//! so that rights, users, limits, the audit line and the figures are the same. [`Mcp`] serves a
//! program over its pipes: it answers the lists by itself and sends the rest to that route, in the
//! service of the data directory or, without one, in this process.
//!
//! Stored text is quoted in every answer, and every answer of a tool that reads is within its
//! budget of tokens. Not here: sampling, roots and logging, which the protocol has deprecated.

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
