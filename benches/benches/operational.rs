//! Tier 0 beside its rivals: prints one table and writes it to `bench/operational.json` in the
//! target directory. With `--smoke`, small: to see that it runs.

use std::{env, process::ExitCode};

use aios_memory_benches::{Size, operational};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    operational::run(Size::of(&arguments)).conclude("operational")
}
