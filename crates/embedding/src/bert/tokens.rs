//! Text to the token ids that the network takes.

use std::borrow::Cow;

use tokenizers::{Encoding, Tokenizer, TruncationDirection};

use super::schedule::Sequence;
use crate::Error;

/// Bytes of a text that are looked at first, for each token of the limit: more than a token has in
/// most languages, so that one look is enough.
const START_BYTES_PER_TOKEN: usize = 8;
/// By how much the start grows when it was not enough.
const START_GROWTH: usize = 4;
/// Words before a cut that may be read otherwise with what follows: a half word, a contraction.
const WORDS_UNSETTLED: u32 = 4;

/// A tokenizer with the model's limit. Special tokens that are spelt out in a text are taken as
/// plain text: what is stored is data and cannot end its own sequence.
pub(crate) struct Tokens {
    pub(crate) tokenizer: Tokenizer,
    /// The token of an unknown word, where the tokenizer has one.
    pub(crate) unknown: Option<u32>,
    /// Most tokens of a text, without special ones.
    pub(crate) tokens_max: usize,
}

impl Tokens {
    /// `prefix` and `text` as one sequence, cut at the limit.
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

    /// As much of `prefix` and `text` as has the tokens of a sequence, and is not read otherwise
    /// with what follows: of a long text its start is enough.
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

    /// Tokens of `text` without special ones; a text that the tokenizer refuses has none.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }

    /// One more than the largest id that a sequence can have: ids may have gaps, and what frames a
    /// text need not be in the vocabulary.
    pub(crate) fn ids_end(&self) -> Result<usize, Error> {
        let frame = self.tokenizer.post_process(Encoding::default(), None, true);
        let frame = frame.map_err(Error::compute)?;
        let words = self.tokenizer.get_vocab(false).into_values();
        let added = self.tokenizer.get_added_tokens_decoder().into_keys();
        let ids = words.chain(added).chain(frame.get_ids().iter().copied());
        Ok(ids.max().map_or(0, |id| id as usize + 1))
    }

    /// Every word piece that can stand in a text, in the order of the ids, and its sequence:
    /// the piece between the special tokens.
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

/// About the first `bytes` of `text`: up to a space where one stands in the second half of them,
/// so that no word is halved, otherwise up to a character.
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

/// How many tokens of a text's start stay what they are when the rest follows.
fn settled(start: &Encoding) -> usize {
    let words = start.get_word_ids();
    let last = words.last().copied().flatten().unwrap_or_default();
    let is_settled = |word: &&Option<u32>| word.is_some_and(|word| word + WORDS_UNSETTLED <= last);
    words.iter().take_while(is_settled).count()
}

#[cfg(test)]
mod tests;
