//! The tensors of a `model.safetensors`, with quantised weights converted to floats.
//!
//! 8-bit weights are read in the layout of compressed-tensors, which llm-compressor and vLLM write
//! (formats `int-quantized`, `naive-quantized` and `float-quantized`). `X.weight`, of type `I8` or
//! `F8_E4M3`, is accompanied by `X.weight_scale`, a float for the whole matrix or one per row; the
//! weights are the products of both. The quantisation of a layer's inputs (`input_scale`) is not
//! applied: products are computed in floats.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor, safetensors::Load};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::Error;

const WEIGHT: &str = ".weight";
const SCALE: &str = "_scale";

/// Name suffixes of the additional tensors of other quantisation schemes.
const FOREIGN: &[&str] = &[
    ".weight_packed",
    ".weight_zero_point",
    ".weight_g_idx",
    ".weight_format",
    ".weight_scale_inv",
    ".SCB",
    ".qweight",
    ".qzeros",
];

/// Reads the tensors in `bytes`, the content of `path`, by name, without their scales. `instead`
/// names alternatives to a refused file.
pub(crate) fn read(
    path: &Path,
    bytes: &[u8],
    instead: &'static str,
) -> Result<HashMap<String, Tensor>, Error> {
    let malformed = |reason| Error::Malformed { path: path.to_owned(), reason };
    let unsupported = |feature| {
        let path = path.to_owned();
        Error::Unsupported { path, feature, instead }
    };
    let file = SafeTensors::deserialize(bytes).map_err(|error| malformed(error.to_string()))?;
    let views: HashMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let mut foreign: Vec<&String> =
        views.keys().filter(|name| FOREIGN.iter().any(|end| name.ends_with(end))).collect();
    foreign.sort_unstable();
    if let Some(name) = foreign.first() {
        return Err(unsupported(format!("packed weights (`{name}`)")));
    }
    let is_scale = |name: &str| {
        name.strip_suffix(SCALE).is_some_and(|of| of.ends_with(WEIGHT) && views.contains_key(of))
    };
    let mut tensors = HashMap::with_capacity(views.len());
    for (name, view) in &views {
        if is_scale(name) {
            continue;
        }
        let tensor = numbers(view).map_err(|error| malformed(format!("`{name}`: {error}")))?;
        let tensor = match views.get(&*format!("{name}{SCALE}")) {
            Some(scale) if name.ends_with(WEIGHT) => scaled(&tensor, scale).ok_or_else(|| {
                let (shape, of) = (scale.shape(), view.shape());
                unsupported(format!("a scale of shape {shape:?} for `{name}` of shape {of:?}"))
            })?,
            _ if view.dtype() == Dtype::I8 => {
                return Err(unsupported(format!("8-bit weights `{name}` without a scale")));
            }
            _ => tensor,
        };
        tensors.insert((*name).to_owned(), tensor);
    }
    Ok(tensors)
}

fn numbers(view: &TensorView<'_>) -> candle_core::Result<Tensor> {
    if view.dtype() != Dtype::I8 {
        return view.load(&Device::Cpu);
    }
    let values: Vec<f32> = view.data().iter().map(|&byte| f32::from(byte.cast_signed())).collect();
    Tensor::from_vec(values, view.shape(), &Device::Cpu)
}

/// Multiplies `weight` by its scale. Returns `None` unless the scale is one number for the whole
/// matrix or one per row.
fn scaled(weight: &Tensor, scale: &TensorView<'_>) -> Option<Tensor> {
    let (rows, _) = weight.dims2().ok()?;
    let shape = match *scale.shape() {
        [] | [1] | [1, 1] => (1, 1),
        [found] | [found, 1] if found == rows => (rows, 1),
        _ => return None,
    };
    let scale = scale.load(&Device::Cpu).ok().filter(|scale| scale.dtype().is_float())?;
    let scale = scale.to_dtype(DType::F32).and_then(|scale| scale.reshape(shape)).ok()?;
    weight.to_dtype(DType::F32).and_then(|weight| weight.broadcast_mul(&scale)).ok()
}
