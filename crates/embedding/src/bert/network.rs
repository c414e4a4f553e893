//! The encoder of BERT (Devlin et al., 2018) over packed sequences.
//!
//! The tokens of a batch stand one after the other in one matrix, without padding, so nothing has
//! to be masked. What mixes tokens, which is attention and pooling, goes from sequence to sequence.

use candle_core::{D, Device, Result, Tensor, bail};
use candle_nn::{
    Linear, Module,
    ops::{layer_norm, softmax_last_dim},
};

use super::{files::Activation, gelu::Gelu};

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
}

/// The weights, in the shapes in which they are used.
pub(super) struct Network {
    /// One row per token of the vocabulary.
    pub(super) words: Tensor,
    /// One row per position, with the row of token type 0 added.
    pub(super) positions: Tensor,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    pub(super) pooling: Pooling,
}

pub(super) struct Layer {
    /// Query, key and value in one product; the query is already divided by the root of the head's
    /// size.
    pub(super) query_key_value: Linear,
    pub(super) heads: usize,
    pub(super) attended: Linear,
    pub(super) attended_norm: Norm,
    pub(super) wide: Linear,
    pub(super) activation: Activation,
    pub(super) narrow: Linear,
    pub(super) narrow_norm: Norm,
}

pub(super) struct Norm {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
    pub(super) epsilon: f32,
}

/// Neighbouring sequences of the same length.
struct Run {
    start: usize,
    count: usize,
    length: usize,
}

impl Network {
    pub(super) fn dimension(&self) -> usize {
        self.words.dims()[1]
    }

    /// The vector of each sequence, not normalised.
    pub(super) fn forward(&self, sequences: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let ids: Vec<u32> = sequences.concat();
        let positions: Vec<u32> =
            sequences.iter().flat_map(|sequence| 0..sequence.len() as u32).collect();
        let words = self.words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?;
        let positions = self.positions.index_select(&Tensor::new(positions, &Device::Cpu)?, 0)?;
        let mut tokens = self.norm.forward(&(words + positions)?)?;
        let runs = runs(sequences);
        for layer in &self.layers {
            tokens = layer.forward(&tokens, &runs)?;
        }
        let tokens = tokens.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = tokens.as_slice();
        sequences
            .iter()
            .map(|sequence| {
                let (tokens, later) = rest.split_at(sequence.len() * self.dimension());
                rest = later;
                self.pool(tokens)
            })
            .collect()
    }

    fn pool(&self, tokens: &[f32]) -> Result<Vec<f32>> {
        let mut rows = tokens.chunks_exact(self.dimension());
        let count = rows.len() as f32;
        let mut vector = rows.next().unwrap_or_default().to_vec();
        if self.pooling == Pooling::Mean {
            for row in rows {
                vector.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            vector.iter_mut().for_each(|sum| *sum /= count);
        }
        if vector.iter().any(|x| !x.is_finite()) {
            bail!("the model's weights give a vector that is not finite");
        }
        Ok(vector)
    }
}

impl Layer {
    fn forward(&self, tokens: &Tensor, runs: &[Run]) -> Result<Tensor> {
        let mixed = self.query_key_value.forward(tokens)?;
        let attended: Vec<Tensor> =
            runs.iter().map(|run| self.attend(&mixed, run)).collect::<Result<_>>()?;
        let attended = self.attended.forward(&Tensor::cat(&attended, 0)?)?;
        let tokens = self.attended_norm.forward(&(attended + tokens)?)?;
        let wide = self.activate(self.wide.forward(&tokens)?)?;
        self.narrow_norm.forward(&(self.narrow.forward(&wide)? + tokens)?)
    }

    /// Each token of a run's sequences as the mean of its sequence's values, weighted by the match
    /// of query and key; per head.
    fn attend(&self, mixed: &Tensor, run: &Run) -> Result<Tensor> {
        let Run { start, count, length } = *run;
        let mixed = mixed
            .narrow(0, start, count * length)?
            .reshape((count, length, 3, self.heads, ()))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?;
        let (query, key, value) = (mixed.get(0)?, mixed.get(1)?, mixed.get(2)?);
        let weights = softmax_last_dim(&query.matmul(&key.t()?)?)?;
        weights
            .matmul(&value)?
            .transpose(1, 2)?
            .contiguous()?
            .flatten_from(D::Minus2)?
            .flatten(0, 1)
    }

    fn activate(&self, values: Tensor) -> Result<Tensor> {
        match self.activation {
            Activation::Gelu => values.inplace_op1(&Gelu).map(|()| values),
            Activation::GeluTanh => values.gelu(),
            Activation::Relu => values.relu(),
        }
    }
}

impl Norm {
    fn forward(&self, values: &Tensor) -> Result<Tensor> {
        layer_norm(values, &self.weight, &self.bias, self.epsilon)
    }
}

fn runs(sequences: &[&[u32]]) -> Vec<Run> {
    let mut start = 0;
    sequences
        .chunk_by(|a, b| a.len() == b.len())
        .map(|equal| {
            let run = Run { start, count: equal.len(), length: equal[0].len() };
            start += run.count * run.length;
            run
        })
        .collect()
}
