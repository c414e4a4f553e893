//! The BERT of candle-transformers in `f32`: a rival, and a check of our own implementation.

use std::{path::Path, time::Instant};

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rayon::ThreadPoolBuilder;
use serde_json::{Map, Value, json};
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

use super::{Answer, Rival};

/// Maximum number of tokens of a text, as sentence-transformers truncates for MiniLM.
const TOKENS_MAX: usize = 256;

/// The model, with its tokenizer.
pub(super) struct Candle {
    model: BertModel,
    tokenizer: Tokenizer,
}

impl Candle {
    /// Opens the model in `dir`.
    ///
    /// # Panics
    /// If the directory cannot be read.
    pub(super) fn open(dir: &Path) -> Candle {
        let read = |name: &str| std::fs::read(dir.join(name)).expect("the file can be read");
        let mut tokenizer =
            Tokenizer::from_bytes(read("tokenizer.json")).expect("it is a tokenizer");
        let config = config(&read("config.json"), &tokenizer);
        let weights = read("model.safetensors");
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu);
        let model = BertModel::load(weights.expect("they are weights"), &config);
        let max_length = TOKENS_MAX.min(config.max_position_embeddings);
        let cut = TruncationParams { max_length, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(cut)).expect("the limit is valid");
        tokenizer.with_padding(Some(PaddingParams::default()));
        Candle { model: model.expect("the weights fit"), tokenizer }
    }

    /// Returns the vectors of a batch: padded to its longest text, pooled as the mean of the
    /// unpadded tokens.
    fn forward(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let encodings = self.tokenizer.encode_batch_fast(texts.to_vec(), true);
        let encodings = encodings.expect("they are texts");
        let columns = encodings[0].get_ids().len();
        let matrix = |of: fn(&tokenizers::Encoding) -> &[u32]| {
            let numbers: Vec<u32> = encodings.iter().flat_map(|it| of(it).to_vec()).collect();
            Tensor::from_vec(numbers, (texts.len(), columns), &Device::Cpu)
        };
        let ids = matrix(|encoding| encoding.get_ids())?;
        let mask = matrix(|encoding| encoding.get_attention_mask())?;
        let rows = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sums = rows.broadcast_mul(&mask)?.sum(1)?;
        let lengths = sums.sqr()?.sum_keepdim(1)?.sqrt()?;
        sums.broadcast_div(&lengths)?.to_vec2()
    }
}

/// Reads `config.json`, which may omit fields that do not affect vectors.
fn config(json: &[u8], tokenizer: &Tokenizer) -> Config {
    let mut config: Map<String, Value> = serde_json::from_slice(json).expect("it is an object");
    let defaults = json!({
        "vocab_size": tokenizer.get_vocab_size(true),
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.0,
        "initializer_range": 0.02,
    });
    for (name, value) in defaults.as_object().expect("it is an object") {
        config.entry(name).or_insert_with(|| value.clone());
    }
    serde_json::from_value(Value::Object(config)).expect("it is a BERT's configuration")
}

impl Rival for Candle {
    fn name(&self) -> &str {
        "candle-transformers 0.11 fp32"
    }

    fn embed(&mut self, threads: usize, batch: usize, texts: &[&str]) -> Answer {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        let began = Instant::now();
        // Texts of similar length need the least padding.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|at| texts[*at].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        for places in order.chunks(batch) {
            let batch: Vec<&str> = places.iter().map(|at| texts[*at]).collect();
            let found = pool.install(|| self.forward(&batch)).expect("the model computes");
            for (place, vector) in places.iter().zip(found) {
                vectors[*place] = vector;
            }
        }
        Answer { seconds: began.elapsed().as_secs_f64(), vectors }
    }
}
