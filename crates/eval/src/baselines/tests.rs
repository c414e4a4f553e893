//! A few texts with given vectors.

use std::sync::Arc;

use aios_embedding::{Error as EmbeddingError, Fingerprint, StaticModel};

use super::*;

/// Embeds a text at the angle in degrees that its first word states.
struct Angles(Fingerprint);

impl Angles {
    fn at(text: &str) -> Vec<f32> {
        let degrees = text.split(' ').next().and_then(|word| word.parse::<f32>().ok());
        let (sine, cosine) = degrees.unwrap_or_default().to_radians().sin_cos();
        vec![cosine, sine]
    }
}

impl Embedder for Angles {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        Ok(texts.iter().map(|text| Angles::at(text)).collect())
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbeddingError> {
        Ok(Angles::at(text))
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len()
    }

    fn dimension(&self) -> usize {
        2
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }
}

/// Returns the rankings of texts whose pieces are separated by `|`.
fn rankings(texts: &[(&str, &str)], query: &str) -> [Vec<String>; 4] {
    let texts: Vec<Text<'_>> = texts
        .iter()
        .map(|(id, whole)| Text { id, whole, pieces: whole.split('|').collect() })
        .collect();
    let fingerprint = StaticModel::bundled().unwrap().fingerprint().clone();
    let embedder = Arc::new(Angles(fingerprint));
    let baselines = Baselines::new(&texts, Language::English, embedder).unwrap();
    baselines.rankings(query).unwrap().map(|ids| ids.into_iter().map(str::to_owned).collect())
}

#[test]
fn bm25_ranks_only_texts_with_a_query_term() {
    let texts = [
        ("none", "0 a kettle of water"),
        ("long", "0 lanterns burn beside every harbour wall in the winter storms of the north"),
        ("short", "0 lanterns burn"),
        ("often", "0 lanterns burn, lanterns"),
    ];
    let [words, ..] = rankings(&texts, "the lantern");
    assert_eq!(words, ["often", "short", "long"]);
}

#[test]
fn a_rare_word_counts_more_than_a_common_one() {
    let texts = [("1", "0 oak"), ("2", "0 oak"), ("3", "0 oak"), ("4", "0 elm")];
    let [words, ..] = rankings(&texts, "oak elm");
    assert_eq!(words[0], "4");
}

#[test]
fn vectors_alone_rank_by_the_best_piece() {
    let texts = [("far", "90 x"), ("near", "40 x"), ("pieces", "80 x|10 x")];
    let [words, vectors, ..] = rankings(&texts, "unknown");
    assert_eq!(words, [""; 0]);
    assert_eq!(vectors, ["pieces", "near", "far"]);
}

#[test]
fn fusion_combines_words_and_vectors() {
    // `both` is second by words and second by vector.
    let texts = [
        ("words", "170 lanterns"),
        ("both", "20 lanterns beside a wall"),
        ("vector", "0 kettle"),
        ("other", "90 kettle"),
    ];
    let [words, vectors, reciprocal, scores] = rankings(&texts, "lantern");
    assert_eq!((words[0].as_str(), vectors[0].as_str()), ("words", "vector"));
    assert_eq!((reciprocal[0].as_str(), scores[0].as_str()), ("both", "both"));
}

#[test]
fn bm25_scores_match_the_formula() {
    let words = Words::new(
        Analyzer::of(Language::English),
        ["oak oak elm", "elm ash yew fir box"].into_iter(),
    );
    let scores = words.scores("oak");
    // One of two texts has the term, twice in 3 terms; the mean length is 4.
    let rarity = (1.0 + (2.0 - 1.0 + 0.5) / (1.0 + 0.5_f64)).ln();
    let expect = rarity * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 3.0 / 4.0));
    assert!((scores[0] - expect).abs() < 1e-12, "{scores:?}");
    assert_eq!(scores[1], 0.0);
    let repeated = words.scores("oak, oak");
    assert!((repeated[0] - 2.0 * expect).abs() < 1e-12, "{repeated:?}");
}

#[test]
fn deviations_of_equal_scores_are_zero() {
    assert_eq!(deviations(&[2.0, 2.0]), [0.0, 0.0]);
    assert_eq!(deviations(&[1.0, 3.0]), [-1.0, 1.0]);
    assert_eq!(deviations(&[]), [0.0; 0]);
}
