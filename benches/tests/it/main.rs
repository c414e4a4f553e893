//! Every workload at its smoke size, and checks that a busy machine cannot measure.
#![allow(clippy::unwrap_used)]

mod embedding;
#[cfg(feature = "longterm")]
mod longterm;
mod operational;
#[cfg(feature = "longterm")]
mod service;
mod working;
