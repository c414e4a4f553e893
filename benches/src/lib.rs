//! Workloads of the tiers, each beside its rivals in the same run. The result is the ratio, because
//! the absolute measurements of a machine drift.
//!
//! One module per tier. Every workload takes a [`Size`]: the real size is measured; the smoke size
//! runs in the test suite, so that no workload breaks unnoticed (tier 2 needs the feature
//! `longterm`, which `cargo xtask test` enables). A workload returns a checksum or asserts its
//! results, so that no work is optimised away.
//!
//! ```text
//! one table, and target/bench/operational.json
//!     cargo bench -p aios-memory-benches --bench operational
//! the embedders
//!     cargo xtask bench embedding [MODEL_DIRECTORY]
//! tier 2, with LanceDB in the graph
//!     cargo xtask bench longterm [--million] [--rivals]
//! the service
//!     cargo xtask bench service [--seconds N]
//! single operations
//!     cargo xtask bench [--save-baseline NAME | --baseline NAME]
//! ```

pub mod embedding;
#[cfg(feature = "longterm")]
pub mod longterm;
pub mod numbers;
pub mod operational;
mod python;
pub mod report;
#[cfg(feature = "longterm")]
pub mod service;
mod status;
pub mod working;

/// Amount of work of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Enough to run every line once or twice.
    Smoke,
    /// Enough to measure.
    Real,
}

impl Size {
    /// Returns the size requested by the arguments: [`Size::Real`] with `--bench`, which `cargo
    /// bench` passes, and without `--smoke`; otherwise [`Size::Smoke`], as for `cargo test
    /// --benches`.
    #[must_use]
    pub fn of(arguments: &[String]) -> Size {
        let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
        if asked("--bench") && !asked("--smoke") { Size::Real } else { Size::Smoke }
    }

    /// Returns `smoke` or `real`, depending on the size.
    #[must_use]
    pub fn pick<T>(self, smoke: T, real: T) -> T {
        match self {
            Size::Smoke => smoke,
            Size::Real => real,
        }
    }
}
