//! Text to vector: a bundled static model, BERT-family models from disk.
//!
//! ```
//! use aios_embedding::{Embedder, StaticModel};
//!
//! let model = StaticModel::bundled()?;
//! let vectors = model.embed_documents(&["the cat sleeps", "a kitten naps", "quarterly taxes"])?;
//! let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
//! assert!(dot(&vectors[0], &vectors[2]) < dot(&vectors[0], &vectors[1]));
//! # Ok::<(), aios_embedding::Error>(())
//! ```

#[cfg(feature = "bert")]
mod bert;
#[cfg(feature = "distill")]
pub mod distill;
mod embedder;
mod error;
mod file;
mod fingerprint;
mod static_model;
mod vector;
mod wordpiece;

#[cfg(feature = "bert")]
pub use bert::{Bert, BertOptions};
pub use embedder::Embedder;
pub use error::{Damage, Error};
pub use fingerprint::Fingerprint;
pub use static_model::{StaticModel, StaticTable};
