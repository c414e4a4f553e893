//! The tensors of a model for candle's builders, with a check that all of them are used.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::{Init, VarBuilder, var_builder::SimpleBackend};

use crate::{Error, tensors};

/// Parts besides the encoder that do not affect vectors, such as heads of other tasks.
const HEADS: &[&str] = &[
    "classifier.",
    "cls.",
    "decoder.",
    "head.",
    "lm_head.",
    "lm_predictions.",
    "mask_predictions.",
    "pooler.",
];

/// Tensors that no computation uses: position numbers, and a copy of the word embeddings.
const IDLE: &[&str] = &["embeddings.position_ids", "encoder.embed_tokens.weight"];

/// The tensors of `model.safetensors`.
pub(super) struct Weights {
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
    /// Models to suggest for a refused one.
    instead: &'static str,
}

/// The tensors below one prefix, by the names that the network requests.
struct Source {
    tensors: HashMap<String, Tensor>,
    /// The prefix that the network adds to names and the file does not have.
    own_prefix: &'static str,
    /// The names that the network requested.
    asked: Arc<Mutex<HashSet<String>>>,
}

impl Weights {
    pub(super) fn read(
        path: PathBuf,
        bytes: &[u8],
        instead: &'static str,
    ) -> Result<Weights, Error> {
        Ok(Weights { tensors: tensors::read(&path, bytes, instead)?, path, instead })
    }

    /// Builds a network by `load` from the tensors below the prefix of `anchor` in the file. The
    /// network's own names begin with `own_prefix`.
    ///
    /// A tensor of the encoder that the network does not request is an error, because the weights
    /// were trained in a different network. Tensors named by `heads` must be requested too, with or
    /// without the prefix.
    pub(super) fn load<N>(
        self,
        (anchor, own_prefix): (&str, &'static str),
        heads: &[&str],
        load: impl FnOnce(VarBuilder<'static>) -> candle_core::Result<N>,
    ) -> Result<N, Error> {
        let mut prefixes: Vec<&str> =
            self.tensors.keys().filter_map(|name| name.strip_suffix(anchor)).collect();
        prefixes.sort_unstable();
        let malformed = |reason| Error::Malformed { path: self.path.clone(), reason };
        let prefix = match *prefixes {
            [] => return Err(malformed(format!("it has no `{anchor}`"))),
            [prefix] => prefix,
            _ => {
                let feature = format!("more than one encoder, `{}`", prefixes.join("`, `"));
                return Err(self.unsupported(feature));
            }
        };
        let is_head = |name: &str| heads.iter().any(|head| name.starts_with(head));
        let below = |(name, tensor): (&String, &Tensor)| {
            let own = name.strip_prefix(prefix).or(is_head(name).then_some(name))?;
            Some((own.to_owned(), tensor.clone()))
        };
        let tensors: HashMap<String, Tensor> = self.tensors.iter().filter_map(below).collect();
        let names: Vec<String> = tensors.keys().cloned().collect();
        let asked = Arc::new(Mutex::new(HashSet::new()));
        let source = Source { tensors, own_prefix, asked: Arc::clone(&asked) };
        let builder = VarBuilder::from_backend(Box::new(source), DType::F32, Device::Cpu);
        let network = load(builder).map_err(|error| malformed(error.to_string()))?;
        let asked = asked.lock().expect("no holder panics");
        let is_idle = |name: &str| {
            IDLE.contains(&name) || (!is_head(name) && HEADS.iter().any(|h| name.starts_with(h)))
        };
        let mut left: Vec<&String> =
            names.iter().filter(|name| !asked.contains(*name) && !is_idle(name)).collect();
        left.sort_unstable();
        match left.first() {
            Some(name) => {
                Err(self.unsupported(format!("the tensor `{name}`, unknown in this family")))
            }
            None => Ok(network),
        }
    }

    fn unsupported(&self, feature: String) -> Error {
        Error::Unsupported { path: self.path.clone(), feature, instead: self.instead }
    }
}

impl Source {
    fn own_name<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.own_prefix).unwrap_or(name)
    }

    fn find(&self, name: &str) -> candle_core::Result<Tensor> {
        let name = self.own_name(name);
        let message = |text: String| candle_core::Error::Msg(text);
        let tensor =
            self.tensors.get(name).ok_or_else(|| message(format!("missing tensor `{name}`")))?;
        if !tensor.dtype().is_float() {
            return Err(message(format!(
                "`{name}` has type {:?}, expected floats",
                tensor.dtype()
            )));
        }
        tensor.to_dtype(DType::F32)
    }

    fn note(&self, name: &str) {
        let name = self.own_name(name).to_owned();
        self.asked.lock().expect("no holder panics").insert(name);
    }
}

impl SimpleBackend for Source {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        _: DType,
        _: &Device,
    ) -> candle_core::Result<Tensor> {
        let tensor = self.find(name)?;
        if *tensor.shape() != shape {
            let (name, found) = (self.own_name(name), tensor.dims());
            let needed = shape.dims();
            return Err(candle_core::Error::Msg(format!(
                "`{name}` has shape {found:?}, expected {needed:?}"
            )));
        }
        self.note(name);
        Ok(tensor)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        self.find(name)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(self.own_name(name))
    }
}
