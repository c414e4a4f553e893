//! Every workload at its smoke size, and what cannot be measured in a busy run.
#![allow(clippy::unwrap_used)]

mod embedding;
#[cfg(feature = "longterm")]
mod longterm;
mod operational;
mod working;
