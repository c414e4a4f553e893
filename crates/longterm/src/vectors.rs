//! Where a store's vectors come from: a model that embeds its texts, or the callers, who make them
//! by means of their own.

use std::sync::Arc;

use aios_embedding::{Embedder, Fingerprint};

use crate::Error;

/// The space in which vectors lie that callers make themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Names it. Vectors are compared with those of an equal name only.
    pub fingerprint: Fingerprint,
    /// How many numbers a vector has.
    pub dimension: usize,
}

/// Where the vectors of a store come from.
#[derive(Clone)]
pub(crate) enum Vectors {
    Model(Arc<dyn Embedder>),
    /// Each record and each query brings its own.
    Given(Space),
}

/// About so many bytes of a text are a token, where no model counts them.
const TOKEN_BYTES: usize = 4;

impl Vectors {
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Vectors::Model(model) => model.fingerprint().to_string(),
            Vectors::Given(space) => space.fingerprint.to_string(),
        }
    }

    /// Returns `true` if making them takes no longer than storing them.
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

    /// The vector of a query, all zeros where no word of it is known. Embeds, so not for an async
    /// worker.
    pub(crate) fn of_query(&self, text: &str, given: Option<Vec<f32>>) -> Result<Vec<f32>, Error> {
        const QUERY: &str = "the query";
        match (self, given) {
            (Vectors::Model(model), None) if is_figures(text) => Ok(vec![0.0; model.dimension()]),
            (Vectors::Model(model), None) => Ok(model.embed_query(text)?),
            (Vectors::Given(_), None) => Err(Error::VectorMissing { of: QUERY.to_owned() }),
            (_, Some(vector)) => self.take(QUERY, vector),
        }
    }

    /// A vector that a caller gave for `of`, at length 1; all zeros stay so.
    pub(crate) fn take(&self, of: &str, mut vector: Vec<f32>) -> Result<Vec<f32>, Error> {
        let unfit = |problem| Error::VectorUnfit { of: of.to_owned(), problem };
        match self {
            Vectors::Model(model) => {
                let by = model.fingerprint();
                Err(unfit(format!("the store embeds texts by itself, with `{by}`; leave it out")))
            }
            Vectors::Given(Space { dimension, .. }) if vector.len() != *dimension => {
                let count = vector.len();
                Err(unfit(format!("it has {count} numbers, those of the store have {dimension}")))
            }
            Vectors::Given(_) => {
                let square = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>();
                if !square.is_finite() {
                    return Err(unfit("not all of its numbers are finite".to_owned()));
                }
                let length = square.sqrt().max(f64::MIN_POSITIVE);
                vector.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
                Ok(vector)
            }
        }
    }
}

/// Returns `true` for numbers, dates, codes and formulas, which have no meaning but their signs: to
/// a model other numbers are near `1299`. That is, for letters and digits of ASCII where no two
/// letters follow each other.
fn is_figures(text: &str) -> bool {
    let mut written = text.chars().filter(|c| c.is_alphanumeric()).peekable();
    let is_ascii = written.peek().is_some() && written.all(|c| c.is_ascii());
    let is_letter = u8::is_ascii_alphabetic;
    is_ascii && !text.as_bytes().windows(2).any(|pair| pair.iter().all(is_letter))
}
