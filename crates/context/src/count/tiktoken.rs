//! The byte-pair tokenizers of OpenAI's models, through `tiktoken-rs`.

use std::fmt;

use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

use crate::{TokenCount, TokenCounter};

/// One of tiktoken's tokenizers. Its tables are built once per process, on the first count.
///
/// Text is counted as ordinary text: `<|endoftext|>` in it is not a special token. Counts are
/// exact, except that runs of more than 65,536 whitespace characters are counted in pieces of that
/// length.
///
/// ```
/// use aios_context::{Tiktoken, TokenCounter};
///
/// assert_eq!(Tiktoken::o200k().count("I moved to Lisbon in 2023.").0, 9);
/// ```
#[derive(Clone, Copy)]
pub struct Tiktoken {
    name: &'static str,
    tables: fn() -> &'static CoreBPE,
}

impl Tiktoken {
    /// Returns `o200k_base`, the tokenizer of GPT-4o, GPT-4.1, GPT-5 and the o-series.
    #[must_use]
    pub fn o200k() -> Tiktoken {
        Tiktoken { name: "o200k", tables: o200k_base_singleton }
    }

    /// Returns `cl100k_base`, the tokenizer of GPT-4 and GPT-3.5.
    #[must_use]
    pub fn cl100k() -> Tiktoken {
        Tiktoken { name: "cl100k", tables: cl100k_base_singleton }
    }
}

impl TokenCounter for Tiktoken {
    fn name(&self) -> &str {
        self.name
    }

    fn count(&self, text: &str) -> TokenCount {
        let tables = (self.tables)();
        TokenCount(pieces(text).map(|piece| tables.count_ordinary(piece)).sum())
    }
}

/// Maximum length of a run of whitespace counted at once. The pattern by which tiktoken splits text
/// backtracks over such runs, and `tiktoken-rs` panics on stack exhaustion.
const WHITESPACE_RUN_MAX: usize = 65_536;

/// Splits `text` within runs of whitespace that are too long.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut run = 0;
        let is_over = |c: char| {
            run = if c.is_whitespace() { run + 1 } else { 0 };
            WHITESPACE_RUN_MAX < run
        };
        let (piece, left) = rest.split_at(rest.find(is_over).unwrap_or(rest.len()));
        rest = left;
        Some(piece)
    })
}

impl fmt::Debug for Tiktoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiktoken").field("name", &self.name).finish_non_exhaustive()
    }
}
