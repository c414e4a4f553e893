//! Writes: one way into the journal, changes of stored records, and their history.

mod change;
mod history;
mod writer;

pub use self::history::Version;
pub(crate) use self::writer::{CHANGE_TRIES, Trace, Writer};
