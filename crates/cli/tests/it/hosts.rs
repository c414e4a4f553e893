//! Claude Code and Codex with this binary: sessions that remember, against a stand-in for the API
//! of the model.
//!
//! `cargo xtask verify hosts` runs it with a Node whose npm can install both programs. The
//! scenarios are in `tests/hosts` of the workspace, which also says how to run a single one.

use std::{path::Path, process::Command};

#[test]
fn real_hosts_remember_across_sessions() {
    let Ok(node) = std::env::var("AIOS_HOSTS_NODE") else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hosts/run.mjs");
    // The output is inherited: one line per scenario, as they end.
    let ran = Command::new(&node)
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_aios-memory"))
        .status()
        .unwrap_or_else(|error| {
            panic!("{node}: {error}; AIOS_HOSTS_NODE names a Node 20 or newer")
        });
    assert!(ran.success(), "a scenario failed, or could not run; the lines above say why");
}
