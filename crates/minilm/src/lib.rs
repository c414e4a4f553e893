#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! [`model`] returns the shared instance of the process, [`load`] a new one; [`Int8Bert`] computes
//! the vectors. The crate is separate because its asset is large.

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

/// Loads another instance of the model, for callers that set the number of threads
/// ([`Int8Bert::with_threads`]). It shares its weights with [`model`].
///
/// # Errors
/// [`Error::Damaged`] if the built-in asset is damaged.
pub fn load() -> Result<Int8Bert, Error> {
    Int8Bert::from_bytes(Cow::Borrowed(BYTES))
}
