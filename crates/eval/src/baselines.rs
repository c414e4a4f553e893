//! Baseline rankings of the same texts: by words alone, by vectors alone, and by two fusions of
//! both.
//!
//! Words: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
//! 2009) over the product's terms, without its other spellings, neighbours and weights. Vectors:
//! the cosine of the query and a text's best piece. Fused: by reciprocal rank (Cormack, Clarke and
//! Buettcher, 2009), and by the sum of the z-scores of both, over all texts.

use std::{collections::HashMap, sync::Arc};

use aios_analysis::{Analyzer, Language};
use aios_embedding::Embedder;

use crate::Error;
use crate::metrics::ratio;

/// BM25's saturation of term frequency.
const K1: f64 = 1.2;
/// BM25's weight of text length.
const B: f64 = 0.75;
/// Constant added to a rank in reciprocal rank fusion.
const RECIPROCAL_RANK_K: usize = 60;

/// Names of the baselines in a report, in the order of their rankings.
pub const BASELINES: [&str; 4] = ["bm25", "vector", "reciprocal_rank_fusion", "z_score_fusion"];

/// A text to be ranked.
pub(crate) struct Text<'a> {
    pub(crate) id: &'a str,
    pub(crate) whole: &'a str,
    /// Parts of the text. Each has its own vector.
    pub(crate) pieces: Vec<&'a str>,
}

/// Texts, indexed for ranking.
pub(crate) struct Baselines {
    ids: Vec<String>,
    words: Words,
    /// Vectors of pieces, each with the index of its text.
    vectors: Vec<(usize, Vec<f32>)>,
    embedder: Arc<dyn Embedder>,
}

impl Baselines {
    pub(crate) fn new<'t>(
        texts: &[Text<'t>],
        language: Language,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Baselines, Error> {
        let pieces: Vec<(usize, &str)> = (0..)
            .zip(texts)
            .flat_map(|(at, text)| text.pieces.iter().map(move |piece| (at, *piece)))
            .collect();
        let content: Vec<&str> = pieces.iter().map(|(_, piece)| *piece).collect();
        let vectors = pieces.iter().map(|(at, _)| *at).zip(embedder.embed_documents(&content)?);
        let vectors = vectors.collect();
        Ok(Baselines {
            ids: texts.iter().map(|text| text.id.to_owned()).collect(),
            words: Words::new(Analyzer::of(language), texts.iter().map(|text| text.whole)),
            vectors,
            embedder,
        })
    }

    /// Returns the ids of the texts ranked by each of [`BASELINES`], best first. The first ranking
    /// omits texts without a query term.
    ///
    /// # Errors
    /// [`Error::Embedding`] if the model refuses the query.
    pub(crate) fn rankings(&self, query: &str) -> Result<[Vec<&str>; BASELINES.len()], Error> {
        let words = self.words.scores(query);
        let meaning = self.cosines(&self.embedder.embed_query(query)?);
        let by_words = order(&words).into_iter().filter(|at| 0.0 < words[*at]).collect();
        let by_meaning = order(&meaning);
        let reciprocal = reciprocal_ranks(&[&by_words, &by_meaning], self.ids.len());
        let (words, meaning) = (deviations(&words), deviations(&meaning));
        let sums: Vec<f64> = words.iter().zip(&meaning).map(|(left, right)| left + right).collect();
        let orders = [by_words, by_meaning, order(&reciprocal), order(&sums)];
        Ok(orders.map(|order| order.into_iter().map(|at| self.ids[at].as_str()).collect()))
    }

    /// Returns the cosine of each text's best piece; 0 for a text without pieces.
    fn cosines(&self, query: &[f32]) -> Vec<f64> {
        let mut cosines: Vec<Option<f64>> = vec![None; self.ids.len()];
        for (at, vector) in &self.vectors {
            let cosine: f32 = query.iter().zip(vector).map(|(left, right)| left * right).sum();
            let best = cosines[*at].map_or(f64::from(cosine), |best| best.max(f64::from(cosine)));
            cosines[*at] = Some(best);
        }
        cosines.into_iter().map(Option::unwrap_or_default).collect()
    }
}

/// An inverted index.
struct Words {
    analyzer: &'static Analyzer,
    /// By term, the indexes of the texts with the term and its frequency in each.
    postings: HashMap<String, Vec<(usize, usize)>>,
    /// Number of terms of each text.
    lengths: Vec<usize>,
}

impl Words {
    fn new<'t>(analyzer: &'static Analyzer, texts: impl Iterator<Item = &'t str>) -> Words {
        let mut postings: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        let mut lengths = Vec::new();
        for (at, text) in texts.enumerate() {
            let terms = analyzer.terms(text);
            lengths.push(terms.len());
            for term in terms {
                let posting = postings.entry(term).or_default();
                match posting.last_mut() {
                    Some((last, count)) if *last == at => *count += 1,
                    _ => posting.push((at, 1)),
                }
            }
        }
        Words { analyzer, postings, lengths }
    }

    fn scores(&self, query: &str) -> Vec<f64> {
        let mut scores = vec![0.0; self.lengths.len()];
        let texts = ratio(self.lengths.len(), 1);
        let length_mean = ratio(self.lengths.iter().sum(), self.lengths.len().max(1));
        // A term is weighted by its frequency in the query, because long queries repeat their
        // topic.
        let mut counts: HashMap<String, usize> = HashMap::new();
        for term in self.analyzer.terms(query) {
            *counts.entry(term).or_default() += 1;
        }
        for term in self.analyzer.query(query).terms {
            let Some(posting) = self.postings.get(&term) else { continue };
            let repeated = ratio(counts.get(&term).copied().unwrap_or(1), 1);
            let having = ratio(posting.len(), 1);
            let weight = repeated * (1.0 + (texts - having + 0.5) / (having + 0.5)).ln();
            for (at, count) in posting {
                let count = ratio(*count, 1);
                let length = ratio(self.lengths[*at], 1) / length_mean;
                scores[*at] += weight * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length));
            }
        }
        scores
    }
}

/// Returns the indexes of `scores` from the highest to the lowest; equal scores keep their order.
fn order(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*right].total_cmp(&scores[*left]));
    order
}

fn reciprocal_ranks(orders: &[&Vec<usize>], texts: usize) -> Vec<f64> {
    let mut scores = vec![0.0; texts];
    for order in orders {
        for (rank, at) in (1..).zip(*order) {
            scores[*at] += ratio(1, RECIPROCAL_RANK_K + rank);
        }
    }
    scores
}

/// Returns the z-score of each score; 0 if all scores are equal.
fn deviations(scores: &[f64]) -> Vec<f64> {
    let count = ratio(scores.len().max(1), 1);
    let mean = scores.iter().sum::<f64>() / count;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    let of = |score: &f64| if 0.0 < deviation { (score - mean) / deviation } else { 0.0 };
    scores.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
