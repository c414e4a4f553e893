//! Reading and editing the text of a file. Pure.

use std::fmt::Write as _;

use super::{bounds::LINES_MAX, problem::FileProblem};

/// Width of a line number, in characters.
const NUMBER_WIDTH: usize = 6;
/// Lines before and after a replacement that its result shows.
const LINES_AROUND: usize = 2;
/// Maximum number of line numbers that a message lists.
const OCCURRENCES_MAX: usize = 1000;

/// Returns the lines of a text that `range` selects, numbered. The range is `[first, last]`, from
/// 1; a last line of -1 is the end of the text. A range without two numbers selects everything, and
/// other negative last lines count from the end, as a slice does in Python.
pub(super) fn view(text: &str, range: Option<&[i64]>, path: &str) -> Result<String, FileProblem> {
    let lines: Vec<&str> = text.split('\n').collect();
    if LINES_MAX < lines.len() {
        return Err(FileProblem::Lines { path: path.to_owned() });
    }
    let (start, end) = match range {
        Some(&[first, last]) => (at_least_0(first.saturating_sub(1)), end(last, lines.len())),
        _ => (0, lines.len()),
    };
    let shown = lines.get(start..end).unwrap_or_default();
    Ok(format!(
        "Here's the content of {path} with line numbers:\n{}",
        numbered(shown, start.saturating_add(1))
    ))
}

fn at_least_0(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// Returns the index after the last line of a range.
fn end(last: i64, lines: usize) -> usize {
    match last {
        -1 => lines,
        last if last < 0 => {
            lines.saturating_sub(usize::try_from(last.unsigned_abs()).unwrap_or(lines))
        }
        last => at_least_0(last).min(lines),
    }
}

/// Returns lines with their numbers, from `first`.
fn numbered(lines: &[&str], first: usize) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let end = if at == 0 { "" } else { "\n" };
        write!(text, "{end}{:>NUMBER_WIDTH$}\t{line}", first + at)
            .expect("a string takes any text");
    }
    text
}

/// A text after the replacement of `old`, and the index of the line at which `old` was.
pub(super) struct Replaced {
    pub(super) text: String,
    pub(super) line: usize,
}

/// Replaces the one occurrence of `old` by `new`.
pub(super) fn replace(
    text: &str,
    old: &str,
    new: &str,
    path: &str,
) -> Result<Replaced, FileProblem> {
    // Overlapping occurrences count once for replacing, and are listed one by one.
    match text.matches(old).take(2).count() {
        0 => Err(FileProblem::NoOccurrence { text: old.to_owned(), path: path.to_owned() }),
        1 => {
            let line = lines_before(text, text.find(old).unwrap_or_default());
            Ok(Replaced { text: text.replacen(old, new, 1), line })
        }
        _ => {
            let lines = occurrences(text, old);
            Err(FileProblem::Occurrences { text: old.to_owned(), lines })
        }
    }
}

/// Returns the numbers of the lines in which `old` begins, joined by commas.
fn occurrences(text: &str, old: &str) -> String {
    let (mut from, mut counted, mut line) = (0, 0, 1);
    let mut numbers = Vec::new();
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(old)) {
        if numbers.len() == OCCURRENCES_MAX {
            numbers.push("...".to_owned());
            break;
        }
        let at = from + at;
        line += lines_before(&text[counted..], at - counted);
        counted = at;
        numbers.push(line.to_string());
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
    }
    numbers.join(", ")
}

fn lines_before(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count()
}

/// Returns the result of a replacement: the lines around it.
pub(super) fn snippet(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let end = lines.len().min(line + LINES_AROUND + 1);
    let start = line.saturating_sub(LINES_AROUND).min(end);
    format!(
        "The memory file has been edited. Here is the snippet showing the change (with line \
         numbers):\n{}",
        numbered(&lines[start..end], start + 1)
    )
}

/// Returns the text with `inserted` after line `line`; 0 is the beginning. Line ends at the end of
/// `inserted` are ignored; the result ends with one.
pub(super) fn insert(text: &str, line: i64, inserted: &str) -> Result<String, FileProblem> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    let at = usize::try_from(line).ok().filter(|at| *at <= lines.len());
    let Some(at) = at else {
        return Err(FileProblem::Line { line, lines: lines.len() });
    };
    lines.insert(at, inserted.trim_end_matches('\n'));
    let mut text = lines.join("\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Returns a size in bytes as `view` shows it, such as `1.5K`.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "K", "M", "G"];
    let unit = bytes.checked_ilog2().map_or(0, |bits| bits / 10).min(3);
    let scale = 1_u64 << (10 * unit);
    let name = UNITS[unit as usize];
    match bytes % scale {
        0 => format!("{}{name}", bytes / scale),
        _ => format!("{:.1}{name}", bytes as f64 / scale as f64),
    }
}
