//! Workloads of tier 1: writing, reading and searching messages, reading facts, and the cost of a
//! large memory. Contenders are interleaved in one run on one disk, with the same texts.

mod facts;
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
    /// Reads of 100,000 facts of one owner.
    Facts,
    /// RAM use with a file of 1 GB, and opening it.
    Volume,
    /// The cost of a write, from the first to the five millionth. Takes about ten minutes.
    Growth,
}

impl Part {
    /// All parts, with their names on the command line.
    pub const ALL: [(&str, Part); 5] = [
        ("writes", Part::Writes),
        ("reads", Part::Reads),
        ("facts", Part::Facts),
        ("volume", Part::Volume),
        ("growth", Part::Growth),
    ];
    /// The parts that run by default.
    pub const DEFAULT: [Part; 4] = [Part::Writes, Part::Reads, Part::Facts, Part::Volume];
}

/// Runs the given parts.
///
/// # Panics
/// If the temporary directory cannot be written.
#[must_use]
pub fn run(size: Size, parts: &[Part]) -> Report {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let mut report = Report::default();
    for part in parts {
        match part {
            Part::Writes => writes::measure(size, &runtime, &mut report),
            Part::Reads => reads::measure(size, &runtime, &mut report),
            Part::Facts => facts::measure(size, &runtime, &mut report),
            Part::Volume => volume::large(size, &runtime, &mut report),
            Part::Growth => volume::growth(size, &runtime, &mut report),
        }
    }
    report
}
