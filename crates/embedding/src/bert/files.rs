//! Reads and checks `config.json` and the weights, and converts them to the network's layout.

use std::path::Path;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Activation, BertOptions, Norm, Tokens, distil,
    network::{Block, Layer, Network},
    weights::{Weights, linear, numbers, transposed},
};
use crate::{
    Error, Fingerprint,
    directory::{CONFIG, Directory, INSTEAD, malformed, read_json},
};

/// The files of a model, parsed.
pub(super) struct ModelFiles {
    pub(super) directory: Directory,
    pub(super) config: Config,
    /// Maximum number of tokens that the model is meant for, special ones included.
    pub(super) length_max: usize,
}

/// The part of `config.json` that affects vectors.
#[derive(Serialize, Deserialize)]
pub(super) struct Config {
    model_type: String,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    max_position_embeddings: usize,
    pub(super) hidden_act: Activation,
    #[serde(default = "layer_norm_epsilon")]
    pub(super) layer_norm_eps: f64,
    pad_token_id: Option<u32>,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn layer_norm_epsilon() -> f64 {
    1e-12
}

fn absolute() -> String {
    "absolute".into()
}

impl ModelFiles {
    pub(super) fn read(dir: &Path, options: &BertOptions) -> Result<ModelFiles, Error> {
        let config = read_config(&dir.join(CONFIG))?;
        let directory = Directory::read(dir, options)?;
        let positions = config.max_position_embeddings.saturating_sub(config.position_offset());
        Ok(ModelFiles { length_max: directory.length_max(positions), directory, config })
    }

    /// Computes the fingerprint of everything that affects vectors. The model's name in
    /// `config.json` does not: it is the path at which the model was trained.
    pub(super) fn fingerprint(&self) -> Result<Fingerprint, Error> {
        let config = serde_json::to_vec(&self.config).expect("a configuration is plain data");
        let (model_type, dimension) = (&self.config.model_type, self.dimension()?);
        Ok(self.directory.fingerprint(model_type, &config, self.length_max, dimension))
    }

    /// Returns the length of a vector.
    pub(super) fn dimension(&self) -> Result<usize, Error> {
        self.directory.dimension(self.config.hidden_size)
    }

    pub(super) fn tokens(&self) -> Result<Tokens, Error> {
        self.directory.tokens(self.length_max)
    }

    /// Builds the network for a tokenizer whose ids are all below `ids_end`.
    pub(super) fn network(&self, ids_end: usize) -> Result<Network, Error> {
        let hidden = self.config.hidden_size;
        let weights = self.weights()?;
        let offset = self.config.position_offset();
        let words = weights.rows("embeddings.word_embeddings.weight", ids_end, hidden)?;
        let types = weights.rows("embeddings.token_type_embeddings.weight", 1, hidden)?;
        let positions = weights.rows(
            "embeddings.position_embeddings.weight",
            offset + self.length_max,
            hidden,
        )?;
        let positions = positions
            .narrow(0, offset, self.length_max)
            .and_then(|positions| positions.broadcast_add(&types.get(0)?))
            .map_err(Error::compute)?;
        Ok(Network {
            hidden,
            words: numbers(&words)?,
            positions: numbers(&positions)?,
            norm: self.norm(&weights, "embeddings.LayerNorm")?,
            layers: (0..self.config.num_hidden_layers)
                .map(|index| self.layer(&weights, &format!("encoder.layer.{index}")))
                .collect::<Result<_, _>>()?,
            pooling: self.directory.pooling,
        })
    }

    pub(super) fn weights(&self) -> Result<Weights, Error> {
        Weights::read(self.directory.weights_path(), &self.directory.weights)
    }

