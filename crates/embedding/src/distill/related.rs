//! Which English words mean nearly the same, as a table that `related_terms` reads.
//!
//! A word is one that the static model knows as a whole, by the stem that its inflections share. It
//! lies where their vectors lie on average, apart from the mean of all words, which says nothing.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rust_stemmers::{Algorithm, Stemmer};

use crate::{Embedder, Error, StaticModel, vector::normalise};

/// The most that are related to one.
const RELATED_MAX: usize = 8;
/// The cosine from which on words are related.
const COSINE_MIN: f32 = 0.4;
/// Shorter words say too little by themselves.
const WORD_BYTES_MIN: usize = 3;

/// The table of the words of `model`: lines of a term and those related to it, nearest first, each
/// with its cosine in hundredths, in the order of the terms.
///
/// # Errors
/// When `model` fails.
pub fn related_table(model: &StaticModel) -> Result<String, Error> {
    let words = vectors(model)?;
    let lines: Vec<String> =
        words.par_iter().map(|(term, vector)| line(term, vector, &words)).collect();
    Ok(lines.concat())
}

fn line(term: &str, vector: &[f32], words: &[(String, Vec<f32>)]) -> String {
    let cosine = |other: &[f32]| vector.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
    let others = words.iter().filter(|(other, _)| other != term);
    let cosines = others.map(|(other, vector)| (cosine(vector), other));
    let mut near: Vec<(f32, &String)> =
        cosines.filter(|(cosine, _)| COSINE_MIN <= *cosine).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.truncate(RELATED_MAX);
    if near.is_empty() {
        return String::new();
    }
    let near = near.into_iter().map(|(cosine, other)| format!(" {other}:{:.0}", 100.0 * cosine));
    format!("{term}{}\n", near.collect::<String>())
}

/// The terms of the model's words, in order, each with its vector of length 1.
fn vectors(model: &StaticModel) -> Result<Vec<(String, Vec<f32>)>, Error> {
    let is_word = |word: &&str| {
        WORD_BYTES_MIN <= word.len() && word.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let words: Vec<&str> = model.words().into_iter().filter(is_word).collect();
    let stemmer = Stemmer::create(Algorithm::English);
    let mut of_terms: BTreeMap<String, (f32, Vec<f32>)> = BTreeMap::new();
    for (word, vector) in words.iter().zip(model.embed_documents(&words)?) {
        let zero = || (0.0, vec![0.0; vector.len()]);
        let (count, sum) = of_terms.entry(stemmer.stem(word).into_owned()).or_insert_with(zero);
        *count += 1.0;
        sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
    }
    let mut mean = vec![0.0; model.dimension()];
    for (count, sum) in of_terms.values_mut() {
        sum.iter_mut().for_each(|number| *number /= *count);
        mean.iter_mut().zip(sum).for_each(|(mean, number)| *mean += *number);
    }
    let share = 1.0 / of_terms.len().max(1) as f32;
    let apart = of_terms.into_iter().map(|(term, (_, mut vector))| {
        vector.iter_mut().zip(&mean).for_each(|(number, mean)| *number -= share * mean);
        normalise(&mut vector);
        (term, vector)
    });
    Ok(apart.collect())
}
