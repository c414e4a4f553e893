//! The network of a model: tokens to the scores of the next one.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use candle_core::{
    DType, Device, Tensor,
    quantized::gguf_file::{Content, Value},
};
use candle_nn::VarBuilder;
use candle_transformers::models::{
    llama::{Cache, Config, Llama, LlamaConfig},
    quantized_llama, quantized_qwen2, quantized_qwen3,
};

use super::error::{INSTEAD, LocalError};
use super::files::{self, CONFIG, WEIGHTS};
use super::options::CONTEXT_TOKENS_MAX;

/// Architectures of GGUF files.
const ARCHITECTURES: [&str; 3] = ["llama", "qwen2", "qwen3"];

/// A network with the keys and values of the tokens so far.
pub(super) struct Network {
    kind: Kind,
    /// Rows of the table of tokens.
    pub(super) vocabulary: usize,
    /// Positions that the model was trained for, at most [`CONTEXT_TOKENS_MAX`].
    pub(super) positions: usize,
}

enum Kind {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    /// `is_single` is true after a step of one token: candle keeps such steps in a cache that
    /// longer ones do not read, so that only single ones may follow.
    Qwen3 {
        model: Box<quantized_qwen3::ModelWeights>,
        is_single: bool,
    },
    Dense {
        model: Box<Llama>,
        config: Box<Config>,
        cache: Box<Cache>,
    },
}

/// A GGUF file, whose header is read.
pub(super) struct Gguf {
    path: PathBuf,
    reader: BufReader<File>,
    pub(super) content: Content,
}

impl Gguf {
    pub(super) fn open(path: &Path) -> Result<Gguf, LocalError> {
        let file = File::open(path);
        let file = file.map_err(|source| LocalError::Read { path: path.to_owned(), source })?;
        let mut reader = BufReader::new(file);
        let content = Content::read(&mut reader).map_err(|error| malformed(path, &error))?;
        Ok(Gguf { path: path.to_owned(), reader, content })
    }

    /// Reads the weights.
    pub(super) fn network(mut self) -> Result<Network, LocalError> {
        let path = self.path.clone();
        let architecture = match self.content.metadata.get("general.architecture") {
            Some(Value::String(name)) => name.clone(),
            _ => return Err(malformed(&path, &"it names no architecture")),
        };
        if !ARCHITECTURES.contains(&architecture.as_str()) {
            let feature = format!("the architecture `{architecture}`");
            return Err(LocalError::Unsupported { path, feature, instead: INSTEAD });
        }
        let positions = self.check(&architecture)?.min(CONTEXT_TOKENS_MAX);
        let table = self.content.tensor_infos.get("token_embd.weight");
        let vocabulary = table.and_then(|it| it.shape.dims().first().copied()).unwrap_or(0);
        // candle allocates for each position, and computes angles in 16 bits if no type is named.
        let metadata = &mut self.content.metadata;
        let stated = format!("{architecture}.context_length");
        metadata.insert(stated, Value::U32(u32::try_from(positions).unwrap_or(u32::MAX)));
        metadata.insert("general.dtype".to_owned(), Value::U32(0));
        let (content, reader, device) = (self.content, &mut self.reader, &Device::Cpu);
        let kind =
            match architecture.as_str() {
                "llama" => quantized_llama::ModelWeights::from_gguf(content, reader, device)
                    .map(Kind::Llama),
                "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, reader, device)
                    .map(Kind::Qwen2),
                _ => quantized_qwen3::ModelWeights::from_gguf(content, reader, device)
                    .map(|model| Kind::Qwen3 { model: Box::new(model), is_single: false }),
            };
        let kind = kind.map_err(|error| malformed(&path, &error))?;
        Ok(Network { kind, vocabulary, positions })
    }

