//! Reads bytes into drafts: detects encoding and layout, and reports unreadable parts with their
//! lines.

use std::{
    io::{self, BufRead, BufReader, Read},
    ops::{ControlFlow, Range},
    path::Path,
};

use aios_draft::{Defaults, Mend};
use aios_memory::{Remedy, admission::Refusal};

use super::{
    attribution::Attribution,
    detect::{self, HEAD_BYTES, Layout},
    document::{self, DOCUMENT_BYTES_MAX, EMPTY, Markup},
    encoding::{self, BROKEN_UNITS, Stream, begun},
    format::Format,
    formats::Formats,
    json::{self, Elements},
    lines::LINE_BYTES_MAX,
    options::Thinking,
    piece::{Piece, Sink},
};
use crate::export::{begins_export, begins_headless};

/// Problem of an export of this program, which would be duplicated if it were ingested.
const OWN_EXPORT: &str = "this is an export of aios-memory, whose records have ids and owners";

/// Problem of such an export without its first line.
const HEADLESS_EXPORT: &str =
    "these are records of an export of aios-memory, whose first line is missing";

/// Problem of an input that is not text.
const NO_TEXT: &str = "not text; convert it to text, Markdown or JSON first";

/// A byte order mark at the beginning of a line.
const MARK_IN_MIDST: &str = "\n\u{feff}";

/// Source of the bytes, and defaults for missing values.
pub(crate) struct Input<'a, R> {
    pub(crate) bytes: R,
    /// The file, or `None` for a stream without a name.
    pub(crate) name: Option<&'a Path>,
    pub(crate) format: Format,
    pub(crate) thinking: Thinking,
    pub(crate) defaults: &'a Defaults,
    /// Splits the text of a section into ranges.
    pub(crate) chunks: &'a dyn Fn(&str) -> Vec<Range<usize>>,
}

/// Reads the whole `input` into `sink`; an I/O error becomes its last piece.
pub(crate) fn read<R: Read>(input: Input<'_, R>, sink: &mut Sink<'_>) {
    if let Err(error) = read_layout(input, sink) {
        let problem = match error.kind() {
            io::ErrorKind::IsADirectory => {
                Refusal::from("expected a file, not a directory").with_remedy(Remedy::NameFile)
            }
            // The message already states the remedy.
            io::ErrorKind::InvalidData => error.to_string().into(),
            _ => format!("failed to read: {error}").into(),
        };
        let _ = sink(Piece::Failed(None, problem));
    }
}

fn read_layout<R: Read>(input: Input<'_, R>, sink: &mut Sink<'_>) -> io::Result<ControlFlow<()>> {
    let Input { bytes, name, format, thinking, defaults, chunks } = input;
    let Stream { bytes, encoding, is_replaced } = encoding::decode_stream(bytes)?;
    let input = Input { bytes, name, format, thinking, defaults, chunks };
    let flow = read_text(input, encoding, sink)?;
    if flow.is_continue() && is_replaced.get() {
        return Ok(sink(Piece::Mended(1, Mend::whole(BROKEN_UNITS))));
    }
    Ok(flow)
}

/// Reads text that was decoded from `encoding`, or that is UTF-8.
fn read_text<R: Read>(
    input: Input<'_, R>,
    encoding: Option<&'static str>,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let Input { bytes, name, format, thinking, defaults, chunks } = input;
    let mut bytes = BufReader::new(bytes);
    let head = head_of(&mut bytes)?;
    if head.trim_ascii().is_empty() && bytes.fill_buf()?.is_empty() {
        return Ok(sink(Piece::Failed(None, EMPTY.into())));
    }
    if let Some(encoding) = encoding
        && sink(Piece::Mended(1, Mend::whole(format!("decoded from {encoding}")))).is_break()
    {
        return Ok(ControlFlow::Break(()));
    }
    if let Some(refusal) = own_export(&head, name).filter(|_| format != Format::Text) {
        return Ok(sink(Piece::Failed(None, refusal)));
    }
    let layout = detect::layout(format, name, &head);
    let elements = if format == Format::Chat { Elements::Messages } else { Elements::Either };
    let formats = Formats::new(format, thinking, defaults);
    let mut bytes = io::Cursor::new(head).chain(bytes);
    let elements = match layout {
        Layout::JsonLines => None,
        Layout::Records => Some(Elements::Records),
        _ => Some(elements),
    };
    let markup = match layout {
        Layout::JsonLines | Layout::Json | Layout::Records => {
            let mut attribution = Attribution::new(sink, defaults);
            let attributed = &mut |piece| attribution.take(piece);
            let read = match elements {
                None => json::read_lines(bytes, defaults, formats, attributed),
                Some(elements) => {
                    json::read_document(bytes, elements, defaults, formats, attributed)
                }
            };
            // Elements before an I/O error are passed on.
            return match read {
                Ok(ControlFlow::Break(())) => read,
                read if attribution.finish().is_continue() => read,
                _ => Ok(ControlFlow::Break(())),
            };
        }
        Layout::Markdown => Markup::Markdown,
        Layout::Text => Markup::Plain,
    };
    let mut document = Vec::new();
    (&mut bytes).take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut document)?;
    if DOCUMENT_BYTES_MAX < document.len() as u64 {
        let reason = format!("the document has more than {DOCUMENT_BYTES_MAX} bytes");
        let refusal = Refusal::from(reason).with_remedy(Remedy::Split);
        return Ok(sink(Piece::Failed(None, refusal)));
    }
    let (text, mended) = match encoding::decode(&document) {
        Ok(decoded) => decoded,
        Err(problem) => {
            let is_binary = encoding::is_binary(&String::from_utf8_lossy(&document));
            let problem = if is_binary { NO_TEXT } else { problem };
            return Ok(sink(Piece::Failed(None, problem.into())));
        }
    };
    let is_binary = match mended {
        Some(_) => encoding::is_binary(&text),
        None => encoding::is_mostly_binary(&text),
    };
    if is_binary {
        return Ok(sink(Piece::Failed(None, NO_TEXT.into())));
    }
    let nul = text.contains('\0').then_some("U+0000 was replaced by U+FFFD");
    for reason in mended.into_iter().chain(nul) {
        if sink(Piece::Mended(1, Mend::whole(reason))).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    let text = match nul {
        Some(_) => text.replace('\0', "\u{fffd}").into(),
        None => text,
    };
    // Concatenated files have byte order marks between them.
    let text = match text.contains(MARK_IN_MIDST) {
        true => text.replace(MARK_IN_MIDST, "\n").into(),
        false => text,
    };
    Ok(document::read(&text, markup, name, defaults, chunks, sink))
}

/// Returns the refusal of an export of this program, with or without its header.
fn own_export(head: &[u8], name: Option<&Path>) -> Option<Refusal> {
    let reason = match begun(head) {
        head if begins_export(head) => OWN_EXPORT,
        head if begins_headless(head) => HEADLESS_EXPORT,
        _ => return None,
    };
    // A stream has no name; an import needs a file.
    let path = name.unwrap_or(Path::new("FILE")).to_owned();
    Some(Refusal::from(reason).with_remedy(Remedy::Import { path }))
}

/// Returns the first bytes of a stream, for the detection of the layout. Includes the whole first
/// line if that may be a record.
fn head_of(bytes: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    bytes.take(HEAD_BYTES).read_to_end(&mut head)?;
    let begun = begun(&head);
    if begun.starts_with(b"{") && !begun.contains(&b'\n') {
        bytes.take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut head)?;
    }
    Ok(head)
}
