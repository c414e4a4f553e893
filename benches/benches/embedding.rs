//! Embedding: prints one table and writes it to `bench/embedding.json` in the target directory. An
//! argument or `AIOS_BENCH_MODEL` names the directory of the BERT. ONNX Runtime runs beside it, in
//! the Python interpreter named by `AIOS_BENCH_PYTHON`. `--smoke` runs the small size, as a test.

use std::{env, path::PathBuf, process::ExitCode};

use aios_memory_benches::{
    Size,
    embedding::{self, MODEL, Options},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let named = arguments.iter().find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let model = named.or_else(|| env::var_os(MODEL).map(PathBuf::from));
    embedding::run(&Options { size: Size::of(&arguments), model }).conclude("embedding")
}
