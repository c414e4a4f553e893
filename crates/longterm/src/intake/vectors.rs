//! Origin of a store's vectors: a model that embeds its texts, or the callers.

use std::sync::Arc;

use aios_embedding::{Embedder, Fingerprint};

use crate::{Error, error::VectorProblem};

/// The vector space of a store whose callers bring their own vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Name of the space. Vectors are compared only within spaces of the same name.
    pub fingerprint: Fingerprint,
    /// Numbers per vector.
    pub dimension: usize,
}

/// Origin of a store's vectors.
#[derive(Clone)]
pub(crate) enum Vectors {
    Model(Arc<dyn Embedder>),
    /// Each record and each query brings its own vector.
    Given(Space),
}

/// Approximate bytes per token, if no model counts them.
const TOKEN_BYTES: usize = 4;

impl Vectors {
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Vectors::Model(model) => model.fingerprint().to_string(),
            Vectors::Given(space) => space.fingerprint.to_string(),
        }
    }

    /// Returns `true` if computing them takes no longer than storing them.
    pub(crate) fn are_fast(&self) -> bool {
        match self {
            Vectors::Model(model) => model.is_fast(),
            Vectors::Given(_) => false,
        }
    }

    pub(crate) fn dimension(&self) -> usize {
        match self {
            Vectors::Model(model) => model.dimension(),
            Vectors::Given(space) => space.dimension,
        }
    }

    pub(crate) fn count_tokens(&self, text: &str) -> usize {
        match self {
            Vectors::Model(model) => model.count_tokens(text),
            Vectors::Given(_) => text.len().div_ceil(TOKEN_BYTES),
        }
    }

    pub(crate) fn tokens_max(&self) -> Option<usize> {
        match self {
            Vectors::Model(model) => model.tokens_max(),
            Vectors::Given(_) => None,
        }
    }

    /// Returns the vector of a query, all zeros if the model knows none of its words. Embeds, so it
    /// must not run on an async worker.
    pub(crate) fn of_query(&self, text: &str, given: Option<Vec<f32>>) -> Result<Vec<f32>, Error> {
        const QUERY: &str = "the query";
        match (self, given) {
            (Vectors::Model(model), None) if is_figures(text) => Ok(vec![0.0; model.dimension()]),
            (Vectors::Model(model), None) => Ok(model.embed_query(text)?),
            (Vectors::Given(_), None) => Err(Error::VectorMissing { of: QUERY.to_owned() }),
            (_, Some(vector)) => self.take(QUERY, vector),
        }
    }

    /// Returns the vector that a caller gave for `of`, scaled to length 1. A vector of zeros is
    /// unchanged.
    pub(crate) fn take(&self, of: &str, mut vector: Vec<f32>) -> Result<Vec<f32>, Error> {
        let unfit = |problem| Error::VectorUnfit { of: of.to_owned(), problem };
        match self {
            Vectors::Model(model) => {
                let model = model.fingerprint().to_string();
                Err(unfit(VectorProblem::Unwanted { model }))
            }
            Vectors::Given(Space { dimension, .. }) if vector.len() != *dimension => {
                let found = vector.len();
                Err(unfit(VectorProblem::Dimension { expected: *dimension, found }))
            }
            Vectors::Given(_) => {
                let square = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>();
                if !square.is_finite() {
                    return Err(unfit(VectorProblem::NotFinite));
                }
                let length = square.sqrt().max(f64::MIN_POSITIVE);
                vector.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
                Ok(vector)
            }
        }
    }
}

/// Returns `true` for figures (numbers, dates, codes, formulas): texts whose letters and digits are
/// ASCII, with no two letters in a row. They have no meaning beyond their characters, although a
/// model puts other numbers near `1299`.
fn is_figures(text: &str) -> bool {
    let mut written = text.chars().filter(|c| c.is_alphanumeric()).peekable();
    let is_ascii = written.peek().is_some() && written.all(|c| c.is_ascii());
    let is_letter = u8::is_ascii_alphabetic;
    is_ascii && !text.as_bytes().windows(2).any(|pair| pair.iter().all(is_letter))
}
