//! Reads records from JSON: one per line, or documents, element by element.
//!
//! A list is never held as a whole: its elements are passed on as they are read. A single
//! conversation is held as a whole, because fields that concern its messages, such as their owner,
//! may follow them. A broken element affects only itself, both in a list and in a file of lines.

mod documents;
mod hand;
mod messages;
mod objects;
mod parsed;

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use aios_draft::{Defaults, Mend, repeated::Seed};
use aios_memory::{Remedy, admission::Refusal};

pub(crate) use self::hand::Elements;
use self::{documents::Documents, hand::Hand, parsed::parse};
use super::{
    elements::{Place, Scanner},
    encoding::begun,
    formats::{self, Formats},
    lines::{LINE_BYTES_MAX, Line, Lines},
    mend::EXTRA_COMMA,
    piece::Sink,
};

/// Reads one record per line.
pub(crate) fn read_lines(
    input: impl BufRead,
    defaults: &Defaults,
    formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    let mut hand = Hand::new(Elements::Records, defaults, formats, sink);
    while let Some((number, line)) = lines.next()? {
        let flow = match line {
            Line::Whole(line) => {
                let line = begun(line).trim_ascii_end();
                let begins = Place { line: number, column: 0 };
                match line {
                    [] => continue,
                    line => self::line(&mut hand, begins, line),
                }
            }
            Line::TooLong { bytes } => {
                let reason = format!("the line has {bytes} bytes, more than {LINE_BYTES_MAX}");
                hand.fail(number, Refusal::from(reason).with_remedy(Remedy::Split))
            }
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(hand.finish())
}

/// Reads consecutive documents: lists of messages or samples, and objects that are one of these or
/// have `messages`.
pub(crate) fn read_document(
    input: impl BufRead,
    elements: Elements,
    defaults: &Defaults,
    formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let scanner = Scanner::new(input)?;
    let mut hand = Hand::new(elements, defaults, formats, sink);
    Documents::new(scanner, &mut hand).read()
}

/// Reads one line. A list of messages is a conversation. Parts of a broken line may still be
/// readable.
fn line(hand: &mut Hand<'_, '_>, place: Place, bytes: &[u8]) -> ControlFlow<()> {
    if bytes.strip_prefix(b"[").is_some_and(|list| list.trim_ascii_start().starts_with(b"{")) {
        // Reading from RAM does not fail.
        let list = Documents::new(Scanner::at(bytes, place), hand).all();
        return list.unwrap_or(ControlFlow::Continue(()));
    }
    let (bytes, comma) = match bytes.strip_suffix(b",").map(<[u8]>::trim_ascii_end) {
        Some(object) if object.ends_with(b"}") => (object, Some(Mend::whole(EXTRA_COMMA))),
        _ => (bytes, None),
    };
    let mut parsed = parse(place, bytes, Seed::default());
    if let Ok((_, mended)) = &mut parsed {
        mended.extend(comma);
    }
    if parsed.is_err() && bytes.starts_with(b"{") && formats::may_have_parts(bytes) {
        // Reading from RAM does not fail.
        let within = Documents::new(Scanner::at(bytes, place), hand).object();
        return within.unwrap_or(ControlFlow::Continue(()));
    }
    hand.element(place.line, parsed)
}
