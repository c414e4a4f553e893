//! BERT as in the paper, in loops over `f64`: slow, and without code of the crate.

use std::f64::consts::PI;

use super::tiny::{EPSILON, HEADS, HIDDEN, LAYERS, Tiny};

type Rows = Vec<Vec<f64>>;

/// Returns the normalised vector of a sequence.
pub(super) fn embed(tiny: &Tiny, ids: &[usize]) -> Vec<f32> {
    normalised(&pool(tiny, ids))
}

/// Returns `vector` scaled to length 1.
pub(super) fn normalised(vector: &[f64]) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.iter().map(|x| (x / length) as f32).collect()
}

/// Returns the result of the pooling of a sequence.
pub(super) fn pool(tiny: &Tiny, ids: &[usize]) -> Vec<f64> {
    let embedding = |name: &str, row: usize| {
        let tensor = &tiny.tensors[&format!("embeddings.{name}_embeddings.weight")];
        tensor.values[row * HIDDEN..(row + 1) * HIDDEN].iter().map(|&x| f64::from(x))
    };
    let tokens = ids.iter().enumerate().map(|(position, &id)| {
        let word = embedding("word", id);
        let place = embedding("position", position + tiny.position_offset());
        let kind = embedding("token_type", 0);
        word.zip(place).zip(kind).map(|((word, place), kind)| word + place + kind).collect()
    });
    let mut tokens = norm(tiny, "embeddings.LayerNorm", tokens.collect());
    for layer in 0..LAYERS {
        tokens = encode(tiny, &format!("encoder.layer.{layer}"), &tokens);
    }
    let mut pooled = tokens[0].clone();
    if tiny.settings.pooling == "mean_tokens" {
        for (column, sum) in pooled.iter_mut().enumerate() {
            *sum = tokens.iter().map(|token| token[column]).sum::<f64>() / tokens.len() as f64;
        }
    }
    pooled
}

fn encode(tiny: &Tiny, at: &str, tokens: &Rows) -> Rows {
    let query = linear(tiny, &format!("{at}.attention.self.query"), tokens);
    let key = linear(tiny, &format!("{at}.attention.self.key"), tokens);
    let value = linear(tiny, &format!("{at}.attention.self.value"), tokens);
    let mut attended = vec![vec![0.0; HIDDEN]; tokens.len()];
    for head in 0..HEADS {
        let columns = head * HIDDEN / HEADS..(head + 1) * HIDDEN / HEADS;
        for (i, attended) in attended.iter_mut().enumerate() {
            let scores = key.iter().map(|key| {
                let dot: f64 = columns.clone().map(|c| query[i][c] * key[c]).sum();
                (dot / (columns.len() as f64).sqrt()).exp()
            });
            let scores: Vec<f64> = scores.collect();
            let total: f64 = scores.iter().sum();
            for column in columns.clone() {
                let values = value.iter().map(|value| value[column]);
                attended[column] = scores.iter().zip(values).map(|(s, v)| s / total * v).sum();
            }
        }
    }
    let attended = linear(tiny, &format!("{at}.attention.output.dense"), &attended);
    let tokens = norm(tiny, &format!("{at}.attention.output.LayerNorm"), add(attended, tokens));
    let mut wide = linear(tiny, &format!("{at}.intermediate.dense"), &tokens);
    wide.iter_mut().flatten().for_each(|x| *x = activate(tiny.settings.activation, *x));
    let narrow = linear(tiny, &format!("{at}.output.dense"), &wide);
    norm(tiny, &format!("{at}.output.LayerNorm"), add(narrow, &tokens))
}

fn linear(tiny: &Tiny, name: &str, rows: &Rows) -> Rows {
    let weight = &tiny.tensors[&format!("{name}.weight")];
    let bias = &tiny.tensors[&format!("{name}.bias")];
    let output = |row: &Vec<f64>| {
        weight
            .values
            .chunks(weight.shape[1])
            .zip(&bias.values)
            .map(|(weights, &bias)| {
                let dot: f64 = row.iter().zip(weights).map(|(x, &w)| x * f64::from(w)).sum();
                dot + f64::from(bias)
            })
            .collect()
    };
    rows.iter().map(output).collect()
}

fn norm(tiny: &Tiny, name: &str, mut rows: Rows) -> Rows {
    let weight = &tiny.tensors[&format!("{name}.weight")].values;
    let bias = &tiny.tensors[&format!("{name}.bias")].values;
    for row in &mut rows {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64;
        for (column, x) in row.iter_mut().enumerate() {
            let scaled = (*x - mean) / (variance + EPSILON).sqrt();
            *x = scaled * f64::from(weight[column]) + f64::from(bias[column]);
        }
    }
    rows
}

fn add(mut a: Rows, b: &Rows) -> Rows {
    a.iter_mut().flatten().zip(b.iter().flatten()).for_each(|(a, b)| *a += b);
    a
}

fn activate(name: &str, x: f64) -> f64 {
    match name {
        "relu" => x.max(0.0),
        "gelu_new" => 0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh()),
        _ => 0.5 * x * (1.0 + erf(x / 2f64.sqrt())),
    }
}

/// Computes the Taylor series, which converges everywhere and is exact enough up to 6.
fn erf(x: f64) -> f64 {
    if 5.0 < x.abs() {
        return x.signum();
    }
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / PI.sqrt()
}
