//! Transformers of the BERT and XLM-RoBERTa families, from a sentence-transformers directory.
//!
//! Texts are sorted by length and computed in batches, each on one thread: one single-threaded
//! inference per core is faster than several threads inside each matrix product. The order is
//! restored at the end. Not here: downloads.

mod files;
mod kernels;
mod lanes;
mod network;
mod tokens;
mod weights;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{Embedder, Error, Fingerprint, vector::normalise};
pub use files::FileNames;
use files::{ModelFiles, Prompts};
use lanes::Lanes;
use network::{Network, Scratch};
use tokens::{Sequence, Tokens};

/// Most tokens of one batch, unless a single text has more: bounds the RAM of an inference.
const BATCH_TOKENS_MAX: usize = 2048;

/// How a [`Bert`] works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BertOptions {
    /// Most texts of one batch; 0 counts as 1. Default 32.
    pub batch_max: usize,
    /// Inferences at the same time, each on one thread; 0 counts as 1. Default: one per core.
    pub threads: usize,
    /// What the model wants before a query, such as `query: ` for e5. Default: what its
    /// `config_sentence_transformers.json` calls its prompt for a `query`, if anything.
    pub query_prefix: Option<String>,
    /// What the model wants before a document, such as `passage: ` for e5. Default: what that file
    /// calls its prompt for a `document` or a `passage`, if anything.
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

/// A transformer as an [`Embedder`]. Texts are cut at the model's limit of tokens.
pub struct Bert {
    options: BertOptions,
    fingerprint: Fingerprint,
    prompts: Prompts,
    tokens: Tokens,
    network: Network,
    lanes: Lanes,
}

impl Bert {
    /// Reads the model in `dir`: `modules.json`, the pooling's `config.json`, `config.json`,
    /// `tokenizer.json`, `model.safetensors` and, where they are there,
    /// `sentence_bert_config.json` and `config_sentence_transformers.json`.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Read`] when one of these cannot be had, [`Error::Malformed`]
    /// when it does not say what it must, [`Error::Unsupported`] for a model of another make.
    pub fn open(dir: impl AsRef<Path>, options: BertOptions) -> Result<Bert, Error> {
        let files = ModelFiles::read(dir.as_ref(), &options)?;
        let tokens = files.tokens()?;
        Ok(Bert {
            fingerprint: files.fingerprint(),
            network: files.network(tokens.ids_end()?)?,
            prompts: files.prompts,
            tokens,
            lanes: Lanes::new(options.threads.max(1)),
            options,
        })
    }

    /// The first file that [`open`](Bert::open) would not find in `dir`.
    ///
    /// # Errors
    /// As [`open`](Bert::open), for the files that say what is needed.
    pub fn missing_file(dir: &Path) -> Result<Option<PathBuf>, Error> {
        files::missing(dir)
    }

    /// The files of a model whose `modules.json` is `modules`.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::Unsupported`], as [`open`](Bert::open).
    pub fn file_names(modules: &[u8]) -> Result<FileNames, Error> {
        files::names(modules)
    }

    /// The vectors of `texts`, each taken with `prefix` before it.
    fn embed(&self, prefix: &str, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let sequences: Vec<Sequence> =
            texts.iter().map(|text| self.tokens.encode(prefix, text)).collect::<Result<_, _>>()?;
        let mut order: Vec<usize> =
            (0..texts.len()).filter(|&index| sequences[index].is_known).collect();
        order.sort_by_key(|&index| sequences[index].ids.len());
        let sorted: Vec<&[u32]> = order.iter().map(|&index| &*sequences[index].ids).collect();
        let computed = self.compute(&batches(&sorted, self.options.batch_max))?;
        let mut vectors = vec![vec![0.0; self.network.hidden]; texts.len()];
        for (index, mut vector) in order.into_iter().zip(computed) {
            normalise(&mut vector);
            vectors[index] = vector;
        }
        Ok(vectors)
    }

    /// The vector of each word piece, framed by the special tokens of a text: in the order of
    /// their ids, without special and unused pieces. Not normalised.
    #[cfg(feature = "distill")]
    pub(crate) fn piece_vectors(&self) -> Result<(Vec<String>, Vec<Vec<f32>>), Error> {
        let (pieces, sequences) = self.tokens.framed_pieces()?;
        let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let vectors = self.compute(&batches(&sequences, BATCH_TOKENS_MAX))?;
        Ok((pieces, vectors))
    }

    /// The vectors of all batches in order, not normalised. The threads take the batches from the
    /// end, where the longest are, so that they finish at about the same time.
    fn compute(&self, batches: &[&[&[u32]]]) -> Result<Vec<Vec<f32>>, Error> {
        let left = AtomicUsize::new(batches.len());
        let work = || {
            let (mut done, mut scratch) = (Vec::new(), Scratch::default());
            while let Ok(count) =
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            {
                let lane = self.lanes.enter();
                let vectors = self.network.forward(batches[count - 1], &mut scratch);
                drop(lane);
                if vectors.iter().flatten().any(|x| !x.is_finite()) {
                    return Err(Error::compute("the weights give a vector that is not finite"));
                }
                done.push((count - 1, vectors));
            }
            Ok(done)
        };
        let helpers = self.options.threads.min(batches.len()).saturating_sub(1);
        let mut done = thread::scope(|scope| {
            // A thread that the system does not give is done without: its batches are still left.
            let helper = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let helpers: Vec<_> = (0..helpers).map_while(helper).collect();
            let mut done = work()?;
            for helper in helpers {
                done.extend(helper.join().expect("an inference does not panic")?);
            }
            Ok::<_, Error>(done)
        })?;
        done.sort_unstable_by_key(|(index, _)| *index);
        Ok(done.into_iter().flat_map(|(_, vectors)| vectors).collect())
    }
}

/// Cuts `sorted` after `batch_max` texts or [`BATCH_TOKENS_MAX`] tokens, whichever comes first.
fn batches<'a>(sorted: &'a [&'a [u32]], batch_max: usize) -> Vec<&'a [&'a [u32]]> {
    let mut batches = Vec::new();
    let mut rest = sorted;
    while !rest.is_empty() {
        let mut tokens = 0;
        let fitting = rest.iter().take(batch_max).take_while(|ids| {
            tokens += ids.len();
            tokens <= BATCH_TOKENS_MAX
        });
        let (batch, later) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = later;
    }
    batches
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
        self.network.hidden
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}
