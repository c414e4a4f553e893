//! The tensors of a model's file, checked and converted for the network.

use std::{collections::HashMap, path::PathBuf};

use candle_core::{DType, Tensor};

use super::{distil, network::Linear};
use crate::{Error, directory::INSTEAD, tensors};

/// The tensors of `model.safetensors`.
pub(super) struct Weights {
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
    /// Prefix of the names, such as `bert.`; often empty.
    prefix: String,
}

impl Weights {
    pub(super) fn read(path: PathBuf, bytes: &[u8]) -> Result<Weights, Error> {
        let tensors = distil::rename_weights(tensors::read(&path, bytes, INSTEAD)?);
        let tensors = tensors.map_err(Error::compute)?;
        let words = "embeddings.word_embeddings.weight";
        let mut prefixes: Vec<&str> =
            tensors.keys().filter_map(|name| name.strip_suffix(words)).collect();
        prefixes.sort_unstable();
        let prefix = match *prefixes {
            [] => String::new(),
            [prefix] => prefix.to_owned(),
            _ => {
                let feature = format!("more than one encoder, `{}`", prefixes.join("`, `"));
                return Err(Error::Unsupported { path, feature, instead: INSTEAD });
            }
        };
        Ok(Weights { prefix, path, tensors })
    }

    pub(super) fn linear(&self, at: &str, outputs: usize, inputs: usize) -> Result<Linear, Error> {
        let weight = self.tensor(&format!("{at}.weight"), &[outputs, inputs])?;
        linear(&weight, &self.tensor(&format!("{at}.bias"), &[outputs])?)
    }

    /// Returns a table of at least `rows_min` rows.
    pub(super) fn rows(
        &self,
        name: &str,
        rows_min: usize,
        columns: usize,
    ) -> Result<Tensor, Error> {
        let tensor = self.find(name)?;
        match *tensor.dims() {
            [rows, found] if rows_min <= rows && found == columns => self.float(name, tensor),
            ref found => Err(self.malformed(format!(
                "`{name}` has shape {found:?}, expected [{rows_min} or more, {columns}]"
            ))),
        }
    }

    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let tensor = self.find(name)?;
        if tensor.dims() != shape {
            let found = tensor.dims();
            return Err(self.malformed(format!("`{name}` has shape {found:?}, expected {shape:?}")));
        }
        self.float(name, tensor)
    }

    fn find(&self, name: &str) -> Result<&Tensor, Error> {
        let full_name = format!("{}{name}", self.prefix);
        self.tensors
            .get(&full_name)
            .ok_or_else(|| self.malformed(format!("missing tensor `{full_name}`")))
    }

    fn float(&self, name: &str, tensor: &Tensor) -> Result<Tensor, Error> {
        if !tensor.dtype().is_float() {
            let found = tensor.dtype();
            return Err(self.malformed(format!("`{name}` has type {found:?}, expected floats")));
        }
        tensor.to_dtype(DType::F32).map_err(Error::compute)
    }

    fn malformed(&self, reason: String) -> Error {
        Error::Malformed { path: self.path.clone(), reason }
    }
}

/// Converts the weights of a layer, which the file stores with a row per output.
pub(super) fn linear(weight: &Tensor, bias: &Tensor) -> Result<Linear, Error> {
    Ok(Linear { weight: transposed(weight)?, bias: numbers(bias)? })
}

pub(super) fn transposed(matrix: &Tensor) -> Result<Vec<f32>, Error> {
    numbers(&matrix.t().map_err(Error::compute)?)
}

pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).map_err(Error::compute)
}
