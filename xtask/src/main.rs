//! `cargo xtask <verb>`: what a contributor runs, under one name.
//!
//! Every verb spawns cargo, or the one binary of the workspace, with the arguments that belong to
//! it. Thin on purpose: what a user needs lives in the crates and is reached through the binary,
//! and nothing here is worth waiting for, so that the first `cargo xtask` starts within seconds.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod bench;
mod child;
mod ci;
mod demo;
mod distill;
mod error;
mod eval;
mod migrate;
mod protoc;
mod test;
mod tidy;
mod verify;

use std::process::ExitCode;

use error::Error;

/// The verbs: name, arguments, what it does, how.
const VERBS: &[Verb] = &[
    Verb::new("demo", "[ARGS]", "a small agent's day, in a throw-away directory", demo::run),
    Verb::new("test", "[ARGS]", "the whole test suite; ARGS go to cargo test", test::run),
    Verb::new("ci", "", "format, tidy, clippy, docs, and the test suite", ci::run),
    Verb::new("tidy", "", "the rules of the house that no compiler knows", tidy::run),
    Verb::new("eval", "[--release] FILE... [-- ARGS]", "retrieval quality, one table", eval::run),
    Verb::new("bench", "NAME [ARGS]", "the benchmarks of one tier", bench::run),
    Verb::new("verify", "[NAME...]", "the long proofs: models, kill rounds", verify::run),
    Verb::new("distill", "--from DIR [--out DIR]", "makes the bundled model", distill::run),
    Verb::new("migrate", "DIR [ARGS]", "brings a data directory up to date", migrate::run),
];

struct Verb {
    name: &'static str,
    arguments: &'static str,
    purpose: &'static str,
    run: fn(&[String]) -> Result<(), Error>,
}

impl Verb {
    const fn new(
        name: &'static str,
        arguments: &'static str,
        purpose: &'static str,
        run: fn(&[String]) -> Result<(), Error>,
    ) -> Self {
        Self { name, arguments, purpose, run }
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
    match VERBS.iter().find(|verb| verb.name == name) {
        Some(verb) => (verb.run)(rest),
        None => Err(Error::UnknownVerb { name: name.clone() }),
    }
}

fn help() -> String {
    let mut text = String::from("cargo xtask <verb>\n\n");
    for Verb { name, arguments, purpose, .. } in VERBS {
        let call = format!("{name} {arguments}");
        text.push_str(&format!("  {call:<36}  {purpose}\n"));
    }
    text
}
