//! Forgotten paragraphs and lines of a document, which are left out of its pieces. Not here: a
//! piece that was forgotten as a whole, which admission keeps out.

use std::ops::Range;

use aios_longterm::LongtermView;
use aios_record::Owner;
use serde_json::Value;

use crate::{
    Error,
    admission::{Arrival, Content, Outcome, Verdict},
};

/// Signs that begin a line of a list or a quotation.
const MARKERS: &[char] = &['-', '*', '+', '>', '#', '|'];

/// Leaves forgotten parts out of the pieces of `owner`'s document, and pieces that have no others;
/// returns a verdict for each part.
pub(super) async fn leave_out(
    longterm: &LongtermView,
    owner: &Owner,
    arrivals: &mut Vec<Arrival>,
) -> Result<Vec<Verdict>, Error> {
    let mut verdicts = Vec::new();
    let mut left = Vec::with_capacity(arrivals.len());
    for mut arrival in arrivals.drain(..) {
        let parts = forgotten_parts(longterm, owner, &arrival).await?;
        let Arrival { place, kind, ref id, .. } = arrival;
        let verdict = Verdict { place, kind, id: id.clone(), outcome: Outcome::Forgotten };
        verdicts.extend(vec![verdict; parts.len()]);
        if cut(&mut arrival, &parts) {
            left.push(arrival);
        }
    }
    *arrivals = left;
    Ok(verdicts)
}

/// The parts of a piece that were forgotten, in their order, if it has others beside them.
async fn forgotten_parts(
    longterm: &LongtermView,
    owner: &Owner,
    arrival: &Arrival,
) -> Result<Vec<Range<usize>>, Error> {
    let Some(content) = content_of(arrival) else { return Ok(Vec::new()) };
    let parts = parts_of(content);
    if parts.len() < 2 {
        return Ok(Vec::new());
    }
    let texts: Vec<&str> = parts.iter().map(|part| unmarked(&content[part.clone()])).collect();
    let found = longterm.are_texts_forgotten(owner, &texts).await?;
    let mut forgotten: Vec<Range<usize>> = Vec::new();
    for (part, found) in parts.into_iter().zip(found) {
        // A paragraph comes before its lines.
        let is_in = forgotten.last().is_some_and(|last| part.start < last.end);
        if found && !is_in {
            forgotten.push(part);
        }
    }
    Ok(forgotten)
}

/// Takes these parts out of a piece. Returns `false` if nothing but headings is left.
fn cut(arrival: &mut Arrival, parts: &[Range<usize>]) -> bool {
    let Some(content) = content_of(arrival).filter(|_| !parts.is_empty()) else { return true };
    let (mut rest, mut at) = (String::with_capacity(content.len()), 0);
    for part in parts {
        rest.push_str(&content[at..part.start]);
        at = part.end;
    }
    rest.push_str(&content[at..]);
    let content = content.to_owned();
    let rest = rest.trim();
    let Content::Record(record) = &mut arrival.content else { return true };
    record.text = record.text.replacen(&content, rest, 1);
    record.payload["content"] = Value::from(rest);
    rest.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

fn content_of(arrival: &Arrival) -> Option<&str> {
    match &arrival.content {
        Content::Record(record) => record.payload.get("content").and_then(Value::as_str),
        _ => None,
    }
}

/// The paragraphs of a text, each followed by its lines if it has several.
fn parts_of(text: &str) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut close = |lines: &mut Vec<Range<usize>>| {
        if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
            parts.push(first.start..last.end);
            if 1 < lines.len() {
                parts.extend(lines.iter().cloned());
            }
        }
        lines.clear();
    };
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        if line.trim().is_empty() {
            close(&mut lines);
        } else {
            lines.push(range);
        }
    }
    close(&mut lines);
    parts
}

/// A line without the signs of a list or quotation that it begins with.
fn unmarked(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || MARKERS.contains(&c)).trim_end()
}

#[cfg(test)]
mod tests;
