//! The part of a message that its author says: without what is quoted, pasted, or given as the
//! material of a task.
//!
//! [`own`] is the one place in which the text to read is chosen. It returns a text of the same
//! length, in which every foreign byte is a line break, so that byte offsets stay those of the
//! message.

mod blank;
mod code;
mod line;
mod quotation;
mod tag;
mod task;

use std::borrow::Cow;

use blank::Blank;

/// Returns `text` with line breaks in place of the words that are not the author's.
pub(crate) fn own(text: &str) -> Cow<'_, str> {
    let mut blank = Blank::of(text);
    let blocks = line::read(&mut blank);
    tag::read(&mut blank);
    quotation::read(&mut blank);
    task::read(&mut blank, &blocks);
    blank.finish()
}
