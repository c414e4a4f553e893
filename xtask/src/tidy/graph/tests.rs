//! Tests with small graphs that have one fault.

use serde_json::{Value, json};

use super::*;

/// A package in a graph: member or not, name, version, and dependencies.
struct Node {
    id: &'static str,
    is_member: bool,
    dependencies: &'static [&'static str],
    kind: Option<&'static str>,
    features: &'static [&'static str],
}

const fn member(id: &'static str, dependencies: &'static [&'static str]) -> Node {
    Node { id, is_member: true, dependencies, kind: None, features: &[] }
}

const fn registry(id: &'static str, features: &'static [&'static str]) -> Node {
    Node { id, is_member: false, dependencies: &[], kind: None, features }
}

/// Returns the name in an id of the form `name@version`.
fn name(id: &str) -> &str {
    id.split('@').next().unwrap_or(id)
}

fn metadata(nodes: &[Node]) -> Value {
    let packages = nodes.iter().map(|node| {
        json!({
            "id": node.id,
            "name": name(node.id),
            "version": node.id.split('@').nth(1).unwrap_or("0.1.0"),
            "dependencies": node.dependencies.iter()
                .map(|it| json!({ "name": name(it), "kind": node.kind })).collect::<Vec<_>>(),
        })
    });
    let resolved = nodes.iter().map(|node| {
        json!({
            "id": node.id,
            "features": node.features,
            "deps": node.dependencies.iter()
                .map(|it| json!({ "pkg": it, "dep_kinds": [{ "kind": node.kind }] }))
                .collect::<Vec<_>>(),
        })
    });
    json!({
        "packages": packages.collect::<Vec<_>>(),
        "workspace_members": nodes.iter().filter(|it| it.is_member).map(|it| it.id)
            .collect::<Vec<_>>(),
        "resolve": { "nodes": resolved.collect::<Vec<_>>() },
    })
}

/// Returns the places of the findings.
fn faults(nodes: &[Node]) -> Vec<String> {
    check(&metadata(nodes)).into_iter().map(|finding| finding.place).collect()
}

#[test]
fn tests_may_use_a_library_to_create_input() {
    let sqlite = || registry("rusqlite@0.41.0", &[]);
    let with = |id, kind| Node { kind, ..member(id, &["rusqlite@0.41.0"]) };
    assert_eq!(faults(&[sqlite(), with("aios-memory", Some("dev"))]), [""; 0]);
    assert_eq!(faults(&[sqlite(), with("aios-memory", None)]), ["aios-memory"]);
    assert_eq!(faults(&[sqlite(), with("aios-context", Some("dev"))]), ["aios-context"]);
}

#[test]
fn a_tier_depends_only_on_what_the_map_allows() {
    let record = || member("aios-record", &[]);
    let allowed = member("aios-working", &["aios-record"]);
    assert_eq!(faults(&[record(), allowed]), [""; 0]);

    let longterm = member("aios-longterm", &[]);
    let curious = member("aios-working", &["aios-longterm"]);
    assert_eq!(faults(&[longterm, curious]), ["aios-working"]);

    let ledger = member("aios-ledger", &[]);
    let umbrella = member("aios-memory", &["aios-ledger"]);
    assert_eq!(faults(&[ledger, umbrella]), ["aios-memory"]);
}

#[test]
fn the_leaf_packages_may_depend_on_everything() {
    let working = member("aios-working", &[]);
    let tests = member("aios-memory-tests", &["aios-working"]);
    assert_eq!(faults(&[working, tests]), [""; 0]);
}

#[test]
fn a_new_crate_must_be_put_on_the_map() {
    assert_eq!(faults(&[member("aios-dreams", &[])]), ["aios-dreams"]);
}

#[test]
fn support_of_tests_is_for_tests() {
    let support = || member("aios-memory-tests", &["aios-record"]);
    let record = || member("aios-record", &[]);
    let with = |kind| Node { kind, ..member("aios-working", &["aios-memory-tests"]) };
    assert_eq!(faults(&[record(), support(), with(Some("dev"))]), [""; 0]);
    assert_eq!(faults(&[record(), support(), with(None)]), ["aios-working"]);
    let pure = Node { kind: Some("dev"), ..member("aios-guard", &["aios-memory-tests"]) };
    assert_eq!(faults(&[record(), support(), pure]), ["aios-guard"]);
}

#[test]
fn named_crates_exist_or_are_planned() {
    let check = |names: &[&str], members: &[&str], planned: &[&str]| {
        let [names, members] = [names, members].map(|names| names.iter().copied().collect());
        let found = compare_names(&names, &members, planned);
        found.into_iter().map(|finding| finding.place).collect::<Vec<_>>()
    };
    assert_eq!(check(&["a", "b"], &["a", "b", "c"], &[]), [""; 0]);
    assert_eq!(check(&["a", "b"], &["a"], &[]), ["b"]);
    assert_eq!(check(&["a", "b"], &["a"], &["b"]), [""; 0]);
    // An outdated mark.
    assert_eq!(check(&["a", "b"], &["a", "b"], &["b"]), ["b"]);
    assert_eq!(check(&["a"], &["a"], &["b"]), ["b"]);
}

#[test]
fn the_lists_name_crates_of_every_list() {
    let names = names();
    for name in ["aios-record", "aios-memory-server", "aios-memory-cli", "xtask"] {
        assert!(names.contains(name), "{name}");
    }
    assert!(!names.contains("*"));
}

#[test]
fn a_library_has_an_owner() {
    let check = |crate_name, library| faults(&[member(crate_name, library)]).len();
    assert_eq!(check("aios-longterm", &["lancedb"]), 0);
    assert_eq!(check("aios-memory", &["lancedb"]), 1);
    assert_eq!(check("aios-memory", &["arrow-array"]), 1);
    assert_eq!(check("aios-longterm", &["candle-nn"]), 1);
    assert_eq!(check("aios-context", &["rusqlite"]), 1);
    assert_eq!(check("aios-memory-tests", &["rusqlite"]), 0);
    assert_eq!(check("aios-memory", &["axum"]), 1);
    assert_eq!(check("aios-memory", &["clap"]), 1);
}

#[test]
fn heavy_libraries_are_not_linked_indirectly() {
    let side = Node { is_member: false, ..member("helper", &["lancedb"]) };
    let working = member("aios-working", &["helper"]);
    assert_eq!(faults(&[registry("lancedb", &[]), side, working]), ["aios-working"]);

    let tokio = registry("tokio", &[]);
    let dev = Node { kind: Some("dev"), ..member("aios-record", &["tokio"]) };
    assert_eq!(faults(&[tokio, dev]), [""; 0]);
}

#[test]
fn banned_crates_and_features_are_found() {
    assert_eq!(faults(&[registry("onig", &[])]), ["onig"]);
    assert_eq!(faults(&[registry("model2vec-rs", &[])]), ["model2vec-rs"]);
    assert_eq!(faults(&[registry("lancedb", &["sentence-transformers"])]), ["lancedb"]);
    assert_eq!(faults(&[registry("lancedb", &["default"])]), ["lancedb"]);
    assert_eq!(faults(&[registry("tokenizers", &["fancy-regex"])]), [""; 0]);
    assert_eq!(faults(&[registry("tokenizers", &["onig"])]), ["tokenizers"]);
}

#[test]
fn single_version_crates_are_not_duplicated() {
    let two = [registry("arrow@58.0.0", &[]), registry("arrow@59.0.0", &[])];
    assert_eq!(faults(&two), ["arrow"]);
    let harmless = [registry("itertools@1.0.0", &[]), registry("itertools@2.0.0", &[])];
    assert_eq!(faults(&harmless), [""; 0]);
}

#[test]
fn an_unknown_metadata_shape_is_reported() {
    assert_eq!(check(&json!({ "packages": 3 })).len(), 1);
}
