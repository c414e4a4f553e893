//! Text embeddings: a bundled static model, and BERT-family models from disk.
//!
//! ```
//! use aios_embedding::{Embedder, StaticModel};
//!
//! let model = StaticModel::bundled()?;
//! let documents = model.embed_documents(&["nginx went down", "a kitten naps"])?;
//! let query = model.embed_query("which server crashed?")?;
//! let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
//! assert!(dot(&query, &documents[1]) < dot(&query, &documents[0]));
//! # Ok::<(), aios_embedding::Error>(())
//! ```
//!
//! - An [`Embedder`] turns texts into vectors of length 1, whose dot product is the similarity of
//!   the texts, and counts their tokens.
//! - [`StaticModel`] is a table of word-piece vectors: [bundled](StaticModel::bundled), English,
//!   loaded in milliseconds, hundreds of thousands of short texts a second on one core.
//! - [`Bert`] is a transformer of the BERT, DistilBERT or XLM-RoBERTa family in a local directory:
//!   slower by three orders of magnitude, with better semantics. [`open_transformer`] opens a model
//!   of any supported family.
//! - [`Int8Bert`] is a BERT in one file, with int8 weights: English, uncased, four times smaller
//!   and several times faster.
//! - [`HubCache`] finds models in the cache of the Hugging Face hub.
//! - [`related_terms`] returns the English words of nearly the same meaning as a given one.
//! - [`Cached`] caches the vectors of recurring texts.
//! - A [`Fingerprint`] identifies an embedding space; vectors of two spaces must never be compared.
//!
//! Not here: downloads, indexes, chunking, threads other than those of an inference.
//!
//! # Features
//!
//! - `bert` (default): [`Bert`], with faer, candle and tokenizers. Without it none of them is a
//!   dependency.
//! - `families`: encoders of more families for [`open_transformer`], and `CrossEncoder`, with
//!   candle-transformers.
//! - `int8` (default): [`Int8Bert`], which needs none of them.
//! - `distill`: creation of the bundled tables, as the module `distill` and a binary.

#[cfg(any(feature = "bert", feature = "int8"))]
mod bert;
mod cached;
#[cfg(feature = "bert")]
mod dense;
#[cfg(feature = "bert")]
mod directory;
#[cfg(feature = "distill")]
pub mod distill;
mod embedder;
mod error;
#[cfg(feature = "families")]
mod families;
mod file;
mod fingerprint;
#[cfg(feature = "bert")]
mod hub;
mod learned;
mod related;
mod static_model;
#[cfg(feature = "bert")]
mod tensors;
#[cfg(feature = "bert")]
mod transformer;
mod vector;
mod wordpiece;

#[cfg(feature = "int8")]
pub use bert::Int8Bert;
#[cfg(feature = "bert")]
pub use bert::{Bert, BertOptions};
pub use cached::Cached;
#[cfg(feature = "bert")]
pub use directory::FileNames;
pub use embedder::Embedder;
pub use error::{Damage, Error};
#[cfg(feature = "families")]
pub use families::CrossEncoder;
pub use fingerprint::Fingerprint;
#[cfg(feature = "bert")]
pub use hub::{CachedModel, HubCache, ModelName, ModelNameError};
pub use related::related_terms;
pub use static_model::{StaticModel, StaticTable};
#[cfg(feature = "bert")]
pub use transformer::open_transformer;
