//! Tier 0 beside its rivals: prints one table and writes it to `bench/operational.json` in the
//! target directory. With `--smoke`, small: to see that it runs.
#![allow(clippy::print_stdout)]

use std::{env, process::ExitCode};

use aios_memory_benches::{Size, operational};

fn main() -> ExitCode {
    // `cargo test` runs bench targets too; without `--bench` it is not a measurement.
    let asked = |flag: &str| env::args().any(|argument| argument == flag);
    let size = if asked("--bench") && !asked("--smoke") { Size::Real } else { Size::Smoke };
    let report = operational::run(size);
    println!("{report}");
    match report.save("operational") {
        Ok(path) => {
            println!("written to {}", path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("cannot write the report: {error}");
            ExitCode::FAILURE
        }
    }
}
