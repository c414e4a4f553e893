//! Tier 0 beside its rivals: prints one table and writes it to `bench/operational.json` in the
//! target directory. `--smoke` runs the small size, as a test.

use std::{env, process::ExitCode};

use aios_memory_benches::{Size, operational};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    operational::run(Size::of(&arguments)).conclude("operational")
}
