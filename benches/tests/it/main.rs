//! Every workload at its smoke size, and what cannot be measured in a busy run.
#![allow(clippy::unwrap_used)]

mod embedding;
mod operational;
mod working;
