//! `verify`: the proofs that take too long for the test suite, or need a build of their own.
//!
//! Each is a line of [`PROOFS`]. The suite runs the same code with a small bound.

use std::time::Instant;

use crate::child::{Cargo, target_dir};
use crate::error::Error;

/// One proof: the tests that make it, and how they are run.
struct Proof {
    name: &'static str,
    claim: &'static str,
    /// The test target, as cargo's arguments.
    target: &'static [&'static str],
    /// The tests of that target, as a part of their path.
    tests: &'static str,
    env: &'static [(&'static str, &'static str)],
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "ring",
        claim: "no interleaving breaks small models of the ring and its overflow (loom)",
        target: &["--release", "--package", "aios-operational", "--lib"],
        tests: "models",
        env: &[("RUSTFLAGS", "--cfg crossbeam_loom")],
    },
    Proof {
        name: "ledger",
        claim: "a process killed while it writes loses no acknowledged row",
        target: &["--package", "aios-ledger", "--test", "it"],
        tests: "crash::",
        env: &[ROUNDS],
    },
    Proof {
        name: "working",
        claim: "a process killed while it writes, removes or ages loses no row, word or trace",
        target: &["--package", "aios-working", "--test", "it"],
        tests: "crash::",
        env: &[ROUNDS],
    },
    Proof {
        name: "longterm",
        claim: "a process killed while it stores, removes, drains or tidies loses no record",
        target: &["--package", "aios-longterm", "--package", "aios-memory-cli", "--test", "it"],
        tests: "crash::",
        env: &[ROUNDS],
    },
    Proof {
        name: "power",
        claim: "a power cut at any sync loses no record, and without the syncs it would",
        target: &["--package", "aios-longterm", "--package", "aios-memory-cli", "--lib"],
        tests: "power_cut::",
        env: &[ROUNDS],
    },
    Proof {
        name: "soak",
        claim: "20,000 single stores leave fewer than 100 files",
        target: &["--package", "aios-longterm", "--package", "aios-memory-cli", "--test", "it"],
        tests: "soak::",
        env: &[("AIOS_SOAK_RECORDS", "20000")],
    },
    Proof {
        name: "events",
        claim: "a process killed while it pushes events loses none that is durable",
        target: &["--package", "aios-memory", "--package", "aios-memory-cli", "--test", "it"],
        tests: "events::",
        env: &[ROUNDS],
    },
];

/// The suite kills a few times only.
const ROUNDS: (&str, &str) = ("AIOS_CRASH_ROUNDS", "200");

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    for proof in selected(arguments)? {
        eprintln!("\n{}: {}", proof.name, proof.claim);
        let started = Instant::now();
        // A name that fits no test would pass: the proof must be there before it can hold.
        let listed = cargo(proof).args(&["--list"]).output()?;
        if !listed.lines().any(|line| line.ends_with(": test")) {
            return Err(Error::NoSuchTest { proof: proof.name, tests: proof.tests });
        }
        cargo(proof).announced().run()?;
        eprintln!("{}: holds ({} s)", proof.name, started.elapsed().as_secs());
    }
    Ok(())
}

fn selected(names: &[String]) -> Result<Vec<&'static Proof>, Error> {
    if names.is_empty() {
        return Ok(PROOFS.iter().collect());
    }
    let find = |name: &String| {
        PROOFS.iter().find(|proof| proof.name == name).ok_or_else(|| Error::UnknownName {
            name: name.clone(),
            known: PROOFS.iter().map(|proof| proof.name).collect::<Vec<_>>().join(", "),
        })
    };
    names.iter().map(find).collect()
}

/// Other compiler flags rebuild every dependency, so those get a target directory of their own.
fn cargo(proof: &Proof) -> Cargo {
    let mut cargo = Cargo::new(&["test"]).args(proof.target).args(&["--", proof.tests]);
    for (name, value) in proof.env {
        cargo = cargo.env(name, value);
        if *name == "RUSTFLAGS" {
            let own = target_dir().join("verify").join(proof.name);
            cargo = cargo.env("CARGO_TARGET_DIR", &own.display().to_string());
        }
    }
    cargo
}
