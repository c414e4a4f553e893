//! The crate graph: allowed dependencies between crates, and on external libraries.
//!
//! The invariants of `docs/ARCHITECTURE.md`, as data. Add a new crate or edge there first, then
//! here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::Finding;

/// Allowed dependencies within the workspace, of any kind. Tests of several tiers are in the
/// package `aios-memory-tests`.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("aios-record", &[]),
    ("aios-guard", &[]),
    ("aios-files", &["aios-record"]),
    ("aios-ledger", &["aios-record", "aios-files"]),
    ("aios-operational", &["aios-record"]),
    ("aios-analysis", &["aios-record"]),
    ("aios-draft", &["aios-record"]),
    ("aios-learning", &["aios-record"]),
    ("aios-working", &["aios-record", "aios-analysis", "aios-files", "aios-ledger"]),
    ("aios-embedding", &["aios-record"]),
    ("aios-minilm", &["aios-embedding"]),
    (
        "aios-longterm",
        &["aios-record", "aios-analysis", "aios-files", "aios-ledger", "aios-embedding"],
    ),
    ("aios-context", &["aios-record", "aios-guard"]),
    (
        "aios-memory",
        &[
            "aios-record",
            "aios-draft",
            "aios-files",
            "aios-guard",
            "aios-operational",
            "aios-working",
            "aios-embedding",
            "aios-learning",
            "aios-minilm",
            "aios-longterm",
            "aios-context",
        ],
    ),
    (
        "aios-exchange",
        &[
            "aios-memory",
            "aios-draft",
            "aios-record",
            "aios-files",
            "aios-working",
            "aios-embedding",
            "aios-longterm",
        ],
    ),
    (
        "aios-eval",
        &[
            "aios-memory",
            "aios-exchange",
            "aios-draft",
            "aios-learning",
            "aios-record",
            "aios-analysis",
            "aios-files",
            "aios-embedding",
            "aios-longterm",
        ],
    ),
    ("aios-hub", &["aios-record", "aios-embedding", "aios-files"]),
    ("aios-memory-server", &["aios-memory"]),
    (
        "aios-memory-cli",
        &["aios-memory", "aios-exchange", "aios-eval", "aios-hub", "aios-memory-server"],
    ),
    ("aios-memory-tests", ANY),
    ("aios-memory-benches", ANY),
    ("xtask", &[]),
];

/// Crates that are named in the lists below but do not exist yet.
const PLANNED: &[&str] = &[];

/// Marks leaf packages, which may depend on everything.
const ANY: &[&str] = &["*"];

/// Libraries and the crates that may use them. A name that ends in `*` is a prefix.
const OWNERS: &[(&[&str], &[&str])] = &[
    (&["lancedb", "lance", "lance-*", "arrow", "arrow-*"], &["aios-longterm"]),
    (&["candle-*"], &["aios-embedding", "aios-learning", "aios-memory-benches"]),
    (
        &["rusqlite", "libsqlite3-sys"],
        &[
            "aios-ledger",
            "aios-working",
            "aios-longterm",
            "aios-memory-tests",
            "aios-memory-benches",
        ],
    ),
    (&["tonic", "tonic-*", "axum", "axum-*", "rmcp"], &["aios-memory-server"]),
    (&["hyper"], &["aios-memory-server", "aios-memory-benches"]),
    (&["clap", "clap_*"], &["aios-memory-cli", "xtask"]),
    (&["reqwest"], &["aios-hub", "aios-learning", "aios-memory-server"]),
];

/// Crates that may use a library or another crate only in tests: to create input, or for the
/// support shared by all tests.
const TESTED_WITH: &[(&str, &[&str])] = &[
    ("rusqlite", &["aios-memory", "aios-exchange", "aios-memory-cli"]),
    ("aios-minilm", &["aios-longterm"]),
    (
        "aios-memory-tests",
        &[
            "aios-ledger",
            "aios-working",
            "aios-longterm",
            "aios-memory",
            "aios-exchange",
            "aios-memory-cli",
        ],
    ),
];

