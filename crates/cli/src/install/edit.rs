//! A text edited by recorded insertions.

/// Reason for refusing to edit a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Line of the problem, from 1.
    pub(super) line: Option<usize>,
    pub(super) problem: String,
}

impl Refusal {
    pub(super) fn at(text: &str, offset: usize, problem: impl Into<String>) -> Refusal {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Refusal { line: Some(line), problem: problem.into() }
    }

    pub(super) fn whole(problem: impl Into<String>) -> Refusal {
        Refusal { line: None, problem: problem.into() }
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
