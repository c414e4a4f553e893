//! The table of English words of nearly the same meaning, which `related_terms` reads.
//!
//! Words that are a single piece of the static model are grouped by stem. The vector of a stem is
//! the mean of its words' vectors, minus the mean of all stems, which carries no meaning.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rust_stemmers::{Algorithm, Stemmer};

use crate::{Embedder, Error, StaticModel, vector::normalise};

/// Maximum number of terms related to one.
const RELATED_MAX: usize = 8;
/// Least cosine of related words.
const COSINE_MIN: f32 = 0.4;
/// Minimum length of a word. Shorter words have too little meaning by themselves.
const WORD_BYTES_MIN: usize = 3;

/// Builds the table of the words of `model`. A line has a term and its related terms, nearest
/// first, each with its cosine in hundredths. The lines are sorted by term.
///
/// # Errors
/// The error of `model`, if it fails to embed the words.
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

/// Returns the terms of the model's words, sorted, each with its vector of length 1.
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
