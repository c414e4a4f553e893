//! Every workload at its smoke size, and checks that do not depend on the load of the machine.
#![allow(clippy::unwrap_used)]

mod embedding;
#[cfg(feature = "longterm")]
mod longterm;
mod operational;
#[cfg(feature = "longterm")]
mod service;
mod working;
