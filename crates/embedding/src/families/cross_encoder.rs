//! A cross-encoder: one network reads query and text together and gives a relevance score.

use std::path::Path;

use candle_core::Module;
use candle_nn::{Linear, VarBuilder, linear};
use candle_transformers::models::{
    bert::BertModel, debertav2::DebertaV2SeqClassificationModel,
    xlm_roberta::XLMRobertaForSequenceClassification,
};
use rayon::ThreadPool;
use serde_json::Value;
use tokenizers::{Tokenizer, TruncationParams, TruncationStrategy};

use super::{
    Weights, matrix, of_one_length,
    settings::{CROSS_ENCODERS, Make, Settings},
    thread_pool,
};
use crate::{
    Error,
    bert::{Lanes, in_batches},
    directory::{CONFIG, TOKENIZER, WEIGHTS, parse_json},
    file,
};

const HOLDS: &str = "a cross-encoder: config.json, tokenizer.json and model.safetensors";

/// Maximum number of tokens of query and text together, special ones included.
const LENGTH_MAX: usize = 512;

/// Maximum number of bytes of a text that are read: more than [`LENGTH_MAX`] tokens of any length.
const TEXT_BYTES_MAX: usize = LENGTH_MAX * 32;

/// Maximum number of pairs of a batch.
const BATCH_MAX: usize = 32;

/// Prefix of the layer that computes the score from a row.
const CLASSIFIER: &str = "classifier.";

/// Scores texts against a query, both read together by one transformer. Slower than comparing
/// vectors, because nothing can be computed before the query is known, but more accurate. Meant for
/// the first hits of a search.
///
/// Its directory is that of a `CrossEncoder` of sentence-transformers with one label: a BERT,
/// XLM-RoBERTa, RoBERTa or DeBERTa-v2 `ForSequenceClassification`.
pub struct CrossEncoder {
    tokenizer: Tokenizer,
    network: Network,
    threads: usize,
    lanes: Lanes,
    pool: ThreadPool,
}

enum Network {
    Bert { encoder: Box<BertModel>, pooler: Linear, classifier: Linear },
    Roberta(Box<XLMRobertaForSequenceClassification>),
    Deberta(Box<DebertaV2SeqClassificationModel>),
}

/// Query and text as one sequence.
struct Pair {
    ids: Vec<u32>,
    /// Type of each token: query or text.
    types: Vec<u32>,
}

impl AsRef<[u32]> for Pair {
    fn as_ref(&self) -> &[u32] {
        &self.ids
    }
}

impl CrossEncoder {
    /// Reads the model in `dir`: `config.json`, `tokenizer.json` and `model.safetensors`. It
    /// computes on `threads` threads; 0 counts as 1.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Read`] if one of these cannot be read, [`Error::Malformed`]
    /// if its content is invalid, [`Error::Unsupported`] if the model is of an unsupported kind.
    pub fn open(dir: impl AsRef<Path>, threads: usize) -> Result<CrossEncoder, Error> {
        let (dir, threads) = (dir.as_ref(), threads.max(1));
        let path = dir.join(CONFIG);
        let config: Value = parse_json(&path, &file::read(&path, HOLDS)?)?;
        let settings = Settings::read_cross_encoder(&path, &config)?;
        let weights_path = dir.join(WEIGHTS);
        let bytes = file::read(&weights_path, HOLDS)?;
        let length_max = settings.positions.min(LENGTH_MAX);
        Ok(CrossEncoder {
            tokenizer: tokenizer(&dir.join(TOKENIZER), length_max, settings.vocabulary)?,
            network: Network::load(settings, Weights::read(weights_path, &bytes, CROSS_ENCODERS)?)?,
            threads,
            lanes: Lanes::new(threads),
            pool: thread_pool(threads)?,
        })
    }

    /// Scores the relevance of each of `texts` to `query`: higher is better, without bounds (the
    /// logit of the model's label). If query and text together are too long, the longer one is
    /// truncated.
    ///
    /// # Errors
    /// [`Error::Compute`] if the model refuses a text or gives a score that is not finite.
    pub fn score(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>, Error> {
        let pairs: Vec<Pair> =
            texts.iter().map(|text| self.pair(query, text)).collect::<Result<_, _>>()?;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| pairs[index].ids.len());
        let sorted: Vec<&Pair> = order.iter().map(|&index| &pairs[index]).collect();
        let batches = of_one_length(&sorted, BATCH_MAX);
        let lanes = (&self.lanes, self.threads);
        let computed = in_batches(lanes, &batches, |batch, _: &mut ()| {
            let scores = self.pool.install(|| self.network.forward(batch));
            scores.map_err(Error::compute)
        })?;
        if computed.iter().any(|score| !score.is_finite()) {
            return Err(Error::compute("the weights produce a score that is not finite"));
        }
        let mut scores = vec![0.0; texts.len()];
        for (index, score) in order.into_iter().zip(computed) {
            scores[index] = score;
        }
        Ok(scores)
    }

