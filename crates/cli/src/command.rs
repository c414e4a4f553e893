//! The commands, one per file.

mod backup;
mod config;
mod context;
mod decode;
mod delete;
mod demo;
mod eval;
mod events;
mod export;
mod facts;
mod files;
mod forget;
mod import;
mod ingest;
mod kinds;
mod learn;
mod mcp;
mod metrics;
mod model;
mod recall;
mod records;
mod remember;
mod report;
mod resume;
mod serve;
mod stats;
mod token;
#[cfg(feature = "top")]
mod top;
mod upkeep;

#[cfg(feature = "top")]
pub(crate) use self::top::top;
pub(crate) use self::{
    backup::{backup, restore},
    config::{completions, config},
    context::context,
    decode::{decode_rows, decoder},
    delete::{clear, delete},
    demo::demo,
    eval::eval,
    events::{events, events_of_service},
    export::export,
    facts::facts,
    files::files,
    forget::forget,
    import::import,
    ingest::ingest,
    kinds::kinds,
    learn::learn,
    mcp::mcp,
    model::model,
    recall::recall,
    records::{history, list, record, show, update},
    remember::remember,
    report::report,
    resume::resume,
    serve::serve,
    stats::{snapshot, stats},
    token::token,
    upkeep::{doctor, maintain, migrate, reindex, repair, verify},
};
