//! `eval`: the binary's `eval` over several files of labelled conversations, or directories of
//! document collections, as one table.
//!
//! One run per path, each with an index of its own, so that a row does not depend on its
//! neighbours. The last row weights every path by its questions.

use serde_json::Value;

use crate::child::Cargo;
use crate::error::Error;

pub(crate) const USAGE: &str =
    "eval [--release] [--format=locomo|beir|cranfield] PATH... [-- ARGS]";

/// The format of paths where none is told.
const FORMAT: &str = "--format=locomo";

/// A column: its heading, where its value stands in the binary's answer, and its unit.
struct Column {
    heading: &'static str,
    path: &'static [&'static str],
    decimals: usize,
}

const fn share(heading: &'static str, path: &'static [&'static str]) -> Column {
    Column { heading, path, decimals: 3 }
}

const fn millis(heading: &'static str, path: &'static [&'static str]) -> Column {
    Column { heading, path, decimals: 1 }
}

const COLUMNS: &[Column] = &[
    share("recall@5", &["recall", "5"]),
    share("recall@10", &["recall", "10"]),
    share("hit@10", &["recall_any", "10"]),
    share("MRR", &["mrr"]),
    share("nDCG@10", &["ndcg@10"]),
    share("sess. @10", &["sessions", "recall", "10"]),
    share("in 500", &["evidence_within_tokens", "500"]),
    share("in 1000", &["evidence_within_tokens", "1000"]),
    share("in 2000", &["evidence_within_tokens", "2000"]),
    millis("p50 ms", &["query_ms", "p50"]),
    millis("p95 ms", &["query_ms", "p95"]),
];

/// What one path gave: its questions, and a value per column where the binary gave one.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    questions: f64,
    values: Vec<Option<f64>>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let Call { options, format, paths, rest } = Call::parse(arguments)?;
    Cargo::new(&["build", "--package", "aios-memory-cli"]).args(&options).run()?;
    let mut rows = Vec::with_capacity(paths.len() + 1);
    for path in paths {
        eprintln!("{path}");
        let answer = Cargo::binary(&[&options[..], &["--quiet"]].concat())
            .args(&["eval", "--json", format])
            .args(rest)
            .args(&[path])
            .output()?;
        let row = serde_json::from_str(&answer).ok().and_then(|json| Row::read(path, &json));
        rows.push(row.ok_or_else(|| Error::Answer {
            command: "aios-memory eval --json".to_owned(),
            expected: "an object with `queries` and its measures",
        })?);
    }
    rows.push(mean(&rows));
    print!("{}", table(&rows));
    Ok(())
}

/// The arguments, told apart.
#[derive(Debug)]
struct Call<'a> {
    options: Vec<&'static str>,
    format: &'a str,
    paths: Vec<&'a str>,
    rest: &'a [String],
}

impl<'a> Call<'a> {
    fn parse(arguments: &'a [String]) -> Result<Self, Error> {
        let split = arguments.iter().position(|argument| argument == "--");
        let (own, rest) = match split {
            Some(at) => (&arguments[..at], &arguments[at + 1..]),
            None => (arguments, &[][..]),
        };
        let (options, paths): (Vec<_>, Vec<_>) =
            own.iter().map(String::as_str).partition(|argument| argument.starts_with('-'));
        let (release, formats): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|option| *option == "--release");
        let known = formats.iter().all(|option| option.starts_with("--format="));
        if paths.is_empty() || !known {
            return Err(Error::Usage { usage: USAGE });
        }
        let options = if release.is_empty() { vec![] } else { vec!["--release"] };
        Ok(Self { options, format: formats.last().copied().unwrap_or(FORMAT), paths, rest })
    }
}

impl Row {
    fn read(path: &str, json: &Value) -> Option<Self> {
        let value = |column: &Column| {
            column.path.iter().try_fold(json, |at, key| at.get(key)).and_then(Value::as_f64)
        };
        Some(Self {
            name: path.rsplit('/').next().unwrap_or(path).to_owned(),
            questions: json.get("queries")?.as_f64()?,
            values: COLUMNS.iter().map(value).collect(),
        })
    }
}

/// Every question counts once. A column that one path lacks has no mean.
fn mean(rows: &[Row]) -> Row {
    let questions: f64 = rows.iter().map(|row| row.questions).sum();
    let column = |index: usize| {
        let weighted = rows.iter().map(|row| row.values[index].map(|value| value * row.questions));
        weighted.sum::<Option<f64>>().filter(|_| questions > 0.0).map(|sum| sum / questions)
    };
    Row { name: "mean".to_owned(), questions, values: (0..COLUMNS.len()).map(column).collect() }
}

fn table(rows: &[Row]) -> String {
    let name_width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{:name_width$}  questions", "");
    for Column { heading, .. } in COLUMNS {
        text.push_str(&format!("  {heading:>9}"));
    }
    text.push('\n');
    for Row { name, questions, values } in rows {
        text.push_str(&format!("{name:name_width$}  {questions:>9}"));
        for (Column { decimals, .. }, value) in COLUMNS.iter().zip(values) {
            match value {
                Some(value) => text.push_str(&format!("  {value:>9.decimals$}")),
                None => text.push_str(&format!("  {:>9}", "-")),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
