//! What every embedder can do.

use std::sync::Arc;

use crate::{Error, Fingerprint};

/// Turns text into vectors whose dot product says how alike the texts are.
///
/// Every vector is L2-normalised. A text without a single known token gives all zeros, which is
/// alike to nothing.
///
/// Calls compute on the thread that makes them (a BERT adds its own threads): keep them off async
/// workers.
pub trait Embedder: Send + Sync {
    /// The vectors of texts that are to be found, in the order of the texts.
    ///
    /// # Errors
    /// [`Error::Compute`] when the model refuses a text.
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error>;

    /// The vector of a text that is searched for. Some models treat a question otherwise than a
    /// document.
    ///
    /// # Errors
    /// [`Error::Compute`] when the model refuses the text.
    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error>;

    /// How many tokens `text` has for this model, without special tokens and without truncation.
    fn count_tokens(&self, text: &str) -> usize;

    /// How many tokens of a document, as [`count_tokens`](Embedder::count_tokens) counts them, tell
    /// in its vector; what follows does not. None, unless told, where all do.
    fn tokens_max(&self) -> Option<usize> {
        None
    }

    /// Returns `true` if embedding a text takes no longer than storing it, so that nobody gains by
    /// doing it later. Default: `false`.
    fn is_fast(&self) -> bool {
        false
    }

    /// The length of every vector.
    fn dimension(&self) -> usize;

    /// The space in which the vectors lie.
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
