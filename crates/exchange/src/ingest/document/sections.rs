//! Sections of a Markdown document, by CommonMark's rules for headings.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

/// Maximum length of a heading in a title, in bytes. The section itself keeps the whole heading.
const HEADING_BYTES_MAX: usize = 256;

/// Opening lines of front matter, with the lines that may close it.
const FRONT_MATTER: [(&str, &[&str]); 2] = [("---", &["---", "..."]), ("+++", &["+++"])];

/// A part of a document with its headings, outermost first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) headings: Vec<String>,
    pub(super) range: Range<usize>,
}

/// Cuts Markdown before each heading. A heading without content is joined to the next section.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut path: Vec<(HeadingLevel, String)> = Vec::new();
    let mut headings = Vec::new();
    let (mut start, mut body) = (0, 0);
    for Heading { level, title, lines } in headings_of(text) {
        if !text[body..lines.start].trim().is_empty() {
            sections.push(Section { headings: headings.clone(), range: start..lines.start });
            start = lines.start;
        }
        body = lines.end;
        path.retain(|(outer, _)| *outer < level);
        path.push((level, title));
        headings = path.iter().map(|(_, title)| title.clone()).collect();
    }
    if !text[start..].trim().is_empty() {
        sections.push(Section { headings, range: start..text.len() });
    }
    sections
}

/// A heading, with the byte range of its lines.
struct Heading {
    level: HeadingLevel,
    title: String,
    lines: Range<usize>,
}

/// Returns the headings that have a text and are not within a list, a quotation or another block.
fn headings_of(text: &str) -> Vec<Heading> {
    let offset = front_matter_bytes(text);
    let mut headings = Vec::new();
    let mut depth = 0_usize;
    let mut open: Option<(HeadingLevel, Range<usize>)> = None;
    for (event, range) in Parser::new(&text[offset..]).into_offset_iter() {
        let range = offset + range.start..offset + range.end;
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                open = Some((level, range.end..range.start));
                depth += 1;
            }
            Event::End(TagEnd::Heading(_)) if depth == 1 => {
                depth = 0;
                let Some((level, inner)) = open.take().filter(|(_, inner)| !inner.is_empty())
                else {
                    continue;
                };
                let title = title_of(&text[inner]);
                let line = text[..range.start].rfind(['\n', '\r']).map_or(0, |end| end + 1);
                // Each heading begins at or after the end of the previous one.
                let line = headings.last().map_or(line, |it: &Heading| it.lines.end.max(line));
                headings.push(Heading { level, title, lines: line..range.end });
            }
            event => {
                if let Some((_, inner)) = &mut open {
                    *inner = inner.start.min(range.start)..inner.end.max(range.end);
                }
                match event {
                    Event::Start(_) => depth += 1,
                    Event::End(_) => depth -= 1,
                    _ => {}
                }
            }
        }
    }
    headings
}

/// Returns the source text of a heading, in one line.
fn title_of(heading: &str) -> String {
    let mut title = heading.split_whitespace().collect::<Vec<_>>().join(" ");
    title.truncate(title.floor_char_boundary(HEADING_BYTES_MAX));
    title
}

/// Returns the length in bytes of the front matter: YAML or TOML between fence lines at the start
/// of the text.
fn front_matter_bytes(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else { return 0 };
    let fence = FRONT_MATTER.iter().find(|(open, _)| first.trim_end() == *open);
    let Some((_, close)) = fence else { return 0 };
    let mut bytes = first.len();
    for (at, line) in lines.enumerate() {
        bytes += line.len();
        if close.contains(&line.trim_end()) {
            return bytes;
        }
        // A thematic break, which a paragraph follows.
        if at == 0 && line.trim().is_empty() {
            return 0;
        }
    }
    0
}

#[cfg(test)]
mod tests;
