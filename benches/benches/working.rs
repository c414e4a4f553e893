//! Tier 1 beside its rivals: prints one table and writes it to `bench/working.json` in the target
//! directory. With `--smoke`, small: to see that it runs.
#![allow(clippy::print_stdout)]

use std::{env, process::ExitCode};

use aios_memory_benches::{Size, working::{self, Part}};

fn main() -> ExitCode {
    // `cargo test` runs bench targets too; without `--bench` it is not a measurement.
    let asked = |flag: &str| env::args().any(|argument| argument == flag);
    let size = if asked("--bench") && !asked("--smoke") { Size::Real } else { Size::Smoke };
    let mut parts: Vec<Part> =
        Part::ALL.iter().filter(|(name, _)| asked(name)).map(|(_, part)| *part).collect();
    if parts.is_empty() {
        parts = vec![Part::Writes, Part::Reads];
    }
    let report = working::run(size, &parts);
    println!("{report}");
    ExitCode::SUCCESS
}
