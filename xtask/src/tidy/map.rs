//! Compares the map in `docs/ARCHITECTURE.md` with the packages of the tree: each row has its
//! folder, each package its row, and a package of tests has tests.
//!
//! The last column of the rows is not checked. It summarises the lists in `graph`.

use super::finding::Finding;
use super::tree::File;

const MAP: &str = "docs/ARCHITECTURE.md";

/// First line of the table.
const HEADER: &str = "| folder | package | purpose | must not know |";

/// Folder of packages that consist of tests.
const TESTS: &str = "tests";

/// Beginnings of the attributes of a test.
const ATTRIBUTES: &[&str] = &["#[test]", "#[tokio::test"];

/// A row of the map, or a package of the tree.
#[derive(Debug, PartialEq, Eq)]
struct Package<'a> {
    folder: &'a str,
    name: &'a str,
    /// Line number of a row, from 1.
    line: usize,
}

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let map = files.iter().find(|file| file.path == MAP);
    let rows = rows(map.and_then(|file| file.text.as_deref()).unwrap_or_default());
    let packages: Vec<Package<'_>> = files.iter().filter_map(package).collect();
    let mut findings = compare(&rows, &packages);
    findings.extend(packages.iter().filter_map(|package| check_tests(package, files)));
    findings
}

/// Returns the rows of the map.
fn rows(text: &str) -> Vec<Package<'_>> {
    let lines = text.lines().zip(1..).skip_while(|(line, _)| *line != HEADER);
    // The header and the line below it.
    let rows = lines.skip(2).take_while(|(line, _)| line.starts_with('|'));
    rows.filter_map(|(row, line)| {
        let mut cells = row.split('|').skip(1).map(|cell| cell.trim().trim_matches('`'));
        Some(Package { folder: cells.next()?, name: cells.next()?, line })
    })
    .collect()
}

/// Returns the package of a manifest, except the root's.
fn package(file: &File) -> Option<Package<'_>> {
    let folder = file.path.strip_suffix("/Cargo.toml")?;
    let text = file.text.as_deref()?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))?;
    Some(Package { folder, name, line: 0 })
}

/// Finds rows without a package and packages without a row.
fn compare(rows: &[Package<'_>], packages: &[Package<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if rows.is_empty() {
        findings.push(Finding::new(MAP, 0, format!("has no table `{HEADER}`")));
    }
    for row in rows {
        let found = packages.iter().find(|package| package.folder == row.folder);
        let message = match found {
            Some(package) if package.name == row.name => continue,
            Some(package) => format!("`{}` has the package `{}`", row.folder, package.name),
            None => format!("`{}` has no package: remove the row", row.folder),
        };
        findings.push(Finding::new(MAP, row.line, message));
    }
    for package in packages {
        if !rows.iter().any(|row| row.folder == package.folder) {
            let message = format!("has no row in the map of {MAP}");
            findings.push(Finding::new(package.folder, 0, message));
        }
    }
    findings
}

/// Checks that a package of tests has one.
fn check_tests(package: &Package<'_>, files: &[File]) -> Option<Finding> {
    let folder = package.folder;
    if folder.split('/').next() != Some(TESTS) {
        return None;
    }
    let below = |file: &&File| {
        file.extension() == "rs"
            && file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    let has_test = files.iter().filter(below).filter_map(|file| file.text.as_deref()).any(|text| {
        let mut lines = text.lines().map(str::trim_start);
        lines.any(|line| ATTRIBUTES.iter().any(|attribute| line.starts_with(attribute)))
    });
    (!has_test).then(|| Finding::new(folder, 0, "is a package of tests and has none"))
}

#[cfg(test)]
mod tests;
