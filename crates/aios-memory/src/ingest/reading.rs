//! From bytes to drafts: opens the layout, and tells what could not be read and where.

use std::{
    io::{self, BufRead, BufReader, Read},
    ops::{ControlFlow, Range},
    path::Path,
};

use super::{
    Format, Thinking,
    detect::{self, HEAD_BYTES, Layout},
    document::{self, DOCUMENT_BYTES_MAX, Markup},
    draft::{Defaults, Draft},
    formats::{Formats, Place},
    json::{self, Elements},
};

/// What reading gives: a draft with the line that it ends on, or what went wrong, and where.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Draft(u64, Box<Draft>),
    Failed(Option<u64>, String),
    /// Rows that are left out since they are nothing to store, with the first of them.
    Skipped {
        line: u64,
        rows: u64,
        reason: String,
    },
}

/// Takes the pieces, and says when nobody wants more.
pub(crate) type Sink<'a> = dyn FnMut(Piece) -> ControlFlow<()> + 'a;

/// Where the bytes come from, and what holds where they are silent.
pub(crate) struct Input<'a, R> {
    pub(crate) bytes: R,
    /// The file, or `None` for a stream without a name.
    pub(crate) name: Option<&'a Path>,
    pub(crate) format: Format,
    pub(crate) thinking: Thinking,
    pub(crate) defaults: &'a Defaults,
    /// Where a document is cut.
    pub(crate) chunks: &'a dyn Fn(&str) -> Vec<Range<usize>>,
}

/// Reads all of `input` into `sink`; an I/O error is its last piece.
pub(crate) fn read<R: Read>(input: Input<'_, R>, sink: &mut Sink<'_>) {
    if let Err(error) = read_layout(input, sink) {
        let problem = match error.kind() {
            io::ErrorKind::IsADirectory => {
                "it is a directory; name the files that are in it".to_owned()
            }
            _ => format!("failed to read: {error}"),
        };
        let _ = sink(Piece::Failed(None, problem));
    }
}

fn read_layout<R: Read>(input: Input<'_, R>, sink: &mut Sink<'_>) -> io::Result<ControlFlow<()>> {
    let Input { bytes, name, format, thinking, defaults, chunks } = input;
    let mut bytes = BufReader::new(bytes);
    let mut head = Vec::new();
    (&mut bytes).take(HEAD_BYTES).read_to_end(&mut head)?;
    if head.trim_ascii().is_empty() && bytes.fill_buf()?.is_empty() {
        return Ok(sink(Piece::Failed(None, "it is empty; there is nothing to store".to_owned())));
    }
    let layout = detect::layout(format, name, &head);
    let elements = if format == Format::Chat { Elements::Messages } else { Elements::Either };
    let formats = |place| Formats::new(place, format, thinking, defaults);
    let mut bytes = io::Cursor::new(head).chain(bytes);
    let markup = match layout {
        Layout::JsonLines => {
            return json::read_lines(bytes, defaults, formats(Place::Lines), sink);
        }
        Layout::Json => {
            let formats = formats(Place::Document);
            return json::read_document(bytes, elements, defaults, formats, sink);
        }
        Layout::Markdown => Markup::Markdown,
        Layout::Text => Markup::Plain,
    };
    let mut document = Vec::new();
    (&mut bytes).take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut document)?;
    if DOCUMENT_BYTES_MAX < document.len() as u64 {
        let problem =
            format!("the document has more than {DOCUMENT_BYTES_MAX} bytes; split it into several");
        return Ok(sink(Piece::Failed(None, problem)));
    }
    match String::from_utf8(document) {
        Ok(text) => Ok(document::read(&text, markup, name, defaults, chunks, sink)),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let ends = valid.iter().filter(|byte| **byte == b'\n').count() as u64;
            let problem = "invalid UTF-8; is it a text file?".to_owned();
            Ok(sink(Piece::Failed(Some(ends + 1), problem)))
        }
    }
}
