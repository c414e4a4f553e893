//! Rules for the documents: the README's commands are those that CI runs.

use super::Finding;
use super::tree::File;
use crate::test;

/// Required line of `.ci/run`. The table in `ci.rs` lists the steps.
const CI: &str = "exec cargo xtask ci";

/// Required line of the README for newcomers.
const DEMO: &str = "cargo xtask demo";

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let text = |path: &str| files.iter().find(|file| file.path == path)?.text.as_deref();
    [
        check_changelog(text("CHANGELOG.md")),
        check_line("README.md", text("README.md"), test::COMMAND),
        check_line("README.md", text("README.md"), DEMO),
        check_line(".ci/run", text(".ci/run"), CI),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn check_changelog(text: Option<&str>) -> Option<Finding> {
    let mut headings = text.unwrap_or_default().lines().filter(|line| line.starts_with("## "));
    let message = "the first section is `## Unreleased`: what the next version changes for a user";
    let unreleased = headings.next() == Some("## Unreleased");
    (!unreleased).then(|| Finding::new("CHANGELOG.md", 0, message))
}

/// Checks that `path` has `command` as a whole line.
fn check_line(path: &str, text: Option<&str>, command: &str) -> Option<Finding> {
    let there = text.unwrap_or_default().lines().any(|line| line == command);
    (!there).then(|| Finding::new(path, 0, format!("has no line `{command}`")))
}

#[cfg(test)]
mod tests;
