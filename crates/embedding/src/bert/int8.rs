//! BERT with int8 weights, from a single file.
//!
//! Four times smaller than the `f32` weights and several times faster. It needs neither candle nor
//! tokenizers: the tokenizer is the crate's own WordPiece, uncased. A text has the same vector in
//! every batch and on every processor. Not here: creating such a file (feature `distill`).

mod attention;
#[cfg(feature = "distill")]
mod encode;
mod format;
mod kernels;
mod network;
mod product;

use std::{borrow::Cow, num::NonZeroUsize, path::Path, thread};

use super::schedule::{BatchLimits, Scheduler, Sequence};
use crate::{
    Damage, Embedder, Error, Fingerprint, file,
    learned::{self, Sort},
    wordpiece::{Scratch, WordPiece},
};
#[cfg(feature = "distill")]
pub use encode::encode_int8;
use network::Network;

/// The file of an int8 BERT within its directory.
const FILE_NAME: &str = "int8-bert.bin";
/// Limits of a batch. Within them, the output of a layer fits the second-level cache.
const LIMITS: BatchLimits = BatchLimits { texts: 64, tokens: 192 };
/// Number of tokens that frame a text: `[CLS]` and `[SEP]`.
const FRAME_TOKENS: usize = 2;
/// Number of bytes of a text that are tokenized at first, per token of the limit.
const START_BYTES_PER_TOKEN: usize = 16;
/// Maximum number of pieces of a word. If a word is cut, all of them may change.
const WORD_PIECES_MAX: usize = 100;

/// An int8 BERT as an [`Embedder`]. For English texts, uncased; texts are truncated at the model's
/// limit of tokens. Queries and documents are treated alike.
pub struct Int8Bert {
    fingerprint: Fingerprint,
    wordpiece: WordPiece,
    /// Kind of each word piece.
    sorts: Vec<Sort>,
    special: Special,
    network: Network,
    path: kernels::Path,
    scheduler: Scheduler,
}

/// Ids of the pieces that do not occur in texts.
struct Special {
    first: u32,
    last: u32,
    unknown: u32,
}

impl Int8Bert {
    /// Reads `int8-bert.bin` from `dir`. Runs one inference at a time per core.
    ///
    /// # Errors
    /// [`Error::Missing`] if the file does not exist, [`Error::Read`] if it cannot be read,
    /// [`Error::Damaged`] if its content is not such a model.
    pub fn open(dir: impl AsRef<Path>) -> Result<Int8Bert, Error> {
        let path = dir.as_ref().join(FILE_NAME);
        let bytes = file::read(&path, "an int8 model, int8-bert.bin")?;
        Int8Bert::load(Cow::Owned(bytes))
            .map_err(|source| Error::Damaged { origin: format!("`{}`", path.display()), source })
    }

    /// Reads a model from the content of its file. Static bytes are not copied.
    ///
    /// # Errors
    /// [`Error::Damaged`] if `bytes` is not such a model.
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Int8Bert, Error> {
        Int8Bert::load(bytes.into())
            .map_err(|source| Error::Damaged { origin: "the given bytes".into(), source })
    }

    /// Returns `true` if `dir` holds such a model.
    #[must_use]
    pub fn is_in(dir: &Path) -> bool {
        dir.join(FILE_NAME).exists()
    }

    /// Sets the number of concurrent inferences, each on one thread; 0 counts as 1. Default: one
    /// per core.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Int8Bert {
        self.scheduler = Scheduler::new(threads);
        self
    }

    fn load(bytes: Cow<'static, [u8]>) -> Result<Int8Bert, Damage> {
        let parsed = format::parse(bytes)?;
        let (wordpiece, network) = (parsed.wordpiece, parsed.network);
        let id = |piece| wordpiece.id(piece).ok_or(Damage::Network);
        let special = Special { first: id("[CLS]")?, last: id("[SEP]")?, unknown: id("[UNK]")? };
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let pooling = network.pooling.name();
        Ok(Int8Bert {
            fingerprint: Fingerprint::of(&parsed.name, parsed.checksum, pooling, network.hidden),
            sorts: learned::sorts(wordpiece.texts()),
            wordpiece,
            special,
            network,
            path: kernels::Path::best(),
            scheduler: Scheduler::new(cores),
        })
    }

    /// Returns the maximum number of tokens of a text, without those that frame it.
    fn text_tokens_max(&self) -> usize {
        self.network.positions.len() / self.network.hidden - FRAME_TOKENS
    }

    /// Tokenizes `text`, truncated at the limit, and adds the frame. Reads no more of a long text
    /// than necessary.
    fn encode(&self, text: &str, scratch: &mut Scratch) -> Sequence {
        let tokens_max = self.text_tokens_max();
        let mut bytes = tokens_max * START_BYTES_PER_TOKEN;
        let mut ids = Vec::new();
        loop {
            let start = &text[..text.floor_char_boundary(bytes)];
            ids.clear();
            self.wordpiece.encode(start, scratch, |id| ids.push(id));
            if start.len() == text.len() || tokens_max + WORD_PIECES_MAX < ids.len() {
                break;
            }
            bytes *= 4;
        }
        ids.truncate(tokens_max);
        let sort = |id: &Option<u32>| id.map_or(Sort::Unknown, |id| self.sorts[id as usize]);
        let has = |wanted: Sort| ids.iter().map(sort).any(|sort| sort == wanted);
        let is_known = has(Sort::Word) || has(Sort::Mark) && !has(Sort::Unknown);
        let ids = ids.iter().map(|id| id.unwrap_or(self.special.unknown));
        let framed = [self.special.first].into_iter().chain(ids).chain([self.special.last]);
        Sequence { ids: framed.collect(), is_known }
    }
}

impl Embedder for Int8Bert {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let mut scratch = Scratch::default();
        let sequences: Vec<Sequence> =
            texts.iter().map(|text| self.encode(text, &mut scratch)).collect();
        self.scheduler.embed(&sequences, LIMITS, self.network.hidden, |batch, scratch| {
            self.network.forward(self.path, batch, scratch)
        })
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        let mut vectors = self.embed_documents(&[text])?;
        Ok(vectors.pop().expect("one text has one vector"))
    }

    fn count_tokens(&self, text: &str) -> usize {
        let mut count = 0;
        self.wordpiece.encode(text, &mut Scratch::default(), |_| count += 1);
        count
    }

    fn tokens_max(&self) -> Option<usize> {
        Some(self.text_tokens_max())
    }

    fn dimension(&self) -> usize {
        self.network.hidden
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

#[cfg(test)]
mod tests;
