//! Rules for the manifests of members: versions, lints and metadata are inherited from the root.
//!
//! Reads lines, not TOML: a member's manifest is short and has one form, and the check finds
//! deviations from it.

use super::Finding;
use super::tree::File;

/// Lines by which a member inherits from the root.
const INHERITED: &[&str] = &[
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let is_member = file.name() == "Cargo.toml" && file.path != "Cargo.toml";
    match &file.text {
        Some(text) if is_member => member(&file.path, text),
        _ => Vec::new(),
    }
}

fn member(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in INHERITED {
        if !text.lines().any(|it| it == *line) {
            findings.push(Finding::new(path, 0, format!("says no `{line}`")));
        }
    }
    if !text.contains("[lints]\nworkspace = true") {
        findings.push(Finding::new(path, 0, "takes no lints from the workspace"));
    }
    let mut in_dependencies = false;
    for (line, number) in text.lines().zip(1..) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(table) = line.strip_prefix('[') {
            in_dependencies = table.ends_with("dependencies]");
            if table.contains("dependencies.") {
                let message = "a dependency is one line, in its table";
                findings.push(Finding::new(path, number, message));
            }
            continue;
        }
        let shared = ["workspace = true", "workspace=true"].iter().any(|it| line.contains(it));
        if in_dependencies && !line.is_empty() && !shared {
            let message = "versions stand in the root manifest; say `workspace = true`";
            findings.push(Finding::new(path, number, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
