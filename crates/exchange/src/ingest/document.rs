//! Reads plain text and Markdown files as knowledge records. They are cut at headings and at the
//! ends of sentences; each piece is verbatim and links to its document. Not here: retiring the
//! pieces of an earlier reading, which [`Revision`](aios_memory::admission::Revision) does.

mod sections;

use std::{ops::ControlFlow, ops::Range, path::Path, sync::Arc};

use aios_draft::{Defaults, Draft};
use aios_memory::{Kind, admission::Document};
use serde_json::{Map, Value, json};

use self::sections::{Section, sections};
use super::piece::{Piece, Sink};

/// Maximum size of a document, in bytes.
pub const DOCUMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Problem of an input without text. An empty document may be in the middle of being written.
pub(super) const EMPTY: &str = "the input is empty; records ingested from it before are unchanged";

/// Markup language of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    Plain,
    Markdown,
}

/// Emits the document with this `text`, its pieces as knowledge drafts, then its end.
pub(crate) fn read(
    text: &str,
    markup: Markup,
    name: Option<&Path>,
    defaults: &Defaults,
    chunks: &dyn Fn(&str) -> Vec<Range<usize>>,
    sink: &mut Sink<'_>,
) -> ControlFlow<()> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let sections = match markup {
        Markup::Markdown => sections(text),
        Markup::Plain => vec![Section { headings: Vec::new(), range: 0..text.len() }],
    };
    let document = name.and_then(Document::at).unwrap_or_else(|| Document::of_text(text));
    let document = Arc::new(document.with_text(text));
    let file_name = name.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let mut line = Lines { text, at: 0, line: 1 };
    let source = document.source();
    sink(Piece::Document(document))?;
    let mut is_empty = true;
    for section in sections {
        let title = match section.headings.as_slice() {
            [] => file_name.clone(),
            headings => Some(headings.join(" > ")),
        };
        let body = &text[section.range.clone()];
        for chunk in chunks(body) {
            let range = section.range.start + chunk.start..section.range.start + chunk.end;
            let draft = Draft {
                title: title.clone(),
                source: source.clone(),
                metadata: position(&range),
                ..Draft::new(Kind::Knowledge, defaults.scope.clone(), text[range.clone()].into())
            };
            is_empty = false;
            sink(Piece::Draft(line.of(range.start), Box::new(draft)))?;
        }
    }
    match is_empty {
        true => sink(Piece::Failed(None, EMPTY.into())),
        false => sink(Piece::End),
    }
}

/// Returns the byte range of a piece within the document, as metadata.
fn position(range: &Range<usize>) -> Map<String, Value> {
    Map::from_iter([("bytes".to_owned(), json!([range.start, range.end]))])
}

/// Converter of byte offsets, mostly in ascending order, to line numbers.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> u64 {
        if at < self.at {
            (self.at, self.line) = (0, 1);
        }
        let passed = self.text.as_bytes()[self.at..at].iter().filter(|byte| **byte == b'\n');
        self.line += passed.count() as u64;
        self.at = at;
        self.line
    }
}

#[cfg(test)]
mod tests;
