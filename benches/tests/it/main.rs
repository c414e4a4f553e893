//! Every workload at its smoke size, and what cannot be measured in a busy run.

mod operational;
mod working;
