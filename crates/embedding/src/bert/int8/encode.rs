//! Encodes the `f32` weights of a sentence-transformers directory as an int8 BERT.
//!
//! The weights of an output share one scale. Several scales are tried, up to the one at which the
//! largest weight becomes 127; the one with the least squared error is used. Word vectors have 4
//! bits per number, because a text uses only a few of them and the following products round as
//! coarsely.

use std::path::Path;

use super::{
    format::{STEP_NUMBERS, Sizes, write},
    product::pack,
};
use crate::{
    Error,
    bert::{
        BertOptions,
        files::ModelFiles,
        weights::{Weights, numbers},
    },
    wordpiece::{Scratch, WordPiece},
};

/// Decrement of the scale per trial, as a fraction of the largest scale.
const TRIAL: f32 = 0.02;
const TRIALS: u16 = 16;
/// Texts on which the crate's own tokenizer must agree with the model's.
const PROBES: &[&str] = &[
    "The quick brown fox, at 12:30, paid $1,299.00 -- didn't it?",
    "Cr\u{e8}me BR\u{db}L\u{c9}E na\u{ef}ve Stra\u{df}e \u{3a9} \u{fb01}ne",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "\u{65e5}\u{672c}\u{8a9e} \u{e15}\u{e31}\u{e27} \u{440}\u{443}\u{441}",
];

/// Returns the content of `int8-bert.bin` for the model in `dir`. `name` is the name of the model
/// in its fingerprint.
///
/// # Errors
/// Same as [`Bert::open`](crate::Bert::open). [`Error::Unsupported`] if the tokenizer is not an
/// uncased WordPiece, or if the network's sizes do not fit the kernels.
pub fn encode_int8(dir: &Path, name: &str) -> Result<Vec<u8>, Error> {
    let files = ModelFiles::read(dir, &BertOptions::default())?;
    let unsupported = |feature: &str| Error::Unsupported {
        path: dir.to_owned(),
        feature: feature.to_owned(),
        instead: "an uncased BERT whose hidden size is a multiple of 64",
    };
    if !files.directory.dense.is_empty() {
        return Err(unsupported("a layer after the pooling"));
    }
    let other = "a tokenizer other than uncased WordPiece";
    let vocabulary = vocabulary(&files)?.ok_or_else(|| unsupported(other))?;
    let (config, weights) = (&files.config, files.weights()?);
    let sizes = Sizes {
        hidden: config.hidden_size,
        wide: config.intermediate_size,
        layers: config.num_hidden_layers,
        heads: config.num_attention_heads,
        positions: files.length_max,
        pieces: vocabulary.len(),
    };
    if sizes.check().is_err() || config.position_offset() != 0 {
        return Err(unsupported("sizes that the int8 kernels lack"));
    }
    let mut parts = Parts { bytes: Vec::new(), sizes, weights };
    parts.words(&vocabulary)?;
    parts.positions()?;
    parts.norm("embeddings.LayerNorm")?;
    for index in 0..sizes.layers {
        parts.layer(&format!("encoder.layer.{index}"))?;
    }
    let lines: String = vocabulary.iter().flat_map(|(_, piece)| [piece, "\n"]).collect();
    let settings = (files.directory.pooling, config.hidden_act, config.layer_norm_eps as f32);
    Ok(write(sizes, settings, (name, &lines), &parts.bytes))
}

/// Returns the word pieces with their ids in the model, without unused ones. `None` if the crate's
/// own tokenizer produces different tokens.
fn vocabulary(files: &ModelFiles) -> Result<Option<Vec<(u32, String)>>, Error> {
    let tokenizer = files.tokens()?.tokenizer;
    let mut pieces: Vec<(u32, String)> = tokenizer
        .get_vocab(true)
        .into_iter()
        .map(|(piece, id)| (id, piece))
        .filter(|(_, piece)| !piece.starts_with("[unused"))
        .collect();
    pieces.sort_unstable();
    let lines: String = pieces.iter().flat_map(|(_, piece)| [piece, "\n"]).collect();
    let Ok(own) = WordPiece::new(lines.into()) else { return Ok(None) };
    for probe in PROBES {
        let theirs = tokenizer.encode(*probe, false).map_err(Error::compute)?;
        let mut ours = Vec::new();
        own.encode(probe, &mut Scratch::default(), |id| ours.push(id));
        let piece = |id: Option<u32>| id.map_or("[UNK]", |id| &pieces[id as usize].1);
        if !ours.into_iter().map(piece).eq(theirs.get_tokens().iter().map(String::as_str)) {
            return Ok(None);
        }
    }
    Ok(Some(pieces))
}

/// The content after the header.
struct Parts {
    bytes: Vec<u8>,
    sizes: Sizes,
    weights: Weights,
}