    fn pair(&self, query: &str, text: &str) -> Result<Pair, Error> {
        let [query, text] =
            [query, text].map(|text| &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]);
        let encoding = self.tokenizer.encode((query, text), true).map_err(Error::compute)?;
        Ok(Pair { ids: encoding.get_ids().to_vec(), types: encoding.get_type_ids().to_vec() })
    }
}

/// Reads the tokenizer in `path`, which cuts a pair at `length_max` tokens, for a table of `rows`.
fn tokenizer(path: &Path, length_max: usize, rows: usize) -> Result<Tokenizer, Error> {
    let malformed = |reason: String| Error::Malformed { path: path.to_owned(), reason };
    let bytes = file::read(path, HOLDS)?;
    let mut tokenizer =
        Tokenizer::from_bytes(bytes).map_err(|error| malformed(error.to_string()))?;
    tokenizer.with_padding(None);
    let truncation = TruncationParams {
        max_length: length_max,
        strategy: TruncationStrategy::LongestFirst,
        ..TruncationParams::default()
    };
    tokenizer.with_truncation(Some(truncation)).map_err(|error| malformed(error.to_string()))?;
    tokenizer.set_encode_special_tokens(true);
    let ids_end = tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
    if rows < ids_end {
        return Err(malformed(format!("it has {ids_end} tokens, but the model has {rows}")));
    }
    Ok(tokenizer)
}

impl Network {
    fn load(settings: Settings, weights: Weights) -> Result<Network, Error> {
        const WORDS: (&str, &str) = ("embeddings.word_embeddings.weight", "");
        let hidden = settings.hidden;
        match settings.make {
            Make::Bert(config) => weights.load(WORDS, &[CLASSIFIER, "pooler."], |builder| {
                Ok(Network::Bert {
                    encoder: Box::new(BertModel::load(builder.clone(), &config)?),
                    pooler: linear(hidden, hidden, builder.pp("pooler.dense"))?,
                    classifier: linear(hidden, 1, builder.pp("classifier"))?,
                })
            }),
            Make::Roberta(config) => {
                let names = (WORDS.0, "roberta.");
                weights.load(names, &[CLASSIFIER], |builder: VarBuilder<'static>| {
                    let network = XLMRobertaForSequenceClassification::new(1, &config, builder)?;
                    Ok(Network::Roberta(Box::new(network)))
                })
            }
            Make::Deberta(config) => weights.load(WORDS, &[CLASSIFIER, "pooler."], |builder| {
                let network = DebertaV2SeqClassificationModel::load(builder, &config, None)?;
                Ok(Network::Deberta(Box::new(network)))
            }),
            Make::Modern(_) | Make::Nomic(_) | Make::Jina(_) | Make::T5(_) => {
                unreachable!("no cross-encoder is read as one of these")
            }
        }
    }

    /// Returns the scores of pairs of one length.
    fn forward(&self, pairs: &[&Pair]) -> candle_core::Result<Vec<f32>> {
        let ids: Vec<&[u32]> = pairs.iter().map(|pair| &*pair.ids).collect();
        let types: Vec<&[u32]> = pairs.iter().map(|pair| &*pair.types).collect();
        let (ids, types) = (matrix(&ids)?, matrix(&types)?);
        let scores = match self {
            Network::Bert { encoder, pooler, classifier } => {
                let rows = encoder.forward(&ids, &types, None)?;
                let first = rows.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
                classifier.forward(&pooler.forward(&first)?.tanh()?)?
            }
            // RoBERTa has one token type, even if the tokenizer gives several.
            Network::Roberta(network) => {
                network.forward(&ids, &ids.ones_like()?, &ids.zeros_like()?)?
            }
            Network::Deberta(network) => network.forward(&ids, Some(types), None)?,
        };
        scores.squeeze(1)?.to_vec1()
    }
}
