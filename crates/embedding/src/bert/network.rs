//! The encoder of BERT (Devlin et al., 2018) over packed sequences.
//!
//! The tokens of a batch are concatenated in one matrix, without padding or masks. The operations
//! that mix tokens, attention and pooling, process one sequence at a time.
//!
//! Weights are stored as square blocks, as wide as a token's row. A product with such a block fits
//! the cache and is faster than one with a wider matrix.

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};

use super::{
    Activation, Norm, Pooling,
    kernels::{activate, add_bias, gelu, gelu_tanh, softmax},
};

/// The weights, ready to use.
pub(super) struct Network {
    /// Numbers of a token's row.
    pub(super) hidden: usize,
    /// A row for every id of the tokenizer.
    pub(super) words: Vec<f32>,
    /// One row per position, with the row of token type 0 added.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    pub(super) pooling: Pooling,
}

pub(super) struct Layer {
    pub(super) heads: usize,
    /// The weights, already divided by the square root of the head size.
    pub(super) query: Linear,
    pub(super) key: Linear,
    pub(super) value: Linear,
    pub(super) attended: Linear,
    pub(super) attended_norm: Norm,
    /// The wide layer and the narrow one after it, in blocks. Their result is the sum over all
    /// blocks.
    pub(super) blocks: Vec<Block>,
    pub(super) activation: Activation,
    pub(super) narrow_bias: Vec<f32>,
    pub(super) narrow_norm: Norm,
}

/// Some outputs of the wide layer, and the weights of the narrow layer for them.
pub(super) struct Block {
    pub(super) wide: Linear,
    /// One row per output of `wide`.
    pub(super) narrow: Vec<f32>,
}

pub(super) struct Linear {
    /// One row per input.
    pub(super) weight: Vec<f32>,
    /// One number per output.
    pub(super) bias: Vec<f32>,
}

/// Buffers of a forward pass, kept from batch to batch so that their pages stay allocated.
#[derive(Default)]
pub(super) struct Scratch {
    tokens: Vec<f32>,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    attended: Vec<f32>,
    /// Attention weights between the tokens of one sequence, in one head.
    shares: Vec<f32>,
    update: Vec<f32>,
    wide: Vec<f32>,
}

impl Network {
    /// Returns the vector of each sequence, not normalised.
    pub(super) fn forward(&self, sequences: &[&[u32]], scratch: &mut Scratch) -> Vec<Vec<f32>> {
        self.embed(sequences, &mut scratch.tokens);
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
        for layer in &self.layers {
            layer.forward(&lengths, scratch);
        }
        self.pooling.pool(&scratch.tokens, &lengths, self.hidden)
    }

    fn embed(&self, sequences: &[&[u32]], tokens: &mut Vec<f32>) {
        let words = self.words.chunks_exact(self.hidden);
        tokens.clear();
        for sequence in sequences {
            for (id, position) in sequence.iter().zip(self.positions.chunks_exact(self.hidden)) {
                let word = words.clone().nth(*id as usize).expect("a row for every id");
                tokens.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
        }
        self.norm.forward(tokens);
    }
}

impl Layer {
    fn forward(&self, lengths: &[usize], scratch: &mut Scratch) {
        let Scratch { tokens, query, key, value, attended, shares, update, wide } = scratch;
        for (linear, out) in
            [(&self.query, &mut *query), (&self.key, &mut *key), (&self.value, &mut *value)]
        {
            linear.multiply(tokens, out);
            add_bias(out, &linear.bias);
        }
        self.attend(lengths, [query, key, value], attended, shares);
        self.attended.multiply(attended, update);
        self.attended_norm.add_and_forward(tokens, (update, &self.attended.bias));
        for (index, block) in self.blocks.iter().enumerate() {
            block.wide.multiply(tokens, wide);
            self.activate(wide, &block.wide.bias);
            let accum = if index == 0 { Accum::Replace } else { Accum::Add };
            let (inputs, outputs) = (block.wide.bias.len(), self.narrow_bias.len());
            let narrow = matrix(&block.narrow, outputs);
            multiply(matrix_mut(update, outputs), accum, matrix(wide, inputs), narrow);
        }
        self.narrow_norm.add_and_forward(tokens, (update, &self.narrow_bias));
    }

    /// Computes for each token the mean of its sequence's values, weighted by the match of query
    /// and key, per head.
    fn attend(
        &self,
        lengths: &[usize],
        query_key_value: [&[f32]; 3],
        attended: &mut Vec<f32>,
        shares: &mut Vec<f32>,
    ) {
        let hidden = self.query.bias.len();
        let whole = query_key_value.map(|rows| matrix(rows, hidden));
        attended.resize(query_key_value[0].len(), 0.0);
        let mut attended = matrix_mut(attended, hidden);
        let size = hidden / self.heads;
        let mut start = 0;
        for &length in lengths {
            shares.resize(length * length, 0.0);
            for column in (0..hidden).step_by(size) {
                let [query, key, value] =
                    whole.map(|rows| rows.submatrix(start, column, length, size));
                multiply(matrix_mut(shares, length), Accum::Replace, query, key.transpose());
                softmax(shares, length);
                let out = attended.as_mut().submatrix_mut(start, column, length, size);
                multiply(out, Accum::Replace, matrix(shares, length), value);
            }
            start += length;
        }
    }

    fn activate(&self, wide: &mut [f32], bias: &[f32]) {
        match self.activation {
            Activation::Gelu => activate(wide, bias, gelu),
            Activation::GeluTanh => activate(wide, bias, gelu_tanh),
            Activation::Relu => activate(wide, bias, |x| x.max(0.0)),
        }
    }
}

impl Linear {
    /// Multiplies `rows` by the weights, without adding the bias.
    fn multiply(&self, rows: &[f32], out: &mut Vec<f32>) {
        let outputs = self.bias.len();
        let rows = matrix(rows, self.weight.len() / outputs);
        out.resize(rows.nrows() * outputs, 0.0);
        multiply(matrix_mut(out, outputs), Accum::Replace, rows, matrix(&self.weight, outputs));
    }
}

/// Computes `out = left * right`, or adds the product to `out`, on the calling thread. The products
/// are faer's, which selects the widest instructions of the processor at run time, AVX-512
/// included. (candle's are those of `gemm`, whose AVX-512 needs a feature that would rebuild every
/// crate above `bytemuck`.)
fn multiply(out: MatMut<'_, f32>, accum: Accum, left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    matmul(out, accum, left, right, 1.0, Par::Seq);
}

fn matrix(values: &[f32], columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / columns, columns)
}

fn matrix_mut(values: &mut [f32], columns: usize) -> MatMut<'_, f32> {
    let rows = values.len() / columns;
    MatMut::from_row_major_slice_mut(values, rows, columns)
}
