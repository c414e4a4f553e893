//! Opening a transformer of any family.

use std::{path::Path, sync::Arc};

use crate::{Bert, BertOptions, Embedder, Error};

/// Opens the transformer in `dir`, a sentence-transformers directory: a [`Bert`], or, with the
/// feature `families`, an encoder of another family (ModernBERT, NomicBERT, JinaBERT,
/// DeBERTa-v2, the encoder of T5).
///
/// # Errors
/// Same as [`Bert::open`].
pub fn open_transformer(
    dir: impl AsRef<Path>,
    options: BertOptions,
) -> Result<Arc<dyn Embedder>, Error> {
    let dir = dir.as_ref();
    #[cfg(feature = "families")]
    if let Some(encoder) = crate::families::Encoder::open(dir, &options)? {
        return Ok(Arc::new(encoder));
    }
    Ok(Arc::new(Bert::open(dir, options)?))
}
