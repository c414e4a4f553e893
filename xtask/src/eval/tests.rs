//! The table of `eval`, from answers as the binary gives them.

#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn row(name: &str, questions: u32, recall: f64) -> Row {
    let answer = json!({
        "queries": questions,
        "recall": { "5": recall / 2.0, "10": recall },
        "query_ms": { "p50": 12.34 },
    });
    Row::read(name, &answer).unwrap()
}

fn parse(line: &str) -> Result<(usize, usize, usize), Error> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Call::parse(&words).map(|call| (call.options.len(), call.paths.len(), call.rest.len()))
}

#[test]
fn a_row_takes_what_is_there() {
    let row = row("some/where/conv-1.json", 10, 0.5);
    assert_eq!(row.name, "conv-1.json");
    assert_eq!(row.values[..3], [Some(0.25), Some(0.5), None]);
    assert_eq!(Row::read("x", &json!({ "error": {} })), None);
}

#[test]
fn the_mean_counts_every_question_once() {
    let mean = mean(&[row("a", 1, 0.0), row("b", 3, 1.0)]);
    assert_eq!((mean.questions, mean.values[1], mean.values[2]), (4.0, Some(0.75), None));
    let empty = super::mean(&[row("a", 0, 0.0)]);
    assert_eq!(empty.values[1], None);
}

#[test]
fn the_columns_stand_under_their_headings() {
    let text = table(&[row("a.json", 7, 0.5), row("longer.json", 12, 1.0)]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{text}");
    let end = lines[0].find("recall@10").unwrap() + "recall@10".len();
    assert_eq!(&lines[1][end - 5..end], "0.500");
    assert!(lines[1].contains("12.3"));
}

#[test]
fn the_arguments_are_told_apart() {
    assert_eq!(parse("a b").unwrap(), (0, 2, 0));
    assert_eq!(parse("--release a -- --embedder x").unwrap(), (1, 1, 2));
    let format = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Call::parse(&words).unwrap().format.to_owned()
    };
    assert_eq!(format("a"), "--format=locomo");
    assert_eq!(format("--format=beir a"), "--format=beir");
    for wrong in ["", "--release", "-- a", "--fast a", "--format=beir"] {
        assert!(matches!(parse(wrong), Err(Error::Usage { .. })), "{wrong}");
    }
}
