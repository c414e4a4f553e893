//! Transformers of the BERT, DistilBERT and XLM-RoBERTa families, and one with int8 weights.

#[cfg(feature = "bert")]
mod distil;
#[cfg(feature = "bert")]
mod files;
#[cfg(feature = "bert")]
mod float;
#[cfg(feature = "int8")]
mod int8;
mod kernels;
mod lanes;
#[cfg(feature = "bert")]
mod network;
mod norm;
mod schedule;
mod settings;
#[cfg(feature = "bert")]
mod tokens;
#[cfg(feature = "bert")]
mod weights;

#[cfg(feature = "bert")]
pub use float::{Bert, BertOptions};
#[cfg(feature = "int8")]
pub use int8::Int8Bert;
#[cfg(feature = "distill")]
pub use int8::encode_int8;
#[cfg(feature = "families")]
pub(crate) use lanes::Lanes;
use norm::Norm;
#[cfg(feature = "families")]
pub(crate) use schedule::{Sequence, check_finite, in_batches, in_order};
use settings::Activation;
pub(crate) use settings::Pooling;
#[cfg(feature = "bert")]
pub(crate) use tokens::Tokens;
