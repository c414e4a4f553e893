//! The encoder of BERT (Devlin et al., 2018) with int8 weights.
//!
//! Matrix products use bytes. The other operations (attention, activations, normalisations,
//! residual sums) use `f32`.

use std::borrow::Cow;

use super::{
    attention::{self, Attention},
    format::STEP_NUMBERS,
    kernels::Path,
    product::{Product, Rows},
};
use crate::bert::{
    Activation, Norm, Pooling,
    kernels::{activate, add_bias, gelu, gelu_tanh},
};

/// The weights.
pub(super) struct Network {
    /// Numbers of a token's row.
    pub(super) hidden: usize,
    pub(super) words: Words,
    /// One row per position, with the row of token type 0 added.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    pub(super) activation: Activation,
    pub(super) pooling: Pooling,
}

/// The vectors of word pieces, 4 bits per number.
pub(super) struct Words {
    pub(super) bits: Cow<'static, [u8]>,
    pub(super) steps: Cow<'static, [u8]>,
    pub(super) scales: Vec<f32>,
}

pub(super) struct Layer {
    pub(super) attention: Attention,
    pub(super) query_key_value: Linear,
    pub(super) attended: Linear,
    pub(super) attended_norm: Norm,
    pub(super) wide: Linear,
    pub(super) narrow: Linear,
    pub(super) narrow_norm: Norm,
}

pub(super) struct Linear {
    pub(super) product: Product,
    pub(super) bias: Vec<f32>,
}

/// Buffers of a forward pass, kept from batch to batch so that their pages stay allocated.
#[derive(Default)]
pub(super) struct Scratch {
    tokens: Vec<f32>,
    /// The left side of a product.
    rows: Rows,
    query_key_value: Vec<f32>,
    attended: Vec<f32>,
    attention: attention::Scratch,
    wide: Vec<f32>,
    update: Vec<f32>,
}

impl Network {
    /// Returns the vector of each sequence, not normalised.
    pub(super) fn forward(
        &self,
        path: Path,
        sequences: &[&[u32]],
        scratch: &mut Scratch,
    ) -> Vec<Vec<f32>> {
        self.embed(sequences, &mut scratch.tokens);
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
        for layer in &self.layers {
            layer.forward(path, self.activation, &lengths, scratch);
        }
        self.pooling.pool(&scratch.tokens, &lengths, self.hidden)
    }

    fn embed(&self, sequences: &[&[u32]], tokens: &mut Vec<f32>) {
        tokens.clear();
        for sequence in sequences {
            for (&id, position) in sequence.iter().zip(self.positions.chunks_exact(self.hidden)) {
                let start = tokens.len();
                tokens.extend(position);
                self.words.add(id as usize, &mut tokens[start..]);
            }
        }
        self.norm.forward(tokens);
    }
}

impl Words {
    /// Adds the vector of the word piece `id` to `row`.
    fn add(&self, id: usize, row: &mut [f32]) {
        let (bytes, steps) = (row.len() / 2, row.len() / STEP_NUMBERS);
        let bits = self.bits[id * bytes..(id + 1) * bytes].chunks_exact(STEP_NUMBERS / 2);
        let steps = &self.steps[id * steps..(id + 1) * steps];
        for ((numbers, bits), step) in row.chunks_exact_mut(STEP_NUMBERS).zip(bits).zip(steps) {
            let scale = self.scales[id] * f32::from(*step);
            for ([low, high], byte) in numbers.as_chunks_mut().0.iter_mut().zip(bits) {
                *low += scale * (f32::from(byte & 15) - 8.0);
                *high += scale * (f32::from(byte >> 4) - 8.0);
            }
        }
    }
}

impl Layer {
    fn forward(
        &self,
        path: Path,
        activation: Activation,
        lengths: &[usize],
        scratch: &mut Scratch,
    ) {
        let Scratch { tokens, rows, query_key_value, attended, attention, wide, update } = scratch;
        self.query_key_value.multiply(path, tokens, rows, query_key_value);
        add_bias(query_key_value, &self.query_key_value.bias);
        self.attention.forward(lengths, query_key_value, attended, attention);
        self.attended.multiply(path, attended, rows, update);
        self.attended_norm.add_and_forward(tokens, (update, &self.attended.bias));
        self.wide.multiply(path, tokens, rows, wide);
        match activation {
            Activation::Gelu => activate(wide, &self.wide.bias, gelu),
            Activation::GeluTanh => activate(wide, &self.wide.bias, gelu_tanh),
            Activation::Relu => activate(wide, &self.wide.bias, |x| x.max(0.0)),
        }
        self.narrow.multiply(path, wide, rows, update);
        self.narrow_norm.add_and_forward(tokens, (update, &self.narrow.bias));
    }
}

impl Linear {
    /// Writes the product of `inputs` and the weights, without the bias, to `out`. Uses `rows` as
    /// scratch.
    fn multiply(&self, path: Path, inputs: &[f32], rows: &mut Rows, out: &mut Vec<f32>) {
        rows.fill(inputs, self.product.inputs);
        self.product.multiply(path, rows, out);
    }
}
