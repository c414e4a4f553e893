#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

mod access;
mod bounds;
mod call;
mod caller;
mod command;
mod config;
mod error;
mod export;
mod failure;
mod follow;
mod forget;
mod gate;
mod grpc;
mod hex;
mod http;
mod listener;
mod mcp;
mod metrics;
mod operation;
mod page;
mod peer;
mod place;
mod rate;
mod remedy;
mod server;
mod tokens;

pub use crate::{
    command::{CommandLine, CommandOutput, Commands, Running, is_ready, run_by_service},
    config::{Config, tokens_file},
    error::Error,
    follow::{Followed, News, follow_events},
    listener::{Listener, Presence, Tls, socket_of},
    mcp::{Mcp, Opening, Profiles, UnknownProfile},
    operation::Right,
    server::{Ready, Server},
    tokens::{NewToken, Token, Tokens},
};

/// The messages of `aios.memory.MemoryService`, generated from `proto/aios/memory/memory.proto`.
pub mod wire {
    #![allow(
        missing_docs,
        clippy::all,
        unreachable_pub,
        reason = "the code is generated; the protocol file has the documentation"
    )]
    include!(concat!(env!("OUT_DIR"), "/aios.memory.rs"));

    /// The file descriptor set of the protocol, as reflection returns it.
    pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));
}
