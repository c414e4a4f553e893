//! Circles: files of one crate that import each other.
//!
//! A file that is imported by the files it imports cannot be read, tested or moved alone. The
//! parser follows `use` declarations, and paths that begin with `crate`, `super`, `self`, a child
//! module or an imported name. Re-exports are followed to the file that defines the name; a file
//! that only re-exports a name does not depend on it. The root of a crate and tests are excluded.
//! Calls of methods are not detected, because they need no import.

mod imports;
mod tolerated;

use std::collections::{BTreeMap, BTreeSet};

use self::imports::{Imports, read};
use self::tolerated::TOLERATED;
use super::finding::Finding;
use super::sources::is_test;
use super::tree::File;

/// Maximum length of a chain of re-exports.
const HOPS_MAX: usize = 8;

/// The files of a crate by module path. The path of the root is empty.
type Modules<'a> = BTreeMap<Vec<String>, Module<'a>>;

/// Edges between files.
type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A tolerated circle: its crate, its files below `src`, and the reason.
type Tolerated<'a> = (&'a str, &'a [&'a str], &'a str);

struct Module<'a> {
    file: &'a str,
    imports: Imports,
}

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    check_against(files, TOLERATED)
}

fn check_against(files: &[File], tolerated: &[Tolerated<'_>]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for file in files {
        let Some((folder, path)) = file.path.split_once("/src/") else { continue };
        if let Some(text) = &file.text
            && file.extension() == "rs"
            && !is_test(&file.path)
        {
            crates.entry(folder).or_default().push((path, text));
        }
    }
    let mut circles = Vec::new();
    for (folder, files) in &crates {
        let graph = graph(&modules(files));
        for circle in circles_of(&graph) {
            let arrows = arrows(&graph, &circle);
            circles.push((folder, circle, arrows));
        }
    }
    let mut findings = Vec::new();
    for (folder, circle, arrows) in &circles {
        let is_tolerated = |(of, files, _): &Tolerated<'_>| {
            of == *folder && circle.iter().all(|file| files.contains(file))
        };
        if !tolerated.iter().any(is_tolerated) {
            let place = format!("{folder}/src/{}", circle.first().expect("a circle has files"));
            let message = format!("{} files import each other: {arrows}", circle.len());
            findings.push(Finding::new(&place, 0, message));
        }
    }
    for (folder, files, _) in tolerated {
        for file in *files {
            if !circles.iter().any(|(of, circle, _)| *of == folder && circle.contains(file)) {
                let place = format!("{folder}/src/{file}");
                let message = "is no longer in a circle; remove it from `TOLERATED`";
                findings.push(Finding::new(&place, 0, message));
            }
        }
    }
    findings
}

/// Returns the modules of a crate, except those that are compiled only for tests.
fn modules<'a>(files: &[(&'a str, &str)]) -> Modules<'a> {
    let mut modules = Modules::new();
    for (file, text) in files {
        modules.insert(module_path(file), Module { file, imports: read(text) });
    }
    let tests = modules.iter().flat_map(|(path, module)| {
        module.imports.tests.iter().map(|name| [&path[..], std::slice::from_ref(name)].concat())
    });
    let tests: Vec<Vec<String>> = tests.collect();
    modules.retain(|path, _| !tests.iter().any(|test| path.starts_with(test)));
    modules
}

/// Returns the path of the module in the file at `path` below `src`.
fn module_path(path: &str) -> Vec<String> {
    match path.strip_suffix(".rs").unwrap_or(path) {
        "lib" | "main" => Vec::new(),
        module => module.split('/').map(str::to_owned).collect(),
    }
}

fn graph<'a>(modules: &Modules<'a>) -> Graph<'a> {
    let mut graph = Graph::new();
    for (path, module) in modules.iter().filter(|(path, _)| !path.is_empty()) {
        let targets = graph.entry(module.file).or_default();
        for used in module.imports.used() {
            let Some(target) = resolve(modules, path, used, HOPS_MAX) else { continue };
            if !target.is_empty() && target != *path {
                targets.insert(modules[&target].file);
            }
        }
    }
    graph
}

/// Returns the module that defines what `used` names in the module `at`. `None` if it is outside of
/// the crate, or if `used` names a module.
fn resolve(
    modules: &Modules<'_>,
    at: &[String],
    used: &[String],
    hops: usize,
) -> Option<Vec<String>> {
    let mut module = at.to_vec();
    let mut rest = used;
    match used.first()?.as_str() {
        "crate" => (module, rest) = (Vec::new(), &used[1..]),
        "self" => rest = &used[1..],
        "super" => {}
        first => {
            let is_child = modules.contains_key(&[at, &[first.to_owned()]].concat());
            if !is_child && !modules[at].imports.names.contains_key(first) {
                return None;
            }
        }
    }
    while rest.first().is_some_and(|name| name == "super") {
        module.pop();
        rest = &rest[1..];
    }
    while let Some(name) = rest.first() {
        let child = [&module[..], std::slice::from_ref(name)].concat();
        if modules.contains_key(&child) {
            module = child;
            rest = &rest[1..];
            continue;
        }
        if name == "*" {
            return Some(module);
        }
        let defined = modules.get(&module)?.imports.names.get(name);
        return match defined {
            Some(import) if 0 < hops => {
                let whole = [&import[..], &rest[1..]].concat();
                resolve(modules, &module, &whole, hops - 1)
            }
            _ => Some(module),
        };
    }
    None
}

/// Returns the sets of several files that reach each other.
fn circles_of<'a>(graph: &Graph<'a>) -> Vec<BTreeSet<&'a str>> {
    let reached: Graph<'a> = graph.keys().map(|file| (*file, reach(graph, file))).collect();
    let mut circles = Vec::new();
    for (file, reach) in &reached {
        let mutual = reach.iter().filter(|other| reached[*other].contains(file));
        let circle: BTreeSet<&str> = mutual.copied().collect();
        if 1 < circle.len() && circle.first() == Some(file) {
            circles.push(circle);
        }
    }
    circles
}

/// Returns the files that `file` reaches by at least one edge.
fn reach<'a>(graph: &Graph<'a>, file: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&str> = graph[file].iter().copied().collect();
    while let Some(next) = ahead.pop() {
        if reached.insert(next) {
            ahead.extend(&graph[next]);
        }
    }
    reached
}

/// Formats the edges within a circle.
fn arrows(graph: &Graph<'_>, circle: &BTreeSet<&str>) -> String {
    let lines = circle.iter().map(|file| {
        let targets: Vec<&str> = graph[file].intersection(circle).copied().collect();
        format!("{file} -> {}", targets.join(", "))
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
