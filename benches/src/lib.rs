//! Workloads of the tiers, each beside its rivals in the same run: the ratio is the result, since
//! the absolute figures of a machine drift.
//!
//! One module per tier. Every workload takes a [`Size`]: the real one is measured, the smoke one
//! runs in the test suite, so that no workload rots (those of tier 2 with the feature `longterm`,
//! which `cargo xtask test` selects). A workload returns a checksum or asserts what it can, so that
//! nothing is measured that does not happen.
//!
//! ```text
//! one table, and target/bench/operational.json
//!     cargo bench -p aios-memory-benches --bench operational
//! the embedders
//!     cargo xtask bench embedding [MODEL_DIRECTORY]
//! tier 2, with LanceDB in the graph
//!     cargo xtask bench longterm [--million] [--rivals]
//! single operations
//!     cargo bench -p aios-memory-benches --bench operational_criterion
//! ```

pub mod embedding;
#[cfg(feature = "longterm")]
pub mod longterm;
pub mod numbers;
pub mod operational;
mod python;
pub mod report;
mod status;
pub mod working;

/// How much work a workload does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Enough to run every line once or twice.
    Smoke,
    /// Enough to measure.
    Real,
}

impl Size {
    /// The size that a program's arguments ask for. `cargo bench` passes `--bench`; without it (as
    /// `cargo test --benches` runs these programs), or with `--smoke`, it is not a measurement.
    #[must_use]
    pub fn of(arguments: &[String]) -> Size {
        let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
        if asked("--bench") && !asked("--smoke") { Size::Real } else { Size::Smoke }
    }

    /// `smoke` or `real`, as this size says.
    #[must_use]
    pub fn pick<T>(self, smoke: T, real: T) -> T {
        match self {
            Size::Smoke => smoke,
            Size::Real => real,
        }
    }
}
