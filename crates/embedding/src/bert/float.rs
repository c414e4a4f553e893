//! Transformers from a sentence-transformers directory, with `f32` weights.
//!
//! Not here: downloads.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use super::{
    files::ModelFiles,
    network::Network,
    schedule::{BatchLimits, Scheduler, Sequence},
    tokens::Tokens,
};
use crate::{
    Embedder, Error, Fingerprint,
    dense::Dense,
    directory::{self, FileNames, Prompts},
};

/// Maximum number of tokens of a batch with several texts. Bounds the RAM of an inference.
const BATCH_TOKENS_MAX: usize = 2048;

/// Options of a [`Bert`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BertOptions {
    /// Maximum number of texts per batch; 0 counts as 1. Default: 32.
    pub batch_max: usize,
    /// Number of concurrent inferences, each on one thread; 0 counts as 1. Default: one per core.
    pub threads: usize,
    /// Text before a query, such as `query: ` for e5. Default: the prompt for a `query` in
    /// `config_sentence_transformers.json`, if any.
    pub query_prefix: Option<String>,
    /// Text before a document, such as `passage: ` for e5. Default: the prompt for a `document` or
    /// a `passage` in that file, if any.
    pub document_prefix: Option<String>,
}

impl Default for BertOptions {
    fn default() -> BertOptions {
        BertOptions {
            batch_max: 32,
            threads: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            query_prefix: None,
            document_prefix: None,
        }
    }
}

impl BertOptions {
    /// Sets [`BertOptions::batch_max`].
    #[must_use]
    pub fn with_batch_max(mut self, batch_max: usize) -> BertOptions {
        self.batch_max = batch_max;
        self
    }

    /// Sets [`BertOptions::threads`].
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> BertOptions {
        self.threads = threads;
        self
    }

    /// Sets [`BertOptions::query_prefix`].
    #[must_use]
    pub fn with_query_prefix(mut self, prefix: impl Into<String>) -> BertOptions {
        self.query_prefix = Some(prefix.into());
        self
    }

    /// Sets [`BertOptions::document_prefix`].
    #[must_use]
    pub fn with_document_prefix(mut self, prefix: impl Into<String>) -> BertOptions {
        self.document_prefix = Some(prefix.into());
        self
    }
}

/// A transformer as an [`Embedder`]. Texts are truncated at the model's limit of tokens.
pub struct Bert {
    options: BertOptions,
    fingerprint: Fingerprint,
    prompts: Prompts,
    tokens: Tokens,
    network: Network,
    dense: Vec<Dense>,
    dimension: usize,
    scheduler: Scheduler,
}

impl Bert {
    /// Reads the model in `dir`: `modules.json`, the pooling's `config.json`, `config.json`,
    /// `tokenizer.json`, `model.safetensors` and, if they exist, `sentence_bert_config.json` and
    /// `config_sentence_transformers.json`.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Read`] if one of these cannot be read, [`Error::Malformed`]
    /// if its content is invalid, [`Error::Unsupported`] if the model is of an unsupported kind.
    pub fn open(dir: impl AsRef<Path>, options: BertOptions) -> Result<Bert, Error> {
        let files = ModelFiles::read(dir.as_ref(), &options)?;
        let tokens = files.tokens()?;
        Ok(Bert {
            fingerprint: files.fingerprint()?,
            network: files.network(tokens.ids_end()?)?,
            dimension: files.dimension()?,
            prompts: files.directory.prompts,
            dense: files.directory.dense,
            tokens,
            scheduler: Scheduler::new(options.threads),
            options,
        })
    }

    /// Returns the first file that [`open`](Bert::open) needs and `dir` lacks.
    ///
    /// # Errors
    /// Same as [`open`](Bert::open), for the file that lists the others, `modules.json`.
    pub fn missing_file(dir: &Path) -> Result<Option<PathBuf>, Error> {
        directory::missing(dir)
    }

    /// Returns the files of a model whose `modules.json` is `modules`.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::Unsupported`], as for [`open`](Bert::open).
    pub fn file_names(modules: &[u8]) -> Result<FileNames, Error> {
        directory::names(modules)
    }

    /// Returns the vectors of `texts`, each embedded with `prefix` before it.
    fn embed(&self, prefix: &str, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let sequences: Vec<Sequence> =
            texts.iter().map(|text| self.tokens.encode(prefix, text)).collect::<Result<_, _>>()?;
        let limits = BatchLimits { texts: self.options.batch_max, tokens: BATCH_TOKENS_MAX };
        self.scheduler.embed(&sequences, limits, self.dimension, |batch, scratch| {
            let mut vectors = self.network.forward(batch, scratch);
            for layer in &self.dense {
                vectors.iter_mut().for_each(|vector| *vector = layer.forward(vector));
            }
            vectors
        })
    }

    /// Returns the word pieces and their vectors, in the order of their ids, without special and
    /// unused pieces. Each piece is embedded alone between the special tokens of a text. Not
    /// normalised.
    #[cfg(feature = "distill")]
    pub(crate) fn piece_vectors(&self) -> Result<(Vec<String>, Vec<Vec<f32>>), Error> {
        let (pieces, sequences) = self.tokens.framed_pieces()?;
        let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let limits = BatchLimits { texts: usize::MAX, tokens: BATCH_TOKENS_MAX };
        let vectors = self
            .scheduler
            .compute(&sequences, limits, |batch, scratch| self.network.forward(batch, scratch))?;
        Ok((pieces, vectors))
    }
}

impl Embedder for Bert {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.embed(&self.prompts.document, texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        let mut vectors = self.embed(&self.prompts.query, &[text])?;
        Ok(vectors.pop().expect("one text has one vector"))
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.tokens.count(text)
    }

    fn tokens_max(&self) -> Option<usize> {
        let prompt = self.tokens.count(&self.prompts.document);
        Some(self.tokens.tokens_max.saturating_sub(prompt))
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}
