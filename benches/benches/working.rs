//! Tier 1 beside its rivals: prints one table and writes it to `bench/working.json` in the target
//! directory. By default, all parts run except `growth`, which takes long and must be named.
//! `--smoke` runs the small size, as a test.
#![allow(clippy::print_stdout)]

use std::{env, path::Path, process::ExitCode};

use aios_memory_benches::{
    Size,
    working::{self, Part, volume},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, path] = arguments.as_slice()
        && flag == volume::LOOK
    {
        println!("{}", volume::looked_at(Path::new(path)));
        return ExitCode::SUCCESS;
    }
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let mut parts: Vec<Part> =
        Part::ALL.iter().filter(|(name, _)| asked(name)).map(|(_, part)| *part).collect();
    if parts.is_empty() {
        parts = Part::DEFAULT.to_vec();
    }
    working::run(Size::of(&arguments), &parts).conclude("working")
}
