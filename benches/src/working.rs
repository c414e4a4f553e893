//! The workloads of tier 1: writing and reading messages, searching them, and what a large memory
//! costs. Contenders take turns in one run on one disk, with the same texts.

mod reads;
mod rival;
pub mod text;
pub mod volume;
mod writes;

use crate::{Size, report::Report};

/// A part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Single and batched writes, beside rivals.
    Writes,
    /// Reads, searches and a mixed load over 100,000 messages.
    Reads,
    /// RAM with a file of 1 GB, and opening it.
    Volume,
    /// The cost of a write from the first to the five millionth: some ten minutes.
    Growth,
}

impl Part {
    /// Every part, by the name that the command line gives it.
    pub const ALL: [(&str, Part); 4] = [
        ("writes", Part::Writes),
        ("reads", Part::Reads),
        ("volume", Part::Volume),
        ("growth", Part::Growth),
    ];
    /// Those that run unless others are named.
    pub const DEFAULT: [Part; 3] = [Part::Writes, Part::Reads, Part::Volume];
}

/// Runs these parts.
///
/// # Panics
/// When the disk below the directory for temporary files does not take what is written.
#[must_use]
pub fn run(size: Size, parts: &[Part]) -> Report {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let mut report = Report::default();
    for part in parts {
        match part {
            Part::Writes => writes::measure(size, &runtime, &mut report),
            Part::Reads => reads::measure(size, &runtime, &mut report),
            Part::Volume => volume::large(size, &runtime, &mut report),
            Part::Growth => volume::growth(size, &runtime, &mut report),
        }
    }
    report
}
