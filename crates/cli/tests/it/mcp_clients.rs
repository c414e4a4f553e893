//! The SDKs of Python and TypeScript, and the conformance suite of the protocol.
//!
//! `cargo xtask verify mcp` runs them from a directory with `py`, a virtual environment that has
//! `mcp`, and `js`, with `@modelcontextprotocol/sdk`, `@modelcontextprotocol/conformance` and
//! `node@22` installed. The suite speaks the protocol itself, in `mcp`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    program::{Program, text},
    serving::Served,
};

/// Returns the directory of the clients, if they are to run.
fn clients() -> Option<PathBuf> {
    let dir = PathBuf::from(std::env::var_os("AIOS_MCP_CLIENTS")?);
    Some(std::path::absolute(dir).unwrap())
}

fn run(mut command: Command, program: &Program, dir: &Path) -> String {
    let path = format!("{}:/usr/bin:/bin", dir.join("js/node_modules/.bin").display());
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", program.path(""))
        .env("AIOS_MEMORY_EMBEDDING_MODEL", "static");
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{printed}");
    printed.into_owned()
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp_clients")
}

/// Runs the client of each SDK with these arguments.
fn use_every_tool(program: &Program, dir: &Path, arguments: &[&str]) {
    let mut python = Command::new(dir.join("py/bin/python"));
    python.arg(scripts().join("client.py")).args(arguments);
    let mut node = Command::new(dir.join("js/node_modules/.bin/node"));
    node.arg(scripts().join("client.mjs")).args(arguments).current_dir(dir.join("js"));
    for client in [python, node] {
        assert_eq!(run(client, program, dir), "every tool answered as it should\n");
    }
}

#[test]
fn both_sdks_use_every_tool_over_both_transports() {
    let Some(dir) = clients() else { return };
    let program = Program::new();
    let stdio = ["stdio", env!("CARGO_BIN_EXE_aios-memory"), "mcp"];
    use_every_tool(&program, &dir, &stdio);
    let served = Served::start(&program, &[]);
    use_every_tool(&program, &dir, &stdio);
    use_every_tool(&program, &dir, &["http", &format!("http://{}/mcp", served.address)]);
    served.stop();
}

#[test]
fn the_conformance_suite_fails_where_it_is_expected_and_nowhere_else() {
    let Some(dir) = clients() else { return };
    let program = Program::new();
    let served = Served::start(&program, &[]);
    let mut suite = Command::new(dir.join("js/node_modules/.bin/node"));
    suite
        .arg(dir.join("js/node_modules/@modelcontextprotocol/conformance/dist/index.js"))
        .args(["server", "--suite", "all"])
        .args(["--url", &format!("http://{}/mcp", served.address)])
        .args(["--output-dir", text(&program.path("checks"))])
        .arg("--expected-failures")
        .arg(scripts().join("expected.yml"))
        .current_dir(program.path(""));
    run(suite, &program, &dir);
    served.stop();
    let reasons = failures(&program.path("checks"));
    assert!(20 < reasons.len(), "the suite keeps its checks elsewhere: {reasons:?}");
    for reason in reasons {
        assert!(EXPECTED.iter().any(|part| reason.contains(part)), "{reason}");
    }
}

/// Parts of the reasons for which a listed scenario may fail.
const EXPECTED: &[&str] = &[
    "-32601: ",
    "-32602: unknown tool `test_",
    "Tool 'json_schema_2020_12_tool' not found",
    "-32002: no such resource",
    "-32602: unknown prompt `test_",
    "did not provide session ID",
];

/// Returns the reasons of the failed checks of the suite.
fn failures(dir: &Path) -> Vec<String> {
    let mut reasons = Vec::new();
    for scenario in fs::read_dir(dir).unwrap() {
        let checks = fs::read(scenario.unwrap().path().join("checks.json")).unwrap();
        let checks: Vec<Value> = serde_json::from_slice(&checks).unwrap();
        let is_bad = |check: &&Value| check["status"] == "FAILURE" || check["status"] == "WARNING";
        reasons.extend(checks.iter().filter(is_bad).map(Value::to_string));
    }
    reasons
}
