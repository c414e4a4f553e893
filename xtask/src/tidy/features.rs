//! Checks that every command uses one set of features, so that no heavy dependency is built twice.
//!
//! Cargo unifies the features of the packages that a call selects. `cargo run` of the binary
//! selects one package, the test suite all of them with their dev-dependencies. If the two differ
//! in one feature of one small crate, everything that depends on it, including LanceDB, is built
//! twice. To prevent this, name the feature with the version in the root manifest.
//!
//! Also checks that crates stay light if none of their features is enabled.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use crate::child::Cargo;
use crate::error::Error;

/// Package selections that users and CI build, besides the whole workspace.
const SELECTIONS: &[&[&str]] = &[
    &["--package", "aios-memory-cli", "--edges", "normal,build"],
    &["--package", "aios-memory-tests", "--edges", "normal,build,dev"],
];

/// Packages that a crate must not link if none of its features is enabled.
const PLAIN: &[(&str, &[&str])] = &[(
    "aios-learning",
    &["tokio", "futures", "hyper", "reqwest", "rustls", "candle-core", "tokenizers", "rayon"],
)];

pub(super) fn check() -> Result<Vec<Finding>, Error> {
    let whole = tree(&["--workspace", "--edges", "normal,build,dev"])?;
    let mut findings = BTreeSet::new();
    for selection in SELECTIONS {
        findings.extend(compare(&whole, &tree(selection)?, selection[1]));
    }
    for (name, forbidden) in PLAIN {
        let plain = tree(&["--package", name, "--no-default-features", "--edges", "normal,build"])?;
        findings.extend(heavy(name, forbidden, &plain));
    }
    Ok(findings.into_iter().collect())
}

fn tree(selection: &[&str]) -> Result<String, Error> {
    Cargo::new(&["tree", "--prefix", "none", "--format", "{p} [{f}]"]).args(selection).output()
}

/// Finds packages of `part` with a feature set that `whole` does not have.
fn compare(whole: &str, part: &str, selection: &str) -> Vec<Finding> {
    let whole = feature_sets(whole);
    let mut findings = Vec::new();
    for (package, sets) in feature_sets(part) {
        let known = whole.get(package).cloned().unwrap_or_default();
        for set in sets.difference(&known) {
            let theirs = known.iter().copied().collect::<Vec<_>>().join(" and ");
            let message = format!(
                "built twice: with {set} for `{selection}`, with {theirs} for the workspace; name \
                 the missing features in the root manifest"
            );
            findings.push(Finding::new(package, 0, message));
        }
    }
    findings
}

/// Finds forbidden packages in `tree`, the tree of the crate `name` without its features.
fn heavy(name: &str, forbidden: &[&str], tree: &str) -> Vec<Finding> {
    let linked = tree.lines().filter_map(|line| line.split(' ').next());
    let linked: BTreeSet<&str> = linked.filter(|package| forbidden.contains(package)).collect();
    let message =
        |package| format!("depends on `{package}` without its features; make it optional");
    linked.into_iter().map(|package| Finding::new(name, 0, message(package))).collect()
}

/// Returns the feature sets of each package. Build scripts can add a second set.
fn feature_sets(tree: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut packages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let line = line.trim_end_matches(" (*)");
        let Some((package, features)) = line.rsplit_once(' ') else { continue };
        let package = package.split(" (").next().unwrap_or(package);
        packages.entry(package).or_default().insert(features);
    }
    packages
}

#[cfg(test)]
mod tests;
