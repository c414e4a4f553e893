//! `tidy`: project rules that no compiler checks.
//!
//! Each check is a pure function from the content of the tree to [`Finding`]s, and is tested with a
//! small invalid input. The files are those below the workspace root, except built and hidden ones;
//! the crate graph comes from `cargo metadata`.

mod circles;
mod documents;
mod features;
mod finding;
mod graph;
mod language;
mod manifests;
mod map;
mod scan;
mod sources;
mod tree;

use serde_json::Value;

use self::finding::Finding;
use crate::child::{Cargo, workspace_root};
use crate::error::Error;

pub(crate) const USAGE: &str = "tidy";

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if !arguments.is_empty() {
        return Err(Error::Usage { usage: USAGE });
    }
    let files = tree::files(&workspace_root())?;
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(tree::check(file));
        findings.extend(sources::check(file));
        findings.extend(language::check(file));
    }
    findings.extend(circles::check(&files));
    findings.extend(manifests::check(&files));
    findings.extend(map::check(&files));
    findings.extend(documents::check(&files));
    let metadata = metadata()?;
    findings.extend(graph::check(&metadata));
    findings.extend(graph::check_names(&metadata));
    findings.extend(features::check()?);
    report(findings, files.len())
}

fn report(mut findings: Vec<Finding>, files: usize) -> Result<(), Error> {
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: no findings in {files} files");
        return Ok(());
    }
    Err(Error::Untidy { findings: findings.len() })
}

/// Returns the resolved graph for this platform, with every feature of the workspace's crates.
fn metadata() -> Result<Value, Error> {
    let answer = Cargo::new(&["metadata", "--format-version", "1", "--all-features"])
        .args(&["--filter-platform", &host()?])
        .output()?;
    serde_json::from_str(&answer).map_err(|_| Error::Answer {
        command: "cargo metadata".to_owned(),
        expected: "JSON of format version 1",
    })
}

/// Returns the target triple that cargo builds for by default.
fn host() -> Result<String, Error> {
    let answer = Cargo::new(&["--version", "--verbose"]).output()?;
    let line = answer.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| Error::Answer {
        command: "cargo --version --verbose".to_owned(),
        expected: "a line that begins with `host: `",
    })
}
