//! Tests of documents that break a rule.

use super::*;

#[test]
fn the_changelog_begins_with_the_unreleased_section() {
    let check = |text: &str| check_changelog(Some(text)).is_none();
    assert!(check("# Changelog\n\n## Unreleased\n\n## 0.1.0\n"));
    assert!(!check("# Changelog\n\n## 0.1.0\n\n## Unreleased\n"));
    assert!(!check("# Changelog\n"));
    assert!(check_changelog(None).is_some());
}

#[test]
fn the_readme_names_the_command_that_ci_runs() {
    let check = |text: &str| check_line("README.md", Some(text), test::COMMAND).is_none();
    assert!(check("```sh\ncargo xtask test\n```\n"));
    assert!(!check("```sh\ncargo test\n```\n"));
    assert!(!check("Run `cargo xtask test`.\n"));
    assert!(check_line("README.md", None, test::COMMAND).is_some());
}

#[test]
fn every_document_is_looked_at() {
    assert_eq!(check(&[]).len(), 4);
}
