//! A word with its forms and classes.

use crate::lexicon::Class;

/// One word, number or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Span in the text, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Lower-case form; a contraction is written out.
    pub(crate) low: String,
    /// Base form of irregular words, else the stem.
    pub(crate) lemma: String,
    pub(crate) classes: u64,
    pub(crate) is_capital: bool,
    pub(crate) is_sign: bool,
}

impl Word {
    pub(crate) fn is(&self, class: Class) -> bool {
        self.classes & class.bit() != 0
    }

    pub(crate) fn is_number(&self) -> bool {
        self.low.starts_with(|c: char| c.is_ascii_digit()) || self.is(Class::Number)
    }

    /// Returns true if the word has meaning of its own: no closed class, no sign.
    pub(crate) fn is_content(&self) -> bool {
        !self.is_sign
            && !self.is(Class::Closed)
            && (1 < self.low.len() || self.low.starts_with(|c: char| c.is_ascii_digit()))
    }
}
