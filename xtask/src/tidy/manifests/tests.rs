//! Tests with a good manifest and faulty variants of it.

use super::*;

const GOOD: &str = "\
[package]
name = \"aios-x\"
description = \"An example\"
keywords = [\"a\", \"b\", \"c\", \"d\", \"e\"]
categories = [\"database\"]
readme = \"README.md\"
documentation = \"https://docs.rs/aios-x\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true

[lints]
workspace = true

# Why this one.
[dependencies]
aios-record.workspace = true
tokio = { workspace = true, optional = true } # by feature

[target.'cfg(loom)'.dependencies]
loom.workspace = true

[features]
default = []
";

/// Returns the number of findings after `from` is replaced by `to`.
fn check(from: &str, to: &str) -> usize {
    assert!(GOOD.contains(from), "{from}");
    member("crates/x/Cargo.toml", &GOOD.replace(from, to)).len()
}

#[test]
fn a_member_inherits() {
    assert_eq!(check("", ""), 0);
    for line in INHERITED {
        assert_eq!(check(&format!("\n{line}"), ""), 1, "{line}");
    }
    assert_eq!(check("[lints]\nworkspace = true", ""), 1);
}

#[test]
fn a_dependency_says_workspace() {
    assert_eq!(check("aios-record.workspace = true", "aios-record = { path = \"../record\" }"), 1);
    assert_eq!(check("tokio = { workspace = true,", "tokio = { version = \"1\","), 1);
    assert_eq!(check("loom.workspace = true", "loom = \"0.7\""), 1);
    assert_eq!(check("[features]", "[dependencies.x]\nversion = \"1\"\n[features]"), 1);
}

#[test]
fn the_root_is_not_a_member() {
    assert_eq!(super::check(&[file("Cargo.toml", "[workspace]")]).len(), 0);
    assert!(!super::check(&[file("crates/x/Cargo.toml", "[workspace]")]).is_empty());
}

#[test]
fn a_crate_describes_itself() {
    let manifest = |path: &str, from: &str, to: &str| file(path, &GOOD.replace(from, to));
    let crates = |from: &str, to: &str| {
        let files = [manifest("crates/x/Cargo.toml", from, to), file("crates/x/README.md", "# x")];
        super::check(&files).len()
    };
    assert_eq!(crates("", ""), 0);
    for key in DESCRIBED {
        assert_eq!(crates(&format!("\n{key} = "), "\nx = "), 1, "{key}");
    }
    assert_eq!(crates("[\"database\"]", "[]"), 1);
    assert_eq!(crates("\"e\"]", "\"e\", \"f\"]"), 1);
    assert_eq!(crates(README, ""), 1);
    // Without a README, the key is not needed. Other members are not published.
    assert_eq!(super::check(&[manifest("crates/x/Cargo.toml", README, "")]).len(), 0);
    assert_eq!(super::check(&[manifest("benches/Cargo.toml", "\nkeywords", "\nx")]).len(), 0);
}

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: 0, text: Some(text.to_owned()) }
}