impl Parts {
    fn words(&mut self, vocabulary: &[(u32, String)]) -> Result<(), Error> {
        let hidden = self.sizes.hidden;
        let end = vocabulary.iter().map(|(id, _)| *id as usize + 1).max().unwrap_or_default();
        let rows =
            numbers(&self.weights.rows("embeddings.word_embeddings.weight", end, hidden)?)?;
        let (mut bits, mut steps, mut scales) = (Vec::new(), Vec::new(), Vec::new());
        for (id, _) in vocabulary {
            let row = &rows[*id as usize * hidden..][..hidden];
            let wanted: Vec<f32> =
                row.chunks(STEP_NUMBERS).map(|numbers| best_scale(numbers, 7.0)).collect();
            let scale = wanted.iter().copied().fold(f32::MIN_POSITIVE, f32::max) / 255.0;
            for (numbers, wanted) in row.chunks(STEP_NUMBERS).zip(wanted) {
                let step = (wanted / scale).round().clamp(1.0, 255.0);
                let number = |x: f32| ((x / (step * scale)).round().clamp(-8.0, 7.0) + 8.0) as u8;
                steps.push(step as u8);
                let pairs = numbers.as_chunks().0;
                bits.extend(pairs.iter().map(|&[low, high]| number(low) | number(high) << 4));
            }
            scales.push(scale);
        }
        self.bytes.extend(bits);
        self.bytes.extend(steps);
        self.floats(&scales);
        Ok(())
    }

    fn positions(&mut self) -> Result<(), Error> {
        let Sizes { hidden, positions, .. } = self.sizes;
        let rows = self.weights.rows("embeddings.position_embeddings.weight", positions, hidden)?;
        let types = self.weights.rows("embeddings.token_type_embeddings.weight", 1, hidden)?;
        let (rows, types) = (numbers(&rows)?, numbers(&types)?);
        let summed: Vec<f32> = rows[..positions * hidden]
            .iter()
            .zip(types[..hidden].iter().cycle())
            .map(|(position, kind)| position + kind)
            .collect();
        self.floats(&summed);
        Ok(())
    }

    fn layer(&mut self, at: &str) -> Result<(), Error> {
        let Sizes { hidden, wide, heads, .. } = self.sizes;
        let head_root = ((hidden / heads) as f32).sqrt();
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for (name, divisor) in [("query", head_root), ("key", 1.0), ("value", 1.0)] {
            let (weight, bias) =
                self.linear(&format!("{at}.attention.self.{name}"), hidden, hidden)?;
            weights.extend(weight.iter().map(|x| x / divisor));
            biases.extend(bias.iter().map(|x| x / divisor));
        }
        self.product(&weights, &biases, hidden);
        self.read_product(&format!("{at}.attention.output.dense"), hidden, hidden)?;
        self.norm(&format!("{at}.attention.output.LayerNorm"))?;
        self.read_product(&format!("{at}.intermediate.dense"), hidden, wide)?;
        self.read_product(&format!("{at}.output.dense"), wide, hidden)?;
        self.norm(&format!("{at}.output.LayerNorm"))
    }

    fn linear(
        &self,
        at: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let weight = self.weights.tensor(&format!("{at}.weight"), &[outputs, inputs])?;
        let bias = self.weights.tensor(&format!("{at}.bias"), &[outputs])?;
        Ok((numbers(&weight)?, numbers(&bias)?))
    }

    fn read_product(&mut self, at: &str, inputs: usize, outputs: usize) -> Result<(), Error> {
        let (weights, bias) = self.linear(at, inputs, outputs)?;
        self.product(&weights, &bias, inputs);
        Ok(())
    }

    /// Adds a layer whose `weights` have a row of `inputs` per output.
    fn product(&mut self, weights: &[f32], bias: &[f32], inputs: usize) {
        let (mut scales, mut sums, mut rounded) = (Vec::new(), Vec::new(), Vec::new());
        for row in weights.chunks(inputs) {
            let scale = best_scale(row, 127.0);
            let number = |x: &f32| (x / scale).round().clamp(-127.0, 127.0) as i8;
            let row: Vec<i8> = row.iter().map(number).collect();
            sums.push(row.iter().map(|&weight| i32::from(weight)).sum::<i32>());
            scales.push(scale);
            rounded.extend(row);
        }
        self.floats(&scales);
        self.bytes.extend(sums.iter().flat_map(|sum| sum.to_le_bytes()));
        self.floats(bias);
        self.bytes.extend(pack(&rounded, inputs));
    }

    fn norm(&mut self, at: &str) -> Result<(), Error> {
        for name in ["weight", "bias"] {
            let tensor = self.weights.tensor(&format!("{at}.{name}"), &[self.sizes.hidden])?;
            self.floats(&numbers(&tensor)?);
        }
        Ok(())
    }

    fn floats(&mut self, floats: &[f32]) {
        self.bytes.extend(floats.iter().flat_map(|x| x.to_le_bytes()));
    }
}

/// Returns the scale with the least squared error if `numbers` are rounded to its multiples and
/// clamped at `limit` of them.
fn best_scale(numbers: &[f32], limit: f32) -> f32 {
    let largest = numbers.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    if largest == 0.0 {
        return 1.0;
    }
    let error = |scale: f32| -> f64 {
        let squared = |x: &f32| {
            let found = (x / scale).round().clamp(-limit - 1.0, limit) * scale;
            f64::from(found - x).powi(2)
        };
        numbers.iter().map(squared).sum()
    };
    (0..TRIALS)
        .map(|trial| largest / limit * (1.0 - TRIAL * f32::from(trial)))
        .map(|scale| (error(scale), scale))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or(1.0, |(_, scale)| scale)
}
