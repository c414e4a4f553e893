#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - An [`Embedder`] turns texts into vectors of length 1, whose dot product is the similarity of
//!   the texts, and counts their tokens.
//! - [`StaticModel`] is a table of word-piece vectors. The [bundled](StaticModel::bundled) one is
//!   English, loads in milliseconds, and embeds hundreds of thousands of short texts a second on
//!   one core.
//! - [`Bert`] is a transformer of the BERT, DistilBERT or XLM-RoBERTa family in a local directory:
//!   slower by three orders of magnitude, but with better semantics. [`open_transformer`] opens a
//!   model of any supported family.
//! - [`Int8Bert`] is a BERT in one file, with int8 weights: English, uncased, four times smaller
//!   and several times faster.
//! - [`HubCache`] finds models in the cache of the Hugging Face hub.
//! - [`related_terms`] returns the English words of nearly the same meaning as a given one.
//! - [`Cached`] caches the vectors of recurring texts.
//! - A [`Fingerprint`] identifies an embedding space; vectors of two spaces must never be compared.
//!
//! `CrossEncoder` needs the feature `families`, the module `distill` the feature `distill`. The
//! crate starts threads only for inference.

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
