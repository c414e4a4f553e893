//! Tier 2: prints one table and writes it to `bench/longterm.json` in the target directory.
//! `--million` extends the curve to a million records. `--rivals` runs other stores beside it, in
//! the Python interpreter named by `AIOS_BENCH_PYTHON`. `--questions` runs only questions without a
//! filter. `--smoke` runs the small size, as a test.
#![allow(clippy::print_stdout)]

use std::{env, path::Path, process::ExitCode};

use aios_memory_benches::{
    Size,
    longterm::{self, Model, Options, VISIT, VISIT_TRANSFORMER},
};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    for (visit, model) in [(VISIT, Model::Static), (VISIT_TRANSFORMER, Model::Transformer)] {
        if let Some(at) = arguments.iter().position(|argument| argument == visit) {
            let store = Path::new(&arguments[at + 1]);
            let visit = longterm::visited(store, model, Size::Real).await;
            println!("{}", serde_json::to_string(&visit).expect("numbers are plain data"));
            return ExitCode::SUCCESS;
        }
    }
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let options = Options {
        size: Size::of(&arguments),
        million: asked("--million"),
        rivals: asked("--rivals"),
        questions_only: asked("--questions"),
    };
    longterm::run(options).await.conclude("longterm")
}
