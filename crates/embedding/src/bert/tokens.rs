//! Text to the token ids that the network takes.

use tokenizers::{Encoding, Tokenizer, TruncationDirection};

use crate::Error;

/// A tokenizer with the model's limit. Special tokens that are spelt out in a text are taken as
/// plain text: what is stored is data and cannot end its own sequence.
pub(super) struct Tokens {
    pub(super) tokenizer: Tokenizer,
    /// The token of an unknown word, where the tokenizer has one.
    pub(super) unknown: Option<u32>,
    /// Most tokens of a text, without special ones.
    pub(super) tokens_max: usize,
}

/// A text as the network takes it.
pub(super) struct Sequence {
    pub(super) ids: Vec<u32>,
    /// Whether any token of the text itself is known.
    pub(super) is_known: bool,
}

impl Tokens {
    pub(super) fn encode(&self, prefix: &str, text: &str) -> Result<Sequence, Error> {
        let is_known = |ids: &[u32]| ids.iter().any(|&id| Some(id) != self.unknown);
        let encode = |text: &str| self.tokenizer.encode_fast(text, false).map_err(Error::compute);
        let (mut encoding, is_known) = if prefix.is_empty() {
            let encoding = encode(text)?;
            let is_known = is_known(encoding.get_ids());
            (encoding, is_known)
        } else {
            (encode(&format!("{prefix}{text}"))?, is_known(encode(text)?.get_ids()))
        };
        encoding.truncate(self.tokens_max, 0, TruncationDirection::Right);
        encoding.take_overflowing();
        let encoding = self.tokenizer.post_process(encoding, None, true).map_err(Error::compute)?;
        Ok(Sequence { ids: encoding.get_ids().to_vec(), is_known })
    }

    /// Tokens of `text` without special ones; a text that the tokenizer refuses has none.
    pub(super) fn count(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }

    /// One more than the largest id that a sequence can have: ids may have gaps, and what frames a
    /// text need not be in the vocabulary.
    pub(super) fn ids_end(&self) -> Result<usize, Error> {
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
    pub(super) fn framed_pieces(&self) -> Result<(Vec<String>, Vec<Vec<u32>>), Error> {
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
