//! `cargo xtask <verb>`: the commands for contributors.
//!
//! Every verb runs cargo, or the binary of the workspace, with suitable arguments. Code that users
//! need is in the crates and available through the binary. Dependencies stay few, so that the first
//! `cargo xtask` starts within seconds.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod bench;
mod child;
mod ci;
mod demo;
mod distill;
mod error;
mod eval;
mod first_build;
mod fixture;
mod migrate;
mod protoc;
mod test;
mod tidy;
mod verify;

use std::process::ExitCode;

use error::Error;

/// The verbs: usage, purpose and function.
const VERBS: &[Verb] = &[
    Verb::new("demo [ARGS]", "run the demo, in a temporary directory", demo::run),
    Verb::new("test [ARGS]", "run the whole test suite; ARGS go to cargo test", test::run),
    Verb::new(ci::USAGE, "run what CI runs: format, tidy, clippy, docs, loom, tests", ci::run),
    Verb::new(tidy::USAGE, "check the project rules that no compiler checks", tidy::run),
    Verb::new(eval::USAGE, "measure retrieval; ARGS go to aios-memory eval", eval::run),
    Verb::new(bench::USAGE, "measure speed: criterion, or tables beside rivals", bench::run),
    Verb::new("verify [NAME...]", "run the proofs: models, kills, power cuts, hosts", verify::run),
    Verb::new(distill::USAGE, "build the bundled model, or measure it", distill::run),
    Verb::new("fixture", "make the fixture of the current formats on disk", fixture::run),
    Verb::new(migrate::USAGE, "migrate a data directory to the current schema", migrate::run),
];

struct Verb {
    /// Name, followed by its arguments, if any.
    usage: &'static str,
    purpose: &'static str,
    run: fn(&[String]) -> Result<(), Error>,
}

impl Verb {
    const fn new(
        usage: &'static str,
        purpose: &'static str,
        run: fn(&[String]) -> Result<(), Error>,
    ) -> Self {
        Self { usage, purpose, run }
    }

    fn name(&self) -> &'static str {
        self.usage.split(' ').next().unwrap_or_default()
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Error> {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "-h" | "--help") {
        print!("{}", help());
        return Ok(());
    }
    match VERBS.iter().find(|verb| verb.name() == name) {
        Some(verb) => (verb.run)(rest),
        None => Err(Error::UnknownVerb { name: name.clone() }),
    }
}

fn help() -> String {
    let mut text = String::from("cargo xtask <verb>\n\n");
    let width = VERBS.iter().map(|verb| verb.usage.len()).max().unwrap_or_default();
    for Verb { usage, purpose, .. } in VERBS {
        text.push_str(&format!("  {usage:<width$}  {purpose}\n"));
    }
    text
}
