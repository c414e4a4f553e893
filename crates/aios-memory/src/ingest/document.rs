//! Texts and Markdown files as pieces of knowledge: cut at headings and sentence ends, each piece
//! verbatim, with a link to the whole.

use std::{ops::ControlFlow, ops::Range, path::Path};

use aios_record::{Kind, Source};
use serde_json::{Map, Value, json};

use super::{
    draft::{Defaults, Draft},
    reading::{Piece, Sink},
};

/// The longest document that is taken, in bytes.
pub const DOCUMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Whether `#` at the beginning of a line makes a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    Plain,
    Markdown,
}

/// Hands the pieces of `text` on as drafts of knowledge.
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
    let document = name.map(|name| name.display().to_string());
    let file_name = name.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let mut line = Lines { text, at: 0, line: 1 };
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
                source: document.clone().map(|id| Source { kind: "file".to_owned(), id }),
                metadata: position(&range),
                ..Draft::new(Kind::Knowledge, defaults.scope.clone(), text[range.clone()].into())
            };
            sink(Piece::Draft(line.of(range.start), Box::new(draft)))?;
        }
    }
    ControlFlow::Continue(())
}

/// Where in the whole a piece stands.
fn position(range: &Range<usize>) -> Map<String, Value> {
    Map::from_iter([("bytes".to_owned(), json!([range.start, range.end]))])
}

/// Counts lines up to places that mostly go forward.
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

/// A part of a document under its headings, outermost first.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    headings: Vec<String>,
    range: Range<usize>,
}

/// Cuts Markdown before each heading. A heading with nothing under it stays with what follows.
fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut fence = None;
    let mut start = 0;
    let mut has_body = false;
    let mut headings = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let opens = fence_of(line);
        match (fence, opens) {
            (None, Some(_)) => fence = opens,
            (Some(open), Some(close)) if open == close => fence = None,
            _ => {}
        }
        if let (None, Some((level, heading))) = (fence, heading_of(line)) {
            if has_body {
                sections.push(Section { headings: headings.clone(), range: start..at });
                start = at;
                has_body = false;
            }
            path.retain(|(outer, _)| *outer < level);
            path.push((level, heading.to_owned()));
            headings = path.iter().map(|(_, heading)| heading.clone()).collect();
        } else if !line.trim().is_empty() {
            has_body = true;
        }
        at += line.len();
    }
    if !text[start..].trim().is_empty() {
        sections.push(Section { headings, range: start..text.len() });
    }
    sections
}

fn fence_of(line: &str) -> Option<char> {
    let line = line.trim_start();
    ["```", "~~~"].iter().find(|fence| line.starts_with(**fence)).and_then(|f| f.chars().next())
}

fn heading_of(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let is_heading = (1..=6).contains(&level) && rest.starts_with([' ', '\t']);
    let heading = rest.trim().trim_end_matches('#').trim_end();
    (is_heading && !heading.is_empty()).then_some((level, heading))
}

#[cfg(test)]
mod tests;
