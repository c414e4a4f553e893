//! Token counting. The tokenizer of an embedder is supplied by the caller.

#[cfg(feature = "tiktoken")]
mod tiktoken;

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "tiktoken")]
pub use tiktoken::Tiktoken;

use crate::Error;

/// A number of tokens.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TokenCount(pub usize);

impl From<usize> for TokenCount {
    fn from(count: usize) -> TokenCount {
        TokenCount(count)
    }
}

impl fmt::Display for TokenCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Counts the tokens of a text as one model would.
///
/// The count of a whole need not be the sum of the counts of its parts, but the same text always
/// counts the same.
pub trait TokenCounter: Send + Sync {
    /// Returns the name that a context carries, such as `o200k`.
    fn name(&self) -> &str;

    /// Returns the number of tokens in `text`.
    fn count(&self, text: &str) -> TokenCount;
}

/// Returns the counter with the given name: `estimate`, and with the feature `tiktoken` also
/// `o200k` and `cl100k`.
///
/// # Errors
/// [`Error::UnknownTokenizer`], with the known names, for any other name.
pub fn counter(name: &str) -> Result<Box<dyn TokenCounter>, Error> {
    match name {
        "estimate" => Ok(Box::new(Estimate)),
        #[cfg(feature = "tiktoken")]
        "o200k" => Ok(Box::new(Tiktoken::o200k())),
        #[cfg(feature = "tiktoken")]
        "cl100k" => Ok(Box::new(Tiktoken::cl100k())),
        _ => Err(Error::UnknownTokenizer { name: name.to_owned() }),
    }
}

pub(crate) fn names() -> &'static str {
    if cfg!(feature = "tiktoken") { "estimate, o200k, cl100k" } else { "estimate" }
}

/// A conservative estimate, usually too high, for models whose tokenizer is unknown. It counts a
/// token for every four letters or fraction of four in a word, with capitals after the first
/// counted twice, and for every two digits of a number. Other ASCII characters and those up to
/// U+07FF count one each, those above two, emoji three.
///
/// For English prose it is about a third above tiktoken's counts. It is not an upper bound, because
/// random letters may take a token each.
///
/// ```
/// use aios_context::{Estimate, TokenCounter};
///
/// assert_eq!(Estimate.count("I moved to Lisbon in 2023.").0, 10);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Estimate;

impl TokenCounter for Estimate {
    fn name(&self) -> &str {
        "estimate"
    }

    fn count(&self, text: &str) -> TokenCount {
        let mut tokens = 0;
        let mut letters = 0usize;
        let mut digits = 0usize;
        let mut spaces = 0usize;
        for c in text.chars() {
            if !c.is_ascii_alphabetic() {
                tokens += std::mem::take(&mut letters).div_ceil(4);
            }
            if !c.is_ascii_digit() {
                tokens += std::mem::take(&mut digits).div_ceil(2);
            }
            if c != ' ' {
                // The last space of a run belongs to the following token.
                tokens += std::mem::take(&mut spaces).saturating_sub(1).div_ceil(2);
            }
            match c {
                'A'..='Z' if 0 < letters => letters += 2,
                'a'..='z' | 'A'..='Z' => letters += 1,
                '0'..='9' => digits += 1,
                ' ' => spaces += 1,
                '\0'..='\u{7FF}' => tokens += 1,
                '\u{800}'..='\u{FFFF}' => tokens += 2,
                _ => tokens += 3,
            }
        }
        TokenCount(tokens + letters.div_ceil(4) + digits.div_ceil(2) + spaces.div_ceil(2))
    }
}
