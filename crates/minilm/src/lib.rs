//! all-MiniLM-L6-v2 with int8 weights, as part of the program.
//!
//! ```
//! use aios_embedding::Embedder;
//!
//! let model = aios_minilm::model()?;
//! let query = model.embed_query("which server crashed?")?;
//! let texts = model.embed_documents(&["a kitten naps", "nginx went down"])?;
//! let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
//! assert!(dot(&query, &texts[0]) < dot(&query, &texts[1]));
//! # Ok::<(), aios_embedding::Error>(())
//! ```
//!
//! A separate crate, because its asset of 17 MB exceeds the size limit of crate registries: depend
//! on it by path or git. [`Int8Bert`] computes the vectors; `assets/README.md` documents the
//! asset's creation.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use aios_embedding::{Error, Int8Bert};

static BYTES: &[u8] = include_bytes!("../assets/int8-bert.bin");
static MODEL: OnceLock<Arc<Int8Bert>> = OnceLock::new();

/// Returns the model: English, uncased, 384 dimensions, texts of at most 254 tokens. Loaded once
/// per process, in about 15 ms.
///
/// # Errors
/// [`Error::Damaged`] if the built-in asset is damaged.
pub fn model() -> Result<Arc<Int8Bert>, Error> {
    if let Some(model) = MODEL.get() {
        return Ok(Arc::clone(model));
    }
    let model = load()?;
    Ok(Arc::clone(MODEL.get_or_init(|| Arc::new(model))))
}

/// Loads another instance of the model, for a caller that sets its threads
/// ([`Int8Bert::with_threads`]). Its weights are shared with [`model`].
///
/// # Errors
/// [`Error::Damaged`] if the built-in asset is damaged.
pub fn load() -> Result<Int8Bert, Error> {
    Int8Bert::from_bytes(Cow::Borrowed(BYTES))
}
