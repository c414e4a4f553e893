//! `ci`: all checks before a change lands, cheapest first.
//!
//! `.ci/run` calls this and nothing else.

use std::time::Instant;

use crate::child::Cargo;
use crate::error::Error;
use crate::test;

pub(crate) const USAGE: &str = "ci";

/// One step: a cargo command, and a variable that it needs.
struct Step {
    command: &'static str,
    env: Option<(&'static str, &'static str)>,
}

/// Clippy and rustdoc check every feature, to cover the tool behind `distill`, too.
const STEPS: &[Step] = &[
    Step { command: "cargo fmt --all -- --check", env: None },
    Step { command: "cargo xtask tidy", env: None },
    Step {
        command: "cargo clippy --locked --workspace --all-targets --all-features -- -D warnings",
        env: None,
    },
    // The parts that the default features bring must not be needed by the others. This leaves out
    // some third-party crates and changes no feature of one, so LanceDB is not built again.
    Step {
        command: "cargo clippy --locked -p aios-memory-cli --no-default-features -- -D warnings",
        env: None,
    },
    Step {
        command: "cargo doc --locked --workspace --all-features --no-deps",
        env: Some(("RUSTDOCFLAGS", "-D warnings")),
    },
    // One preemption here; `cargo xtask verify` by itself checks more.
    Step { command: "cargo xtask verify ring", env: Some(("LOOM_MAX_PREEMPTIONS", "1")) },
    Step { command: test::COMMAND, env: None },
];

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if !arguments.is_empty() {
        return Err(Error::Usage { usage: USAGE });
    }
    for step in STEPS {
        let started = Instant::now();
        let words: Vec<&str> = step.command.split(' ').skip(1).collect();
        let mut cargo = Cargo::new(&words);
        if let Some((name, value)) = step.env {
            cargo = cargo.env(name, value);
        }
        cargo.announced().run()?;
        eprintln!("  done in {} s", started.elapsed().as_secs());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
