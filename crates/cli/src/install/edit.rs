//! A text edited by recorded insertions.

/// Next step if the layout of a file prevents the edit.
const BY_HAND: &str = "the file stays as it is; add the printed lines by hand";
/// Next step if the file has another entry at the place of ours.
const REPLACED: &str =
    "the file stays as it is; remove that entry to have it replaced, or edit it by hand";

/// Reason for refusing to edit a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Line of the problem, from 1.
    pub(super) line: Option<usize>,
    pub(super) problem: String,
    /// The next step.
    pub(super) hint: &'static str,
}

impl Refusal {
    pub(super) fn at(text: &str, offset: usize, problem: impl Into<String>) -> Refusal {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Refusal::at_line(Some(line), problem)
    }

    pub(super) fn whole(problem: impl Into<String>) -> Refusal {
        Refusal::at_line(None, problem)
    }

    pub(super) fn at_line(line: Option<usize>, problem: impl Into<String>) -> Refusal {
        Refusal { line, problem: problem.into(), hint: BY_HAND }
    }

    /// Refuses to replace the entry at `offset`.
    pub(super) fn of_entry(text: &str, offset: usize, problem: impl Into<String>) -> Refusal {
        Refusal { hint: REPLACED, ..Refusal::at(text, offset, problem) }
    }
}

/// A text, with the spans inserted into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) text: String,
    /// Offset and length of each inserted span, in order, without overlaps.
    pub(super) spans: Vec<(usize, usize)>,
}

impl Edit {
    pub(super) fn new(text: String) -> Edit {
        Edit { text, spans: Vec::new() }
    }

    /// Inserts `part` at an offset of the current text.
    pub(super) fn insert(&mut self, offset: usize, part: &str) {
        self.text.insert_str(offset, part);
        let mut is_within = false;
        for (start, length) in &mut self.spans {
            if *start < offset && offset < *start + *length {
                *length += part.len();
                is_within = true;
            } else if offset <= *start {
                *start += part.len();
            }
        }
        if !is_within {
            self.spans.push((offset, part.len()));
            self.spans.sort_unstable();
        }
    }
}

/// Returns `text` without these spans. `None` if they are not within it.
pub(super) fn without_spans(text: &str, spans: &[(usize, usize)]) -> Option<String> {
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    for (start, length) in spans {
        kept.push_str(text.get(at..*start)?);
        at = start.checked_add(*length)?;
    }
    kept.push_str(text.get(at..)?);
    Some(kept)
}
