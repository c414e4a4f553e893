//! Tokenizing texts for the network.

use std::borrow::Cow;

use tokenizers::{Encoding, Tokenizer, TruncationDirection};

use super::schedule::Sequence;
use crate::Error;

/// Number of bytes of a text that are tokenized at first, per token of the limit. In most languages
/// a token has fewer, so one pass is usually enough.
const START_BYTES_PER_TOKEN: usize = 8;
/// Growth factor of the start if it was too short.
const START_GROWTH: usize = 4;
/// Number of words before a cut whose tokens may depend on the following text, such as a half word
/// or a contraction.
const WORDS_UNSETTLED: u32 = 4;

/// A tokenizer with the model's limit. Special tokens in a text are read as plain text, so stored
/// data cannot end its own sequence.
pub(crate) struct Tokens {
    pub(crate) tokenizer: Tokenizer,
    /// Id of the token for unknown words, if the tokenizer has one.
    pub(crate) unknown: Option<u32>,
    /// Maximum number of tokens of a text, without special ones.
    pub(crate) tokens_max: usize,
}

impl Tokens {
    /// Tokenizes `prefix` and `text` as one sequence, truncated at the limit.
    pub(crate) fn encode(&self, prefix: &str, text: &str) -> Result<Sequence, Error> {
        let mut encoding = self.encode_start(prefix, text)?;
        encoding.truncate(self.tokens_max, 0, TruncationDirection::Right);
        encoding.take_overflowing();
        let mut of_text = encoding.get_ids().iter().zip(encoding.get_offsets());
        let is_known =
            of_text.any(|(&id, &(_, end))| prefix.len() < end && Some(id) != self.unknown);
        let encoding = self.tokenizer.post_process(encoding, None, true).map_err(Error::compute)?;
        Ok(Sequence { ids: encoding.get_ids().to_vec(), is_known })
    }

    /// Tokenizes the start of `prefix` and `text`: enough to fill a sequence with tokens that do
    /// not depend on the text after them.
    fn encode_start(&self, prefix: &str, text: &str) -> Result<Encoding, Error> {
        let mut bytes = self.tokens_max.saturating_mul(START_BYTES_PER_TOKEN);
        loop {
            let start = start(text, bytes);
            let whole: Cow<'_, str> = match prefix {
                "" => start.into(),
                prefix => format!("{prefix}{start}").into(),
            };
            let encoding = self.tokenizer.encode(whole, false).map_err(Error::compute)?;
            if start.len() == text.len() || self.tokens_max <= settled(&encoding) {
                return Ok(encoding);
            }
            bytes = bytes.saturating_mul(START_GROWTH);
        }
    }

    /// Returns the number of tokens of `text` without special ones. A text that the tokenizer
    /// refuses has 0.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }

    /// Returns one more than the largest id of any sequence. Ids may have gaps, and the special
    /// tokens of a sequence need not be in the vocabulary.
    pub(crate) fn ids_end(&self) -> Result<usize, Error> {
        let frame = self.tokenizer.post_process(Encoding::default(), None, true);
        let frame = frame.map_err(Error::compute)?;
        let words = self.tokenizer.get_vocab(false).into_values();
        let added = self.tokenizer.get_added_tokens_decoder().into_keys();
        let ids = words.chain(added).chain(frame.get_ids().iter().copied());
        Ok(ids.max().map_or(0, |id| id as usize + 1))
    }

    /// Returns every word piece that can occur in a text, in the order of the ids, and its
    /// sequence: the piece between the special tokens.
    #[cfg(feature = "distill")]
    pub(crate) fn framed_pieces(&self) -> Result<(Vec<String>, Vec<Vec<u32>>), Error> {
        use tokenizers::Token;

        let special = self.tokenizer.get_added_tokens_decoder();
        let mut pieces: Vec<(u32, String)> = self
            .tokenizer
            .get_vocab(false)
            .into_iter()
            .map(|(piece, id)| (id, piece))
            .filter(|(id, piece)| !special.contains_key(id) && !piece.starts_with("[unused"))
            .collect();
        pieces.sort_unstable();
        let frame = |(id, piece): &(u32, String)| {
            let token = Token::new(*id, piece.clone(), (0, piece.len()));
            let encoding = Encoding::from_tokens(vec![token], 0);
            let framed = self.tokenizer.post_process(encoding, None, true);
            framed.map(|framed| framed.get_ids().to_vec()).map_err(Error::compute)
        };
        let sequences = pieces.iter().map(frame).collect::<Result<_, _>>()?;
        Ok((pieces.into_iter().map(|(_, piece)| piece).collect(), sequences))
    }
}

/// Returns about the first `bytes` of `text`: up to a space if one is in their second half, so that
/// no word is split, otherwise up to a character boundary.
fn start(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let start = &text[..text.floor_char_boundary(bytes)];
    match start.rfind([' ', '\n', '\t', '\r']) {
        Some(space) if start.len() / 2 <= space => &start[..space],
        _ => start,
    }
}

/// Returns the number of tokens of a text's start that do not depend on the text after it.
fn settled(start: &Encoding) -> usize {
    let words = start.get_word_ids();
    let last = words.last().copied().flatten().unwrap_or_default();
    let is_settled = |word: &&Option<u32>| word.is_some_and(|word| word + WORDS_UNSETTLED <= last);
    words.iter().take_while(is_settled).count()
}

#[cfg(test)]
mod tests;
