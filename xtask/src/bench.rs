//! `bench`: measurements in the release profile.
//!
//! Without a tier, criterion measures single operations of every tier and compares them with a
//! baseline. With a tier (or `embedding`), its workloads run beside their rivals and print one
//! table. `--rivals` runs all tables.
//!
//! Each is a bench target of the package in `benches/`. A target determines its own output, and the
//! file that it writes below `target/`.

use std::path;

use crate::child::Cargo;
use crate::error::Error;

pub(crate) const USAGE: &str =
    "bench [operational|working|embedding|longterm|service|criterion|--rivals] [ARGS]";

/// Single operations, measured by criterion.
const CRITERION: &str = "criterion";
const EMBEDDING: &str = "embedding";
const LONGTERM: &str = "longterm";
const SERVICE: &str = "service";
/// Targets that print a table.
const TABLES: &[&str] = &["operational", "working", EMBEDDING, LONGTERM, SERVICE];
const RIVALS: &str = "--rivals";
/// Also selects the binary, so that LanceDB is built with exactly its features.
const WITH_LANCEDB: &[&str] =
    &["--features", "aios-memory-benches/longterm", "--package", "aios-memory-cli"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let targets = targets(arguments).ok_or(Error::Usage { usage: USAGE })?;
    for (target, arguments) in targets {
        let mut cargo =
            Cargo::new(&["bench", "--package", "aios-memory-benches", "--bench", target]);
        if [CRITERION, LONGTERM, SERVICE].contains(&target) {
            cargo = cargo.args(WITH_LANCEDB);
        }
        cargo.args(&["--"]).args(&arguments).run()?;
    }
    Ok(())
}

/// Returns the targets to run, each with its arguments; `None` if the first argument is not a
/// target.
fn targets(arguments: &[String]) -> Option<Vec<(&'static str, Vec<String>)>> {
    let Some((first, rest)) = arguments.split_first() else {
        return Some(vec![(CRITERION, Vec::new())]);
    };
    let table = TABLES.iter().copied().find(|table| table == first);
    Some(match (first.as_str(), table) {
        (RIVALS, _) => TABLES.iter().map(|table| (*table, with_rivals(table, rest))).collect(),
        (_, Some(EMBEDDING)) => vec![(EMBEDDING, absolute(rest))],
        (_, Some(table)) => vec![(table, rest.to_vec())],
        (CRITERION, None) => vec![(CRITERION, rest.to_vec())],
        (option, None) if option.starts_with('-') => vec![(CRITERION, arguments.to_vec())],
        _ => return None,
    })
}

/// Returns the arguments that add rivals to a table. Other tables always have rivals.
fn with_rivals(table: &str, arguments: &[String]) -> Vec<String> {
    let rivals = (table == LONGTERM).then(|| RIVALS.to_owned());
    rivals.into_iter().chain(arguments.iter().cloned()).collect()
}

/// Makes the paths in the arguments absolute, because cargo runs a bench in the folder of its
/// package.
fn absolute(arguments: &[String]) -> Vec<String> {
    let absolute = |argument: &String| match path::absolute(argument) {
        Ok(path) if !argument.starts_with('-') => path.display().to_string(),
        _ => argument.clone(),
    };
    arguments.iter().map(absolute).collect()
}

#[cfg(test)]
mod tests;
