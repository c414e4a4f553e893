//! `ci`: all checks before a change is merged, cheapest first.
//!
//! `.ci/run` only calls this.

use std::time::Instant;

use crate::child::Cargo;
use crate::error::Error;
use crate::test;

pub(crate) const USAGE: &str = "ci";

/// A step: a cargo command, and a variable that it needs.
struct Step {
    command: &'static str,
    env: Option<(&'static str, &'static str)>,
}

/// Clippy and rustdoc check every feature, to include the tool of the feature `distill`.
const STEPS: &[Step] = &[
    Step { command: "cargo fmt --all -- --check", env: None },
    Step { command: "cargo xtask tidy", env: None },
    Step {
        command: "cargo clippy --locked --workspace --all-targets --all-features -- -D warnings",
        env: None,
    },
    // Crates must not need what the default features of others enable. This leaves out some
    // third-party crates but changes no feature of one, so LanceDB is not rebuilt.
    Step {
        command: "cargo clippy --locked -p aios-memory-cli --no-default-features -- -D warnings",
        env: None,
    },
    Step {
        command: "cargo doc --locked --workspace --all-features --no-deps",
        env: Some(("RUSTDOCFLAGS", "-D warnings")),
    },
    // Only one preemption here; `cargo xtask verify` checks more.
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
