//! Vectors of texts, from the model of the store.

use aios_embedding::Embedder;

/// Attempts to embed a text before it is stored without a vector.
const EMBED_TRIES: usize = 3;

/// The vector of a text, or the reason for its absence.
#[derive(Debug)]
pub(crate) enum Embedded {
    Vector(Vec<f32>),
    /// The text has no word that the model knows.
    Nothing,
    /// The model failed, or returned an unusable vector.
    Failed,
    /// The store takes the caller's own vectors, and none was given.
    Missing,
    /// The vector is computed in the background.
    Later,
}

impl Embedded {
    pub(super) fn new(vector: Vec<f32>, dimension: usize) -> Embedded {
        if vector.len() != dimension || !vector.iter().all(|number| number.is_finite()) {
            Embedded::Failed
        } else if vector.iter().all(|number| *number == 0.0) {
            Embedded::Nothing
        } else {
            Embedded::Vector(vector)
        }
    }

    pub(crate) fn numbers(self) -> Option<Vec<f32>> {
        match self {
            Embedded::Vector(vector) => Some(vector),
            Embedded::Nothing | Embedded::Failed | Embedded::Missing | Embedded::Later => None,
        }
    }
}

/// Embeds the texts as a batch. If that fails, embeds each text by itself, so that one that cannot
/// be embedded does not affect the others.
pub(crate) fn embed(embedder: &dyn Embedder, texts: &[&str]) -> Vec<Embedded> {
    let dimension = embedder.dimension();
    if let Ok(vectors) = embedder.embed_documents(texts)
        && vectors.len() == texts.len()
    {
        return vectors.into_iter().map(|vector| Embedded::new(vector, dimension)).collect();
    }
    let single = |text: &&str| {
        let mut tries = (0..EMBED_TRIES).map(|_| embedder.embed_documents(&[text]));
        match tries.find_map(|result| result.ok()?.pop()) {
            Some(vector) => Embedded::new(vector, dimension),
            None => {
                tracing::warn!(bytes = text.len(), "storing a text without a vector");
                Embedded::Failed
            }
        }
    };
    texts.iter().map(single).collect()
}