/// Packages that a crate must not link, directly or indirectly.
const OUT_OF_REACH: &[(&str, &[&str])] = &[
    ("aios-record", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-guard", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-context", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-operational", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-analysis", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-draft", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-learning", &["rusqlite", "lancedb"]),
    ("aios-files", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("aios-ledger", &["lancedb", "candle-core"]),
    ("aios-working", &["lancedb", "candle-core"]),
    ("aios-embedding", &["tokio", "rusqlite", "lancedb"]),
    ("aios-minilm", &["tokio", "rusqlite", "lancedb"]),
    ("aios-longterm", &["aios-minilm"]),
    ("aios-hub", &["rusqlite", "lancedb"]),
    // The tests of every crate use its library.
    ("aios-memory-tests", &["tokio", "rusqlite", "lancedb", "candle-core"]),
    ("xtask", &["tokio", "rusqlite", "lancedb", "candle-core", "clap"]),
];

/// Packages that must not be in the graph, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("model2vec-rs", "it brings a second copy of candle and the tokenizers"),
    ("onig", "it is a second regular-expression engine, in C"),
    ("onig_sys", "it is a second regular-expression engine, in C"),
];

/// Features that must be off, with the reason; `*` means all.
const FEATURES_OFF: &[(&str, &[&str], &str)] = &[
    ("lancedb", &["*"], "its features bring cloud stores and a second ML stack"),
    (
        "tokenizers",
        &["onig", "esaxx_fast", "http"],
        "they bring C, C++ and downloads; fancy-regex does without",
    ),
];

/// Packages limited to one version: the types of two versions are incompatible.
const ONCE: &[&str] =
    &["candle-core", "tokenizers", "rusqlite", "libsqlite3-sys", "arrow", "lancedb", "reqwest"];

/// Checks `metadata`, the output of `cargo metadata` in format version 1.
pub(super) fn check(metadata: &Value) -> Vec<Finding> {
    let Some(graph) = Graph::read(metadata) else {
        return vec![Finding::new("cargo metadata", 0, "unexpected shape of the JSON")];
    };
    let mut findings = Vec::new();
    for package in graph.packages.values().filter(|package| package.is_member) {
        findings.extend(check_member(package, &graph));
        findings.extend(check_reach(package, &graph));
    }
    findings.extend(check_packages(&graph));
    findings
}

/// Checks that every crate named in the lists is a member of the workspace or planned.
pub(super) fn check_names(metadata: &Value) -> Vec<Finding> {
    let Some(graph) = Graph::read(metadata) else { return Vec::new() };
    let members = graph.packages.values().filter(|package| package.is_member);
    let members: BTreeSet<&str> = members.map(|package| package.name).collect();
    compare_names(&names(), &members, PLANNED)
}

/// Returns the crates named in the lists.
fn names() -> BTreeSet<&'static str> {
    let known = MAY_KNOW.iter().flat_map(|(name, known)| known.iter().chain([name]));
    let owners = OWNERS.iter().flat_map(|(_, owners)| *owners);
    let testing = TESTED_WITH.iter().flat_map(|(_, crates)| *crates);
    let reaching = OUT_OF_REACH.iter().map(|(name, _)| name);
    let all = known.chain(owners).chain(testing).chain(reaching).copied();
    all.filter(|name| !ANY.contains(name)).collect()
}

/// Finds names of crates that do not exist, and names wrongly marked as planned.
fn compare_names(
    names: &BTreeSet<&str>,
    members: &BTreeSet<&str>,
    planned: &[&str],
) -> Vec<Finding> {
    let missing = names.iter().filter(|name| !members.contains(*name) && !planned.contains(name));
    let missing = missing.map(|name| {
        Finding::new(name, 0, "is named in `graph.rs` and does not exist; remove it or plan it")
    });
    let unplanned = planned.iter().filter(|name| members.contains(*name) || !names.contains(*name));
    let unplanned = unplanned.map(|name| {
        Finding::new(name, 0, "is in PLANNED, and exists or is in no other list; remove it there")
    });
    missing.chain(unplanned).collect()
}

struct Graph<'a> {
    /// Packages by id.
    packages: BTreeMap<&'a str, Package<'a>>,
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    is_member: bool,
    /// Dependencies in its manifest, of every kind, including inactive optional ones.
    dependencies: Vec<&'a str>,
    /// Dependencies that only its tests have.
    tested_with: Vec<&'a str>,
    /// Ids of the resolved normal and build dependencies.
    linked: Vec<&'a str>,
    features: Vec<&'a str>,
}

