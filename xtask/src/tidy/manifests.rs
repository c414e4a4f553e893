//! Rules for the manifests of members: versions, lints and metadata are inherited from the root,
//! and the crates in `crates/` have the texts that a registry shows.
//!
//! The check reads lines, not TOML: the manifest of a member is short and has one form, and the
//! check finds deviations from it.

use super::finding::Finding;
use super::tree::File;

/// Lines with which a member inherits from the root.
const INHERITED: &[&str] = &[
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
];

/// Keys of a crate in `crates/`, each on one line.
const DESCRIBED: &[&str] = &["description", "keywords", "categories", "documentation"];

/// Key of a crate that has a README.
const README: &str = "readme = \"README.md\"";

/// The registry's limit.
const KEYWORDS_MAX: usize = 5;

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.name() == "Cargo.toml") {
        let Some(folder) = file.path.strip_suffix("/Cargo.toml") else { continue };
        let text = file.text.as_deref().unwrap_or_default();
        findings.extend(member(&file.path, text));
        if folder.starts_with("crates/") {
            let readme = format!("{folder}/README.md");
            let has_readme = files.iter().any(|file| file.path == readme);
            findings.extend(described(&file.path, text, has_readme));
        }
    }
    findings
}

/// Checks that a crate's manifest has the descriptive keys.
fn described(path: &str, text: &str, has_readme: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let value = |key: &str| text.lines().find_map(|it| it.strip_prefix(key)?.strip_prefix(" = "));
    for key in DESCRIBED {
        let empty = value(key).is_none_or(|it| matches!(it, "" | "\"\"" | "[]"));
        if empty {
            findings.push(Finding::new(path, 0, format!("missing `{key}`")));
        }
    }
    let keywords = value("keywords").map_or(0, |it| it.split(',').count());
    if KEYWORDS_MAX < keywords {
        let message = format!("{keywords} keywords; the registry accepts {KEYWORDS_MAX}");
        findings.push(Finding::new(path, 0, message));
    }
    if has_readme && !text.lines().any(|it| it == README) {
        findings.push(Finding::new(path, 0, format!("missing `{README}`")));
    }
    findings
}

fn member(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in INHERITED {
        if !text.lines().any(|it| it == *line) {
            findings.push(Finding::new(path, 0, format!("missing `{line}`")));
        }
    }
    if !text.contains("[lints]\nworkspace = true") {
        findings.push(Finding::new(path, 0, "missing lints of the workspace"));
    }
    let mut in_dependencies = false;
    for (line, number) in text.lines().zip(1..) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(table) = line.strip_prefix('[') {
            in_dependencies = table.ends_with("dependencies]");
            if table.contains("dependencies.") {
                let message = "write each dependency as one line of its table";
                findings.push(Finding::new(path, number, message));
            }
            continue;
        }
        let shared = ["workspace = true", "workspace=true"].iter().any(|it| line.contains(it));
        if in_dependencies && !line.is_empty() && !shared {
            let message = "set versions in the root manifest; use `workspace = true` here";
            findings.push(Finding::new(path, number, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
