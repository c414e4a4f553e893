//! Writes: the path into the journal, changes of stored records, and their history.

mod change;
mod feed;
mod history;
mod writer;

pub(crate) use self::writer::{CHANGE_TRIES, Trace, Writer};
pub use self::{
    feed::{Applied, Feed, FeedPage},
    history::Version,
};
