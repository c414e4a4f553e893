//! The service compared with calls in the process: prints one table and writes it to
//! `bench/service.json` in the target directory. `--seconds N` is the duration of the mixed load
//! (default 20). `--smoke` runs the small size, as a test.

use std::{env, process::ExitCode};

use aios_memory_benches::{Size, service};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let seconds = arguments.iter().skip_while(|argument| *argument != "--seconds").nth(1);
    let seconds = seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(20);
    service::run(Size::of(&arguments), seconds).conclude("service")
}
