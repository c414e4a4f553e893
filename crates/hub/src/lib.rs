#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - A [`HubCache`] is the cache of the hub's own library, which other programs share.
//!   [`list`](HubCache::list) returns its [`CachedModel`]s.
//! - `pull_model`, with the feature `pull`, downloads those files of a [`ModelName`] that the
//!   embedder reads.
//!
//! # Invariants
//! - Only `pull_model` accesses the network, and only when called.
//! - A file appears in the cache only after its size and its hash were verified. An interrupted
//!   download resumes.
//!
//! # What this crate does not do
//! It does not remove or open models. `aios-embedding` finds the model of a setting in the cache.
//!
//! # Features
//! - `pull`: the download.

mod error;
#[cfg(feature = "pull")]
mod pull;

pub use aios_embedding::{CachedModel, HubCache, ModelName, ModelNameError};

pub use self::error::Error;
#[cfg(feature = "pull")]
pub use self::pull::{HUB, pull_model};
