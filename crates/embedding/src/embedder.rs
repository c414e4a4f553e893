//! The interface of all embedders.

use std::sync::Arc;

use crate::{Error, Fingerprint};

/// Turns texts into vectors whose dot product is the similarity of the texts.
///
/// Every vector is L2-normalised. The vector of a text without a known token is all zeros, which
/// are similar to nothing.
///
/// Calls compute on the calling thread (a BERT adds its own threads). Keep them off async workers.
pub trait Embedder: Send + Sync {
    /// Returns the vectors of documents to be searched, in the order of `texts`.
    ///
    /// # Errors
    /// [`Error::Compute`] if the model refuses a text.
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error>;

    /// Returns the vector of a query. Some models treat queries differently from documents.
    ///
    /// # Errors
    /// [`Error::Compute`] if the model refuses the text.
    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error>;

    /// Returns the number of tokens of `text` for this model, without special tokens and without
    /// truncation.
    fn count_tokens(&self, text: &str) -> usize;

    /// Returns the maximum number of tokens of a document, as counted by
    /// [`count_tokens`](Embedder::count_tokens), that contribute to its vector; the rest is
    /// ignored. `None` if there is no limit. Default: `None`.
    fn tokens_max(&self) -> Option<usize> {
        None
    }

    /// Returns `true` if embedding a text takes no longer than storing it, in which case deferring
    /// it gains nothing. Default: `false`.
    fn is_fast(&self) -> bool {
        false
    }

    /// Returns the length of every vector.
    fn dimension(&self) -> usize;

    /// Returns the fingerprint of the space of the vectors.
    fn fingerprint(&self) -> &Fingerprint;
}

impl<E: Embedder + ?Sized> Embedder for Arc<E> {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        (**self).embed_documents(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        (**self).embed_query(text)
    }

    fn count_tokens(&self, text: &str) -> usize {
        (**self).count_tokens(text)
    }

    fn tokens_max(&self) -> Option<usize> {
        (**self).tokens_max()
    }

    fn is_fast(&self) -> bool {
        (**self).is_fast()
    }

    fn dimension(&self) -> usize {
        (**self).dimension()
    }

    fn fingerprint(&self) -> &Fingerprint {
        (**self).fingerprint()
    }
}
