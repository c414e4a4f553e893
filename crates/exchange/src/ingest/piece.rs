//! The parts of an input, as its reader passes them on.

use std::{ops::ControlFlow, sync::Arc};

use aios_draft::{Draft, Mend};
use aios_memory::admission::{Document, Refusal};

/// A part of the input that was read, with its line.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// The document that the following drafts are pieces of.
    Document(Arc<Document>),
    Draft(u64, Box<Draft>),
    /// Rows without content to store, with the reason and the line of the first one.
    Skipped {
        line: u64,
        rows: u64,
        reason: String,
    },
    /// A malformed part that was read nevertheless.
    Mended(u64, Mend),
    /// An unreadable part; without a line, the whole input.
    Failed(Option<u64>, Refusal),
    /// The whole document was read.
    End,
}

/// Consumer of pieces. Breaks if it accepts no more.
pub(crate) type Sink<'a> = dyn FnMut(Piece) -> ControlFlow<()> + 'a;