    /// Checks the numbers that candle divides by, and returns the positions of the model.
    fn check(&self, architecture: &str) -> Result<usize, LocalError> {
        let number = |name: &str| {
            let value = self.content.metadata.get(&format!("{architecture}.{name}"));
            let value = value.and_then(|it| it.to_u32().ok()).filter(|it| 0 < *it);
            let missing = || malformed(&self.path, &format!("it has no number `{name}` above 0"));
            value.map(|it| it as usize).ok_or_else(missing)
        };
        let (heads, width) = (number("attention.head_count")?, number("embedding_length")?);
        let shared = number("attention.head_count_kv")?;
        number("block_count")?;
        if !heads.is_multiple_of(shared) || !width.is_multiple_of(heads) {
            let reason = format!("{heads} heads with {shared} keys do not divide {width}");
            return Err(malformed(&self.path, &reason));
        }
        number("context_length")
    }
}

impl Network {
    /// Reads a Llama in safetensors.
    pub(super) fn read(dir: &Path) -> Result<Network, LocalError> {
        let path = dir.join(CONFIG);
        let config: serde_json::Value = serde_json::from_slice(&files::read(&path)?)
            .map_err(|error| malformed(&path, &error))?;
        if config["model_type"] != "llama" {
            let feature = format!("the model type {}", config["model_type"]);
            return Err(LocalError::Unsupported { path, feature, instead: INSTEAD });
        }
        let config: LlamaConfig =
            serde_json::from_value(config).map_err(|error| malformed(&path, &error))?;
        let mut config = config.into_config(false);
        let (heads, shared) = (config.num_attention_heads, config.num_key_value_heads);
        if heads == 0
            || shared == 0
            || heads % shared != 0
            || !config.hidden_size.is_multiple_of(heads)
        {
            return Err(malformed(&path, &"its heads do not divide its width"));
        }
        config.max_position_embeddings = config.max_position_embeddings.min(CONTEXT_TOKENS_MAX);
        let (vocabulary, positions) = (config.vocab_size, config.max_position_embeddings);
        let path = dir.join(WEIGHTS);
        let failed = |error: candle_core::Error| malformed(&path, &error);
        let bytes = files::read(&path)?;
        let builder = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu);
        let model = Llama::load(builder.map_err(failed)?, &config).map_err(failed)?;
        let cache = Cache::new(true, DType::F32, &config, &Device::Cpu).map_err(failed)?;
        let kind = Kind::Dense {
            model: Box::new(model),
            config: Box::new(config),
            cache: Box::new(cache),
        };
        Ok(Network { kind, vocabulary, positions })
    }

    /// Forgets all tokens.
    pub(super) fn clear(&mut self) -> candle_core::Result<()> {
        match &mut self.kind {
            Kind::Llama(model) => model.clear_kv_cache(),
            Kind::Qwen2(model) => model.clear_kv_cache(),
            Kind::Qwen3 { model, is_single } => {
                model.clear_kv_cache();
                *is_single = false;
            }
            Kind::Dense { config, cache, .. } => {
                **cache = Cache::new(true, DType::F32, config, &Device::Cpu)?;
            }
        }
        Ok(())
    }

    /// Reads tokens at a position, and returns the scores of the next one.
    pub(super) fn forward(
        &mut self,
        tokens: &[u32],
        position: usize,
    ) -> candle_core::Result<Vec<f32>> {
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let scores = match &mut self.kind {
            Kind::Llama(model) => model.forward(&input, position)?,
            Kind::Qwen2(model) => model.forward(&input, position)?,
            Kind::Qwen3 { model, is_single } => {
                *is_single |= tokens.len() == 1;
                if *is_single {
                    singly(model, &input, position)?
                } else {
                    model.forward(&input, position)?
                }
            }
            Kind::Dense { model, cache, .. } => model.forward(&input, position, cache)?,
        };
        scores.squeeze(0)?.to_dtype(DType::F32)?.to_vec1()
    }
}

/// Reads tokens one by one.
fn singly(
    model: &mut quantized_qwen3::ModelWeights,
    input: &Tensor,
    position: usize,
) -> candle_core::Result<Tensor> {
    let length = input.dim(1)?;
    let mut scores = model.forward(&input.narrow(1, 0, 1)?, position)?;
    for at in 1..length {
        scores = model.forward(&input.narrow(1, at, 1)?, position + at)?;
    }
    Ok(scores)
}

fn malformed(path: &Path, reason: &dyn ToString) -> LocalError {
    LocalError::Malformed { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
