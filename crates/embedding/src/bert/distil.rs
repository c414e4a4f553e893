//! DistilBERT (Sanh et al., 2019): the network of BERT without token types, with other names for
//! its parts.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use serde_json::Value;

pub(super) const MODEL_TYPE: &str = "distilbert";

/// Names in its `config.json`, with those of BERT.
const SETTINGS: &[(&str, &str)] = &[
    ("dim", "hidden_size"),
    ("n_layers", "num_hidden_layers"),
    ("n_heads", "num_attention_heads"),
    ("hidden_dim", "intermediate_size"),
    ("activation", "hidden_act"),
];

/// Names of the parts of a layer, with those of BERT.
const PARTS: &[(&str, &str)] = &[
    ("attention.q_lin", "attention.self.query"),
    ("attention.k_lin", "attention.self.key"),
    ("attention.v_lin", "attention.self.value"),
    ("attention.out_lin", "attention.output.dense"),
    ("sa_layer_norm", "attention.output.LayerNorm"),
    ("ffn.lin1", "intermediate.dense"),
    ("ffn.lin2", "output.dense"),
    ("output_layer_norm", "output.LayerNorm"),
];

const WORDS: &str = "embeddings.word_embeddings.weight";
const TYPES: &str = "embeddings.token_type_embeddings.weight";

/// Renames the settings of a DistilBERT to those of a BERT.
pub(super) fn rename_settings(config: &mut Value) {
    let Some(settings) = config.as_object_mut() else { return };
    for (from, to) in SETTINGS {
        if let Some(setting) = settings.remove(*from) {
            settings.insert((*to).to_owned(), setting);
        }
    }
}

/// Renames the weights of a DistilBERT to those of a BERT, and adds zeros for the token types.
/// Weights of a BERT are unchanged.
pub(super) fn rename_weights(
    tensors: HashMap<String, Tensor>,
) -> candle_core::Result<HashMap<String, Tensor>> {
    if !tensors.keys().any(|name| name.contains("transformer.layer.0.attention.q_lin.")) {
        return Ok(tensors);
    }
    let mut renamed = HashMap::with_capacity(tensors.len() + 1);
    for (name, tensor) in tensors {
        if let Some(prefix) = name.strip_suffix(WORDS) {
            let zeros = Tensor::zeros((1, tensor.dim(1)?), DType::F32, &Device::Cpu)?;
            renamed.insert(format!("{prefix}{TYPES}"), zeros);
        }
        renamed.insert(bert_name(&name), tensor);
    }
    Ok(renamed)
}

fn bert_name(name: &str) -> String {
    let renamed = || {
        let (prefix, rest) = name.split_once("transformer.layer.")?;
        let (layer, part) = rest.split_once('.')?;
        let (part, kind) = part.rsplit_once('.')?;
        let (_, part) = PARTS.iter().find(|(from, _)| *from == part)?;
        Some(format!("{prefix}encoder.layer.{layer}.{part}.{kind}"))
    };
    renamed().unwrap_or_else(|| name.to_owned())
}
