//! `eval`: runs the binary's `eval` on every labelled data set in a directory, and prints one
//! table.
//!
//! Sets on which the search constants were fitted are separate from held-out ones. All
//! conversations of a part share one run, because each is also asked the questions of the next.
//! Each collection and each note set has its own run. Note sets have a second one with the texts of
//! all other sets as distractors.

mod sets;
mod table;

use std::path::PathBuf;

use serde_json::Value;

use self::sets::{Format, Set};
use self::table::Table;
use crate::child::{Cargo, workspace_root};
use crate::error::Error;

pub(crate) const USAGE: &str =
    "eval [--release] [--format=FORMAT] [--model=NAME] [PATH...] [-- ARGS]";

/// Default data directory, relative to the workspace.
const DATA: &str = "../shared/data";

/// Names of the sets on which the search constants were fitted.
const FITTED: &[&str] = &[
    "conv-26.json",
    "conv-41.json",
    "conv-43.json",
    "conv-47.json",
    "conv-49.json",
    "cranfield",
    "cisi",
    "notes_dev.jsonl",
];

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let call = Call::parse(arguments)?;
    let mut sets = Vec::new();
    for path in &call.paths {
        match call.format {
            Some(format) => sets.push(Set { format, path: path.clone() }),
            None => sets.extend(sets::find(path)?),
        }
    }
    Cargo::new(&["build", "--package", "aios-memory-cli"]).args(&call.release()).run()?;
    let (fitted, held_out): (Vec<&Set>, Vec<&Set>) = sets.iter().partition(|set| is_fitted(set));
    let mut parts = Vec::new();
    for (heading, part) in
        [("Sets on which the constants were fitted", fitted), ("Held-out sets", held_out)]
    {
        if !part.is_empty() {
            parts.push((heading, measure(&call, &part, &sets)?));
        }
    }
    print!("{}", table::text(&parts));
    Ok(())
}

fn is_fitted(set: &Set) -> bool {
    FITTED.contains(&&*set.name())
}

/// Measures the sets of one part. `all` provides the distractors for notes.
fn measure(call: &Call, part: &[&Set], all: &[Set]) -> Result<Table, Error> {
    let mut table = Table::default();
    let of = |wanted: fn(Format) -> bool| part.iter().filter(move |set| wanted(set.format));
    let conversations: Vec<&Set> = of(Format::is_conversations).copied().collect();
    if !conversations.is_empty() {
        table.conversations(&answer(call, &conversations, &[])?)?;
    }
    for set in of(Format::is_documents) {
        table.documents(&set.name(), &answer(call, &[set], &[])?)?;
    }
    for set in of(|format| format == Format::Notes) {
        table.notes(&set.name(), &answer(call, &[set], &[])?)?;
        let others = all.iter().filter(|other| other.format != Format::Notes);
        let others: Vec<&Set> = others.collect();
        if !others.is_empty() {
            table.notes(&set.name(), &answer(call, &[set], &others)?)?;
        }
    }
    Ok(table)
}

/// Runs the binary on `sets`, all of one format, and returns its answer.
fn answer(call: &Call, sets: &[&Set], among: &[&Set]) -> Result<Value, Error> {
    let path = |set: &&Set| set.path.to_string_lossy().into_owned();
    let format = sets.first().map_or("", |set| set.format.name());
    let mut arguments = vec!["--format".to_owned(), format.to_owned()];
    for (flag, values) in [
        ("--model", Vec::from_iter(call.model.clone())),
        ("--among", among.iter().map(path).collect()),
    ] {
        arguments.extend(values.into_iter().flat_map(|value| [flag.to_owned(), value]));
    }
    eprintln!("eval {} ({format})", sets.iter().map(path).collect::<Vec<_>>().join(" "));
    let answer = Cargo::binary(&[&call.release()[..], &["--quiet"]].concat())
        .args(&["eval", "--json"])
        .args(&arguments)
        .args(&call.rest)
        .args(&sets.iter().map(path).collect::<Vec<_>>())
        .output()?;
    serde_json::from_str(&answer).map_err(|_| table::no_report())
}

/// The parsed arguments.
#[derive(Debug, PartialEq)]
struct Call {
    is_release: bool,
    format: Option<Format>,
    model: Option<String>,
    paths: Vec<PathBuf>,
    rest: Vec<String>,
}

impl Call {
    fn parse(arguments: &[String]) -> Result<Call, Error> {
        let wrong = Error::Usage { usage: USAGE };
        let split = arguments.iter().position(|argument| argument == "--");
        let (own, rest) = match split {
            Some(at) => (&arguments[..at], &arguments[at + 1..]),
            None => (arguments, &[][..]),
        };
        let (mut format, mut model, mut paths) = (None, None, Vec::new());
        let mut is_release = false;
        let mut own = own.iter();
        while let Some(argument) = own.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (argument.as_str(), None),
            };
            let mut value = || value.clone().or_else(|| own.next().cloned());
            match name {
                "--release" => is_release = true,
                "--model" => match value() {
                    Some(name) => model = Some(name),
                    None => return Err(wrong),
                },
                "--format" => match value().and_then(|name| Format::named(&name)) {
                    Some(named) => format = Some(named),
                    None => return Err(wrong),
                },
                option if option.starts_with('-') => return Err(wrong),
                _ => paths.push(PathBuf::from(argument)),
            }
        }
        match (paths.is_empty(), format) {
            (true, Some(_)) => return Err(wrong),
            (true, None) => paths.push(workspace_root().join(DATA)),
            (false, _) => {}
        }
        Ok(Call { is_release, format, model, paths, rest: rest.to_vec() })
    }

    fn release(&self) -> Vec<&'static str> {
        if self.is_release { vec!["--release"] } else { vec![] }
    }
}

#[cfg(test)]
mod tests;
