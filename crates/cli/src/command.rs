//! The commands, each in its file.

mod config;
mod context;
mod demo;
mod eval;
mod ingest;
mod recall;
mod records;
mod remember;
mod stats;

pub(crate) use self::{
    config::{completions, config},
    context::context,
    demo::demo,
    eval::eval,
    ingest::ingest,
    recall::recall,
    records::{list, record, show},
    remember::remember,
    stats::{snapshot, stats},
};
