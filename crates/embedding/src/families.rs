//! Encoders of other families than BERT's, computed by candle-transformers.
//!
//! The steps before and after the network (prompts, tokenizer, pooling) are those of a
//! [`Bert`](crate::Bert). A batch has texts of one length, so there is no padding or masking, and a
//! text has the same vector in every batch. Not here: the `config.json` of each family, which is in
//! `settings`.

mod cross_encoder;
mod network;
mod settings;
mod weights;

use std::path::Path;

use candle_core::{Device, Tensor};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Value;

use crate::{
    BertOptions, Embedder, Error, Fingerprint,
    bert::{Lanes, Pooling, Sequence, Tokens, check_finite, in_batches, in_order},
    dense::Dense,
    directory::{CONFIG, Directory, INSTEAD, Prompts, read_json},
};
pub use cross_encoder::CrossEncoder;
use network::Network;
use settings::Settings;
use weights::Weights;

/// Maximum number of tokens of a batch with several texts. Bounds the RAM of an inference.
const BATCH_TOKENS_MAX: usize = 2048;

/// A model of one of these families.
pub(crate) struct Encoder {
    options: BertOptions,
    fingerprint: Fingerprint,
    prompts: Prompts,
    pooling: Pooling,
    tokens: Tokens,
    network: Network,
    dense: Vec<Dense>,
    dimension: usize,
    lanes: Lanes,
    /// Threads for candle's products. Without a pool, candle uses all cores.
    threads: ThreadPool,
}

impl Encoder {
    /// Opens the model in `dir`. `None` if its `config.json` names none of these families.
    pub(crate) fn open(dir: &Path, options: &BertOptions) -> Result<Option<Encoder>, Error> {
        let path = dir.join(CONFIG);
        let config: Value = read_json(&path)?;
        let Some(settings) = Settings::read(&path, &config)? else { return Ok(None) };
        let directory = Directory::read(dir, options)?;
        let length_max = directory.length_max(settings.positions);
        let tokens = directory.tokens(length_max)?;
        let ids_end = tokens.ids_end()?;
        if settings.vocabulary < ids_end {
            let rows = settings.vocabulary;
            let reason = format!("it has {rows} tokens, but the tokenizer has {ids_end}");
            return Err(Error::Malformed { path, reason });
        }
        let dimension = directory.dimension(settings.hidden)?;
        let threads = options.threads.max(1);
        let weights = Weights::read(directory.weights_path(), &directory.weights, INSTEAD)?;
        Ok(Some(Encoder {
            fingerprint: directory.fingerprint(
                settings.family,
                settings.deciding.as_bytes(),
                length_max,
                dimension,
            ),
            network: Network::load(&settings, length_max, weights)?,
            dimension,
            dense: directory.dense,
            pooling: directory.pooling,
            prompts: directory.prompts,
            tokens,
            lanes: Lanes::new(threads),
            threads: thread_pool(threads)?,
            options: options.clone(),
        }))
    }

    fn embed(&self, prefix: &str, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let sequences: Vec<Sequence> =
            texts.iter().map(|text| self.tokens.encode(prefix, text)).collect::<Result<_, _>>()?;
        in_order(&sequences, self.dimension, |sorted| {
            let batches = of_one_length(sorted, self.options.batch_max);
            let lanes = (&self.lanes, self.options.threads);
            in_batches(lanes, &batches, |batch, _: &mut ()| {
                let vectors = self.threads.install(|| self.forward(batch));
                let mut vectors = vectors.map_err(Error::compute)?;
                for layer in &self.dense {
                    vectors.iter_mut().for_each(|vector| *vector = layer.forward(vector));
                }
                check_finite(&vectors)?;
                Ok(vectors)
            })
        })
    }

    /// Returns the vectors of sequences of one length, not normalised.
    fn forward(&self, sequences: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let rows = self.network.forward(&matrix(sequences)?)?;
        let pooled = match self.pooling {
            Pooling::Mean => rows.mean(1)?,
            Pooling::Cls => rows.narrow(1, 0, 1)?.squeeze(1)?,
        };
        pooled.to_vec2()
    }
}

impl Embedder for Encoder {
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

/// Creates the threads for candle, which distributes its products over the pool it runs in.
fn thread_pool(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(Error::compute)
}

/// Converts sequences of one length to a matrix of their ids.
fn matrix(sequences: &[&[u32]]) -> candle_core::Result<Tensor> {
    let columns = sequences.first().map_or(0, |sequence| sequence.len());
    Tensor::from_vec(sequences.concat(), (sequences.len(), columns), &Device::Cpu)
}

/// Splits `sorted` where the length changes, and after `batch_max` texts or [`BATCH_TOKENS_MAX`]
/// tokens.
fn of_one_length<T: AsRef<[u32]>>(sorted: &[T], batch_max: usize) -> Vec<&[T]> {
    let length = |item: &T| item.as_ref().len();
    sorted
        .chunk_by(|a, b| length(a) == length(b))
        .flat_map(|run| {
            let fitting = BATCH_TOKENS_MAX / length(&run[0]).max(1);
            run.chunks(fitting.min(batch_max).max(1))
        })
        .collect()
}
