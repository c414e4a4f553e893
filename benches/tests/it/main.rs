//! Every workload at its smoke size, and what cannot be measured in a busy run.

mod embedding;
mod operational;
mod working;
