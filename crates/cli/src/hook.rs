//! `hook`: called by a coding agent at an event of its session, with a JSON object on stdin. Prints
//! the JSON object that the host expects, or nothing.
//!
//! A host waits for its hooks, and shows failures to its user or its model. Therefore this command
//! always exits with 0, ends within `hook.time_max_ms`, and reports problems only to a log file. It
//! does not open the memory: the service of the data directory does the work ([`answer`]), and is
//! started if none is running.

mod answer;
mod briefing;
mod call;
mod client;
mod event;
mod input;
mod log;
mod marks;
mod packing;
mod project;
mod prompt;
mod session;
mod starting;
mod state;
mod told;
mod transcript;

pub(crate) use self::{
    answer::answer,
    client::run,
    event::{Event, Host},
    log::log_file,
    marks::last_marks,
    state::{DIRECTORY, limit, name_of, owner_of, replace},
};
