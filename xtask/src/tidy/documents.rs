//! Rules for documents: the README's commands are those that CI runs, and the README of a crate is
//! part of its front page and has only valid links.

use super::finding::Finding;
use super::sources::FRONT_PAGE;
use super::tree::File;
use crate::test;

/// Required line of `.ci/run`. The table in `ci.rs` lists the steps.
const CI: &str = "exec cargo xtask ci";

/// Required line of the README, for new users.
const DEMO: &str = "cargo xtask demo";

/// Prefix of links to files of the repository, which work on the registry and in rustdoc.
const REPOSITORY: &str = "https://github.com/aios-memory/aios-memory";

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
    .chain(files.iter().flat_map(|file| check_crate_readme(file, files)))
    .collect()
}

/// Returns the folder of the crate whose README is at `path`, such as `crates/record`.
fn crate_of_readme(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/README.md")?;
    let name = folder.strip_prefix("crates/")?;
    (!name.contains('/')).then_some(folder)
}

/// Checks that the README of a crate is included in its `lib.rs`, and that its links work in both
/// places.
fn check_crate_readme(readme: &File, files: &[File]) -> Vec<Finding> {
    let Some(folder) = crate_of_readme(&readme.path) else { return Vec::new() };
    let mut findings = Vec::new();
    let front_page = format!("{folder}/src/lib.rs");
    let library = files.iter().find(|file| file.path == front_page);
    let text = library.and_then(|file| file.text.as_deref());
    if text.is_some_and(|text| !text.starts_with(FRONT_PAGE)) {
        let message = format!("opens without the README: `{}`", FRONT_PAGE.trim_end());
        findings.push(Finding::new(&front_page, 1, message));
    }
    for (line, number) in readme.text.as_deref().unwrap_or_default().lines().zip(1..) {
        let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let broken = links.filter(|link| !leads_somewhere(link, files));
        findings.extend(broken.map(|link| {
            let message = format!("`{link}`: link to a file by {REPOSITORY}/blob/HEAD/...");
            Finding::new(&readme.path, number, message)
        }));
    }
    findings
}

/// Returns true if a link is absolute, and if it is to a file of the repository, that file exists.
fn leads_somewhere(link: &str, files: &[File]) -> bool {
    let Some(place) = link.strip_prefix(REPOSITORY) else { return link.starts_with("https://") };
    let place = place.split('#').next().unwrap_or_default();
    match (place.strip_prefix("/blob/HEAD/"), place.strip_prefix("/tree/HEAD/")) {
        (Some(path), _) => files.iter().any(|file| file.path == path),
        (_, Some(folder)) => files.iter().any(|file| file.path.starts_with(&format!("{folder}/"))),
        _ => place.is_empty(),
    }
}

fn check_changelog(text: Option<&str>) -> Option<Finding> {
    let mut headings = text.unwrap_or_default().lines().filter(|line| line.starts_with("## "));
    let message = "expected `## Unreleased` as the first section, with the changes for users";
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