impl<'a> Graph<'a> {
    fn read(metadata: &'a Value) -> Option<Self> {
        let members = strings(metadata.get("workspace_members")?)?;
        let mut packages = BTreeMap::new();
        for package in metadata.get("packages")?.as_array()? {
            let id = package.get("id")?.as_str()?;
            let dependencies = package.get("dependencies")?.as_array()?;
            let is_dev = |it: &&Value| it.get("kind").and_then(Value::as_str) == Some("dev");
            let read = Package {
                name: package.get("name")?.as_str()?,
                version: package.get("version")?.as_str()?,
                is_member: members.contains(&id),
                dependencies: dependencies
                    .iter()
                    .map(|it| it.get("name")?.as_str())
                    .collect::<Option<_>>()?,
                tested_with: dependencies
                    .iter()
                    .filter(is_dev)
                    .map(|it| it.get("name")?.as_str())
                    .collect::<Option<_>>()?,
                linked: Vec::new(),
                features: Vec::new(),
            };
            packages.insert(id, read);
        }
        for node in metadata.get("resolve")?.get("nodes")?.as_array()? {
            let package = packages.get_mut(node.get("id")?.as_str()?)?;
            package.features = strings(node.get("features")?)?;
            for edge in node.get("deps")?.as_array()? {
                let kinds = edge.get("dep_kinds")?.as_array()?;
                if kinds.iter().any(|it| it.get("kind").and_then(Value::as_str) != Some("dev")) {
                    package.linked.push(edge.get("pkg")?.as_str()?);
                }
            }
        }
        Some(Self { packages })
    }

    fn is_member(&self, name: &str) -> bool {
        self.packages.values().any(|package| package.is_member && package.name == name)
    }
}

fn strings(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn check_member(package: &Package<'_>, graph: &Graph<'_>) -> Vec<Finding> {
    let name = package.name;
    let Some((_, may_know)) = MAY_KNOW.iter().find(|(known, _)| *known == name) else {
        let message = "is not in the map; list its allowed dependencies in docs/ARCHITECTURE.md \
                       and in MAY_KNOW of xtask";
        return vec![Finding::new(name, 0, message)];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let in_tests = package.tested_with.contains(dependency)
            && TESTED_WITH.iter().any(|(it, who)| it == dependency && who.contains(&name));
        let allowed = *may_know == ANY || may_know.contains(dependency) || *dependency == name;
        if graph.is_member(dependency) && !allowed && !in_tests {
            let message = format!("must not use `{dependency}`; the umbrella joins the tiers");
            findings.push(Finding::new(name, 0, message));
        }
        for (libraries, owners) in OWNERS.iter().filter(|_| !in_tests) {
            if matches_any(libraries, dependency) && !owners.contains(&name) {
                let owners = owners.join(", ");
                let message = format!("must not use `{dependency}`; only these may: {owners}");
                findings.push(Finding::new(name, 0, message));
            }
        }
    }
    findings
}

fn check_reach(package: &Package<'_>, graph: &Graph<'_>) -> Vec<Finding> {
    let Some((_, forbidden)) = OUT_OF_REACH.iter().find(|(name, _)| *name == package.name) else {
        return Vec::new();
    };
    let mut reached = BTreeSet::new();
    let mut open = package.linked.clone();
    while let Some(id) = open.pop() {
        if let Some(next) = graph.packages.get(id).filter(|_| reached.insert(id)) {
            open.extend(&next.linked);
        }
    }
    let names = reached.iter().filter_map(|id| graph.packages.get(id)).map(|it| it.name);
    names
        .filter(|name| forbidden.contains(name))
        .map(|name| {
            let message = format!("depends on `{name}`; `cargo tree -i {name}` shows the path");
            Finding::new(package.name, 0, message)
        })
        .collect()
}

fn check_packages(graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in graph.packages.values() {
        versions.entry(package.name).or_default().insert(package.version);
        if let Some((name, why)) = BANNED.iter().find(|(name, _)| *name == package.name) {
            findings.push(Finding::new(name, 0, format!("is in the graph: {why}")));
        }
        for (name, off, why) in FEATURES_OFF.iter().filter(|(name, ..)| *name == package.name) {
            for feature in package.features.iter().filter(|it| matches_any(off, it)) {
                findings.push(Finding::new(name, 0, format!("has the feature `{feature}`: {why}")));
            }
        }
    }
    for name in ONCE {
        let Some(found) = versions.get(name).filter(|found| found.len() > 1) else { continue };
        let found = found.iter().copied().collect::<Vec<_>>().join(", ");
        let message = format!("has several versions ({found}); expected one");
        findings.push(Finding::new(name, 0, message));
    }
    findings
}

fn matches_any(patterns: &[&str], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => *pattern == name,
    })
}

#[cfg(test)]
mod tests;
