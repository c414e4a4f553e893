//! `verify`: proofs that take too long for the test suite, or need a separate build.
//!
//! Each proof is an entry of [`PROOFS`]. The suite runs the same code with a small bound.

use std::{env, time::Instant};

use crate::child::{Cargo, target_dir};
use crate::error::Error;

/// A proof: its tests, and the way to run them.
struct Proof {
    name: &'static str,
    claim: &'static str,
    /// The test target, as cargo's arguments.
    target: &'static [&'static str],
    /// Part of the path of the tests in that target.
    tests: &'static str,
    /// Compiler flags, which require a separate target directory.
    rustflags: Option<&'static str>,
    bound: Bound,
}

/// Bound of a proof.
struct Bound {
    /// Environment variable that overrides the default.
    variable: &'static str,
    default: &'static str,
    unit: &'static str,
}

impl Bound {
    fn value(&self) -> String {
        env::var(self.variable).unwrap_or_else(|_| self.default.to_owned())
    }
}

/// The suite uses fewer kills.
const KILLS: Bound = Bound { variable: "AIOS_CRASH_ROUNDS", default: "200", unit: "kills" };

const PROOFS: &[Proof] = &[
    Proof {
        name: "ring",
        claim: "no thread interleaving breaks small models of the ring and its overflow (loom)",
        target: &["--release", "--package", "aios-operational", "--lib"],
        tests: "models",
        rustflags: Some("--cfg crossbeam_loom"),
        bound: Bound { variable: "LOOM_MAX_PREEMPTIONS", default: "3", unit: "preemptions" },
    },
    Proof {
        name: "ledger",
        claim: "a process killed while it writes loses no acknowledged row",
        target: &["--package", "aios-ledger", "--test", "it"],
        tests: "crash::",
        rustflags: None,
        bound: KILLS,
    },
    Proof {
        name: "working",
        claim: "a process killed while it writes, removes or ages loses no row, word or trace",
        target: &["--package", "aios-working", "--test", "it"],
        tests: "crash::",
        rustflags: None,
        bound: KILLS,
    },
    Proof {
        name: "longterm",
        claim: "a process killed while it stores, drains, tidies or reindexes loses no record",
        target: &["--package", "aios-longterm", "--package", "aios-memory-cli", "--test", "it"],
        tests: "crash::",
        rustflags: None,
        bound: KILLS,
    },
    Proof {
        name: "stack",
        claim: "a process killed while it uses all tiers loses no acknowledged call",
        target: &[
            "--package",
            "aios-memory-tests",
            "--package",
            "aios-memory-cli",
            "--test",
            "stack",
        ],
        tests: "killed::",
        rustflags: None,
        bound: KILLS,
    },
    Proof {
        name: "power",
        claim: "a power cut at any sync loses no record, and loses some without the syncs",
        target: &["--package", "aios-longterm", "--package", "aios-memory-cli", "--lib"],
        tests: "power_cut::",
        rustflags: None,
        bound: Bound { unit: "power cuts", ..KILLS },
    },
    Proof {
        name: "soak",
        claim: "20,000 single stores leave fewer than 100 files",
        target: &["--package", "aios-longterm", "--package", "aios-memory-cli", "--test", "it"],
        tests: "soak::",
        rustflags: None,
        bound: Bound { variable: "AIOS_SOAK_RECORDS", default: "20000", unit: "stores" },
    },
    Proof {
        name: "foreign",
        claim: "a Python client with stubs from reflection alone calls every compatible RPC",
        target: &[
            "--package",
            "aios-memory-server",
            "--package",
            "aios-memory-cli",
            "--test",
            "it",
        ],
        tests: "foreign::",
        rustflags: None,
        bound: Bound {
            variable: "AIOS_FOREIGN_PYTHON",
            default: "python3",
            unit: "is the interpreter, which needs grpcio and grpcio-reflection",
        },
    },
    Proof {
        name: "files",
        claim: "random file commands have the answers of the Anthropic SDK's memory tool, word for \
                word",
        target: &["--package", "aios-working", "--test", "it"],
        tests: "files::reference::",
        rustflags: None,
        bound: Bound {
            variable: "AIOS_FILES_PYTHON",
            default: "python3",
            unit: "is the interpreter, which needs anthropic",
        },
    },
    Proof {
        name: "mcp",
        claim: "the SDKs of Python and TypeScript use every tool over both transports",
        target: &["--package", "aios-memory-cli", "--test", "it"],
        tests: "mcp_clients::",
        rustflags: None,
        bound: Bound {
            variable: "AIOS_MCP_CLIENTS",
            default: "target/mcp-clients",
            unit: "is the directory with `py` (a virtual environment with mcp) and `js` \
                   (@modelcontextprotocol/sdk, @modelcontextprotocol/conformance, node@22)",
        },
    },
    Proof {
        name: "events",
        claim: "a process killed while it pushes events loses none that is durable",
        target: &["--package", "aios-memory", "--package", "aios-memory-cli", "--test", "it"],
        tests: "events::",
        rustflags: None,
        bound: KILLS,
    },
    Proof {
        name: "hosts",
        claim: "Claude Code and Codex from npm know in a session what another one was told",
        target: &["--package", "aios-memory-cli", "--test", "it"],
        tests: "hosts::",
        rustflags: None,
        bound: Bound {
            variable: "AIOS_HOSTS_NODE",
            default: "node",
            unit: "is the Node 20 or newer, whose npm installs both programs",
        },
    },
];

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    for proof in selected(arguments)? {
        let (name, bound) = (proof.name, &proof.bound);
        eprintln!("\n{name}: {}", proof.claim);
        eprintln!("{name}: {} {} ({})", bound.value(), bound.unit, bound.variable);
        let started = Instant::now();
        // A filter that matches no test would pass, so the tests are listed first.
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

/// Builds the command of a proof. Compiler flags would rebuild every dependency, so such proofs get
/// a separate target directory.
fn cargo(proof: &Proof) -> Cargo {
    let cargo = Cargo::new(&["test"]).args(proof.target).args(&["--", proof.tests]);
    let cargo = cargo.env(proof.bound.variable, &proof.bound.value());
    let Some(flags) = proof.rustflags else { return cargo };
    let own = target_dir().join("verify").join(proof.name);
    cargo.env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", &own.display().to_string())
}
