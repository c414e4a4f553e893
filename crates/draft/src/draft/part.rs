//! Cutting of texts that are too long for one record.

use crate::{Draft, Mend};

/// Maximum length in bytes of the text of one record. A longer text is cut into several.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Reciprocal of the share of [`TEXT_BYTES_MAX`] that is searched for a word boundary.
const CUT_SHARE: usize = 8;

/// Maximum length of a character in UTF-8, in bytes.
const UTF8_MAX: usize = 4;

/// Position of a text among the parts of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Number of the part, from 1.
    pub number: usize,
    /// Number of parts.
    pub count: usize,
}

impl Part {
    /// A text that was not cut.
    pub const WHOLE: Part = Part { number: 1, count: 1 };

    /// Minimum length in bytes of a part that is followed by another.
    pub const CUT_BYTES_MIN: usize = TEXT_BYTES_MAX - TEXT_BYTES_MAX / CUT_SHARE - UTF8_MAX;

    /// Returns the external id of part `number` of the record with the external id `external_id`.
    #[must_use]
    pub fn id(external_id: &str, number: usize) -> String {
        match number {
            1 => external_id.to_owned(),
            number => format!("{external_id}#{number}"),
        }
    }
}

impl Draft {
    /// Returns this draft, or its parts in order if its text is too long for one record. Each part
    /// after the first has the external id of the whole followed by its number ([`Part::id`]).
    #[must_use]
    pub fn parts(self) -> Vec<Draft> {
        if self.text.len() <= TEXT_BYTES_MAX {
            return vec![self];
        }
        let text = self.text.clone();
        let mut parts: Vec<Draft> = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(end_of_part(rest));
            rest = after;
            let mut draft = Draft { text: part.to_owned(), former: None, ..self.clone() };
            let number = parts.len() + 1;
            if 1 < number {
                draft.external_id = self.external_id.as_ref().map(|id| Part::id(id, number));
                (draft.unknown, draft.mended) = (Vec::new(), Vec::new());
            }
            parts.push(draft);
        }
        let count = parts.len();
        for (at, part) in parts.iter_mut().enumerate() {
            part.part = Part { number: at + 1, count };
        }
        let bytes = text.len();
        let reason = format!("{bytes} bytes, more than {TEXT_BYTES_MAX}; cut into {count} parts");
        parts[0].mended.push(Mend::of("text", reason));
        parts
    }
}

/// Returns the end of the first part of a text: a word boundary, if there is one nearby.
fn end_of_part(text: &str) -> usize {
    if text.len() <= TEXT_BYTES_MAX {
        return text.len();
    }
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    let near = text.floor_char_boundary(end - end / CUT_SHARE);
    let space = text[near..end].rfind(char::is_whitespace).map(|at| near + at);
    space.map_or(end, |at| text.ceil_char_boundary(at + 1))
}
