#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

mod access;
mod answer_bytes;
mod bounds;
mod call;
mod caller;
mod command;
mod config;
mod credential;
mod error;
mod export;
mod facts;
mod failure;
mod file_state;
mod follow;
mod forget;
mod gate;
mod grpc;
mod hex;
mod http;
mod importer;
mod listener;
mod live;
mod mcp;
mod messages;
mod metrics;
mod oauth;
mod operation;
mod page;
mod peer;
mod period;
mod place;
mod rate;
mod remedy;
mod scope;
mod server;
mod telemetry;
mod tokens;
mod traceparent;
mod units;

pub use crate::{
    command::{
        CommandAnswer, CommandLine, CommandOutput, Commands, Running, is_ready, run_by_service,
    },
    config::{Config, tokens_file},
    error::Error,
    follow::{Followed, News, follow_events},
    importer::{Counting, ImportFailure, ImportFile, ImportReport, Importer, Importing},
    listener::{Listener, Presence, Served, Tls, socket_of},
    live::{Live, Looked, Lost, Work, WorkItem, look},
    mcp::{Mcp, Opening, Profiles, UnknownProfile},
    oauth::{KeySource, OAuth},
    operation::Right,
    server::{Ready, Server},
    telemetry::Telemetry,
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
