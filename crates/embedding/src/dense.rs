//! The layers after the pooling: the module `Dense` of sentence-transformers.

use std::path::Path;

use candle_core::{DType, Tensor};
use serde::Deserialize;

use crate::{
    Error,
    directory::{CONFIG, HOLDS, INSTEAD, WEIGHTS, parse_json},
    file, tensors,
};

/// A layer, ready to use.
pub(crate) struct Dense {
    /// One row per output.
    weight: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
    inputs: usize,
    /// Hash of everything that affects an output.
    pub(crate) hash: blake3::Hash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activation {
    Identity,
    Tanh,
}

/// The `config.json` of the layer.
#[derive(Deserialize)]
struct Config {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default = "tanh")]
    activation_function: String,
}

fn yes() -> bool {
    true
}

fn tanh() -> String {
    "torch.nn.modules.activation.Tanh".into()
}

impl Dense {
    /// Reads the layer in `dir`.
    pub(crate) fn read(dir: &Path) -> Result<Dense, Error> {
        let path = dir.join(CONFIG);
        let config_bytes = file::read(&path, HOLDS)?;
        let config: Config = parse_json(&path, &config_bytes)?;
        let activation = match config.activation_function.rsplit('.').next() {
            Some("Identity") => Activation::Identity,
            Some("Tanh") => Activation::Tanh,
            _ => {
                let feature = format!("activation `{}`", config.activation_function);
                return Err(Error::Unsupported { path, feature, instead: INSTEAD });
            }
        };
        let path = dir.join(WEIGHTS);
        let weights = file::read(&path, HOLDS)?;
        let tensors = tensors::read(&path, &weights, INSTEAD)?;
        let numbers = |name: &str, shape: &[usize]| {
            let malformed = |reason| Error::Malformed { path: path.clone(), reason };
            let tensor =
                tensors.get(name).ok_or_else(|| malformed(format!("missing tensor `{name}`")))?;
            if tensor.dims() != shape || !tensor.dtype().is_float() {
                let found = tensor.dims();
                let reason = format!("`{name}` has shape {found:?}, expected {shape:?} of floats");
                return Err(malformed(reason));
            }
            let flat = tensor.to_dtype(DType::F32).and_then(|tensor| tensor.flatten_all());
            flat.and_then(|flat: Tensor| flat.to_vec1()).map_err(Error::compute)
        };
        let Config { in_features: inputs, out_features: outputs, bias, .. } = config;
        let mut hasher = blake3::Hasher::new();
        for part in [&config_bytes, &weights] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Ok(Dense {
            weight: numbers("linear.weight", &[outputs, inputs])?,
            bias: if bias { numbers("linear.bias", &[outputs])? } else { vec![0.0; outputs] },
            activation,
            inputs,
            hash: hasher.finalize(),
        })
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub(crate) fn forward(&self, vector: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(self.inputs.max(1));
        rows.zip(&self.bias)
            .map(|(row, bias)| {
                let sum = row.iter().zip(vector).map(|(weight, x)| weight * x).sum::<f32>() + bias;
                match self.activation {
                    Activation::Identity => sum,
                    Activation::Tanh => sum.tanh(),
                }
            })
            .collect()
    }
}
