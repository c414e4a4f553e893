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
fn the_readme_of_a_crate_opens_its_front_page() {
    let check = |library: &str| {
        let files = [file("crates/x/README.md", "# x"), file("crates/x/src/lib.rs", library)];
        check_crate_readme(&files[0], &files).len()
    };
    assert_eq!(check(&format!("{FRONT_PAGE}//! More.")), 0);
    assert_eq!(check("//! Another text."), 1);
    let program = [file("crates/x/README.md", "# x"), file("crates/x/src/main.rs", "//! Main.")];
    assert_eq!(check_crate_readme(&program[0], &program).len(), 0);
}

#[test]
fn the_links_of_a_crates_readme_lead_somewhere() {
    let check = |link: &str| {
        let text = format!("# x\n[another](https://example.org), [docs]({link}).");
        let files = [file("crates/x/README.md", &text), file("docs/GUIDE.md", "# Guide")];
        check_crate_readme(&files[0], &files).len()
    };
    for good in ["", "/blob/HEAD/docs/GUIDE.md", "/blob/HEAD/docs/GUIDE.md#a", "/tree/HEAD/docs"] {
        assert_eq!(check(&format!("{REPOSITORY}{good}")), 0, "{good}");
    }
    for bad in ["/blob/HEAD/docs/NONE.md", "/tree/HEAD/none", "/docs"] {
        assert_eq!(check(&format!("{REPOSITORY}{bad}")), 1, "{bad}");
    }
    assert_eq!(check("../../docs/GUIDE.md"), 1);
    assert_eq!(check("crate::Item"), 1);
}

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: 0, text: Some(text.to_owned()) }
}

#[test]
fn every_document_is_looked_at() {
    assert_eq!(check(&[]).len(), 4);
}