    fn layer(&self, weights: &Weights, at: &str) -> Result<Layer, Error> {
        let Config { hidden_size: hidden, num_attention_heads: heads, .. } = self.config;
        let square = |name: &str| weights.linear(&format!("{at}.attention.{name}"), hidden, hidden);
        let mut query = square("self.query")?;
        let head_root = ((hidden / heads) as f32).sqrt();
        query.weight.iter_mut().chain(&mut query.bias).for_each(|x| *x /= head_root);
        Ok(Layer {
            heads,
            query,
            key: square("self.key")?,
            value: square("self.value")?,
            attended: square("output.dense")?,
            attended_norm: self.norm(weights, &format!("{at}.attention.output.LayerNorm"))?,
            blocks: self.blocks(weights, at)?,
            activation: self.config.hidden_act,
            narrow_bias: numbers(&weights.tensor(&format!("{at}.output.dense.bias"), &[hidden])?)?,
            narrow_norm: self.norm(weights, &format!("{at}.output.LayerNorm"))?,
        })
    }

    /// Reads the feed-forward layers (wide, then narrow) in blocks of `hidden_size` wide outputs.
    fn blocks(&self, weights: &Weights, at: &str) -> Result<Vec<Block>, Error> {
        let Config { hidden_size: hidden, intermediate_size: wide, .. } = self.config;
        let wide_at = format!("{at}.intermediate.dense");
        let weight = weights.tensor(&format!("{wide_at}.weight"), &[wide, hidden])?;
        let bias = weights.tensor(&format!("{wide_at}.bias"), &[wide])?;
        let narrow = weights.tensor(&format!("{at}.output.dense.weight"), &[hidden, wide])?;
        let block = |start| {
            let width = hidden.min(wide - start);
            let part =
                |tensor: &Tensor, dim| tensor.narrow(dim, start, width).map_err(Error::compute);
            Ok(Block {
                wide: linear(&part(&weight, 0)?, &part(&bias, 0)?)?,
                narrow: transposed(&part(&narrow, 1)?)?,
            })
        };
        (0..wide).step_by(hidden).map(block).collect()
    }

    fn norm(&self, weights: &Weights, at: &str) -> Result<Norm, Error> {
        let shape = [self.config.hidden_size];
        Ok(Norm {
            weight: numbers(&weights.tensor(&format!("{at}.weight"), &shape)?)?,
            bias: numbers(&weights.tensor(&format!("{at}.bias"), &shape)?)?,
            epsilon: self.config.layer_norm_eps as f32,
        })
    }
}

impl Config {
    /// Returns the row of the first position of a text. RoBERTa counts positions from the id of the
    /// padding token (by default 1) plus one.
    pub(super) fn position_offset(&self) -> usize {
        match &*self.model_type {
            "bert" | distil::MODEL_TYPE => 0,
            _ => self.pad_token_id.unwrap_or(1) as usize + 1,
        }
    }
}

fn read_config(path: &Path) -> Result<Config, Error> {
    let mut value: Value = read_json(path)?;
    if value["model_type"] == distil::MODEL_TYPE {
        distil::rename_settings(&mut value);
    }
    // The kind of model is checked first: other families have other names for their sizes, and are
    // not malformed.
    if let Some(feature) = foreign_feature(&value) {
        return Err(Error::Unsupported { path: path.to_owned(), feature, instead: INSTEAD });
    }
    let config: Config = serde_json::from_value(value).map_err(malformed(path))?;
    let heads = config.num_attention_heads;
    if config.hidden_size == 0 || heads == 0 || !config.hidden_size.is_multiple_of(heads) {
        let reason =
            format!("hidden size {} is not a multiple of {heads} heads", config.hidden_size);
        return Err(Error::Malformed { path: path.to_owned(), reason });
    }
    Ok(config)
}

/// Returns a feature that `config` requires and the network does not have.
fn foreign_feature(config: &Value) -> Option<String> {
    let asked = |name: &str| config[name].as_str();
    if let Some(family) = asked("model_type")
        && !matches!(family, "bert" | distil::MODEL_TYPE | "roberta" | "xlm-roberta")
    {
        return Some(format!("model type `{family}`"));
    }
    if let Some(positions) = asked("position_embedding_type")
        && positions != "absolute"
    {
        return Some(format!("`{positions}` positions"));
    }
    let activation = asked("hidden_act")?;
    let is_known = Activation::deserialize(&config["hidden_act"]).is_ok();
    (!is_known).then(|| format!("activation `{activation}`"))
}
