//! Embedding: prints one table and writes it to `bench/embedding.json` in the target directory. The
//! BERT is in the directory that an argument or `AIOS_BENCH_MODEL` names; ONNX Runtime runs beside
//! it, from the Python that `AIOS_BENCH_PYTHON` names; with `--smoke` it is small: to see that it
//! runs.
#![allow(clippy::print_stdout)]

use std::{env, path::PathBuf, process::ExitCode};

use aios_memory_benches::{
    Size,
    embedding::{self, MODEL, Options},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // `cargo test` runs bench targets too; without `--bench` it is not a measurement.
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let size = if asked("--bench") && !asked("--smoke") { Size::Real } else { Size::Smoke };
    let named = arguments.iter().find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let model = named.or_else(|| env::var_os(MODEL).map(PathBuf::from));
    let report = embedding::run(&Options { size, model });
    println!("{report}");
    match report.save("embedding") {
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
