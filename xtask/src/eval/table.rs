//! The table of `eval` in Markdown, built from answers of the binary.

use serde_json::Value;

use crate::error::Error;

/// Builds the error for an answer without the required fields.
pub(super) fn no_report() -> Error {
    Error::Answer {
        command: "aios-memory eval --json".to_owned(),
        expected: "an object with `queries` and its measures",
    }
}

/// A column: its heading and its number of decimals.
struct Column {
    heading: &'static str,
    decimals: usize,
}

const fn share(heading: &'static str) -> Column {
    Column { heading, decimals: 3 }
}

const COLUMNS: &[Column] = &[
    Column { heading: QUESTIONS, decimals: 0 },
    share("first"),
    share("in 3"),
    share("in 10"),
    share("recall@5"),
    share("recall@10"),
    share("MRR"),
    share("nDCG@10"),
    share("BM25"),
    share("vector"),
    share("RRF"),
    share("z-score"),
    share("sess.@10"),
    share("in 500"),
    share("in 1000"),
    share("in 2000"),
    share(PASSING),
    share("median"),
    share(AREA),
    share(ERROR),
    share("best hits"),
    Column { heading: "p50 ms", decimals: 1 },
    Column { heading: "p95 ms", decimals: 1 },
];

const QUESTIONS: &str = "questions";
const PASSING: &str = "at .5";
const AREA: &str = "AUROC";
const ERROR: &str = "calib. error";

/// JSON pointers to the means over questions, by heading.
const SUMMARY: &[(&str, &str)] = &[
    (QUESTIONS, "/queries"),
    ("first", "/recall_any/1"),
    ("in 3", "/recall_any/3"),
    ("in 10", "/recall_any/10"),
    ("recall@5", "/recall/5"),
    ("recall@10", "/recall/10"),
    ("MRR", "/mrr"),
    ("nDCG@10", "/ndcg@10"),
];

/// JSON pointers to the other results of a run.
const OF_RUN: &[(&str, &str)] = &[
    ("BM25", "/baselines/bm25/ndcg@10"),
    ("vector", "/baselines/vector/ndcg@10"),
    ("RRF", "/baselines/reciprocal_rank_fusion/ndcg@10"),
    ("z-score", "/baselines/z_score_fusion/ndcg@10"),
    ("sess.@10", "/sessions/recall/10"),
    ("in 500", "/evidence_within_tokens/500"),
    ("in 1000", "/evidence_within_tokens/1000"),
    ("in 2000", "/evidence_within_tokens/2000"),
    (PASSING, "/abstention/answerable"),
    ("p50 ms", "/query_ms/p50"),
    ("p95 ms", "/query_ms/p95"),
];

/// JSON pointers to the results of questions without an answer in their conversation.
const UNANSWERABLE: &[(&str, &str)] = &[
    (PASSING, "/abstention/unanswerable"),
    (AREA, "/abstention/unanswerable_area_under_curve"),
    (ERROR, "/abstention/unanswerable_calibration_error"),
];
const FOREIGN: &[(&str, &str)] = &[
    (PASSING, "/abstention/foreign"),
    (AREA, "/abstention/area_under_curve"),
    (ERROR, "/abstention/calibration_error"),
];

/// JSON pointers to the results of a type of question about notes.
const OF_TYPE: &[(&str, &str)] = &[
    (QUESTIONS, "/queries"),
    (PASSING, "/passing"),
    ("median", "/median"),
    (AREA, "/area_under_curve"),
    (ERROR, "/calibration_error"),
];

/// Legend below the tables.
const LEGEND: &str = "\
`first`, `in 3`, `in 10`: share of questions with any of the evidence among the first k hits.
`BM25`, `vector`, `RRF`, `z-score`: nDCG@10 of BM25 alone (k1 1.2, b .75, the terms of the product),
of the same vectors alone, and of both, fused by reciprocal rank (k 60) or by the sum of z-scores.
`in 500` to `in 2000`: share of questions with all evidence within that many tokens of context.
`at .5`: share of right notes or best hits with a relevance of .5 or more. AUROC and the calibration
error are against questions without an answer: for notes those of `never-stored`, for conversations
those of the row. The calibration error is the expected one over ten intervals of equal width;
`best hits` is that of the best hits of all questions about notes.
Times are those of queries that were not asked before.
";

/// Rows of cells, keyed by column heading.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    rows: Vec<Row>,
    /// Model named by the last answer.
    model: Option<String>,
}

#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    cells: Vec<(&'static str, f64)>,
}

impl Row {
    fn new(name: impl Into<String>) -> Row {
        Row { name: name.into(), cells: Vec::new() }
    }

    /// Adds those of the results that `json` has.
    fn with(mut self, json: &Value, figures: &[(&'static str, &str)]) -> Row {
        let figure = |(heading, pointer): &(&'static str, &str)| {
            Some((*heading, json.pointer(pointer)?.as_f64()?))
        };
        self.cells.extend(figures.iter().filter_map(figure));
        self
    }

    fn at(&self, heading: &str) -> Option<f64> {
        self.cells.iter().find(|(of, _)| *of == heading).map(|(_, value)| *value)
    }
}

impl Table {
    /// Adds the rows of a run of conversations: each conversation, all of them, and the
    /// unanswerable questions.
    pub(super) fn conversations(&mut self, json: &Value) -> Result<(), Error> {
        self.check(json)?;
        let by_path = entries(json, "/by_path");
        let count = by_path.len();
        for (path, summary) in by_path.iter().filter(|_| 1 < count) {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.rows.push(Row::new(name).with(summary, SUMMARY));
        }
        let name = match &by_path[..] {
            [(path, _)] => path.rsplit('/').next().unwrap_or(path).to_owned(),
            _ => format!("{count} conversations"),
        };
        self.rows.push(Row::new(&name).with(json, SUMMARY).with(json, OF_RUN));
        for (what, figures) in
            [("questions of another", FOREIGN), ("unanswerable questions", UNANSWERABLE)]
        {
            let row = Row::new(format!("{name}: {what}")).with(json, figures);
            self.rows.extend(Some(row).filter(|row| !row.cells.is_empty()));
        }
        Ok(())
    }

    /// Adds the row of a document collection.
    pub(super) fn documents(&mut self, name: &str, json: &Value) -> Result<(), Error> {
        self.check(json)?;
        self.rows.push(Row::new(name).with(json, SUMMARY).with(json, OF_RUN));
        Ok(())
    }

    /// Adds the rows of notes: each type of question, and all together.
    pub(super) fn notes(&mut self, name: &str, json: &Value) -> Result<(), Error> {
        self.check(json)?;
        let name = match json.pointer("/others").and_then(Value::as_u64) {
            Some(others) if 0 < others => format!("{name} among {others} others"),
            _ => name.to_owned(),
        };
        for (of_type, relevance) in entries(json, "/relevance") {
            let under = |of: &str| json.pointer(&format!("{of}/by_category/{of_type}"));
            let mut row = Row::new(format!("{name}: {of_type}")).with(relevance, OF_TYPE);
            if let Some(summary) = under("") {
                row = row.with(summary, &SUMMARY[1..]);
            }
            for (heading, pointer) in &OF_RUN[..4] {
                let baseline = pointer.strip_suffix("/ndcg@10").and_then(under);
                row = row.with(baseline.unwrap_or(&Value::Null), &[(*heading, "/ndcg@10")]);
            }
            self.rows.push(row);
        }
        let of_best_hit = [("best hits", "/best_hit_calibration_error")];
        let row = Row::new(format!("{name}: all answerable")).with(json, SUMMARY);
        self.rows.push(row.with(json, OF_RUN).with(json, &of_best_hit));
        Ok(())
    }

    fn check(&mut self, json: &Value) -> Result<(), Error> {
        json.pointer("/queries").and_then(Value::as_f64).ok_or_else(no_report)?;
        let model = json.pointer("/embedder").and_then(Value::as_str);
        self.model = model.map(str::to_owned).or(self.model.take());
        Ok(())
    }
}

/// Returns the entries of the object at `pointer`. Empty if it is missing.
fn entries<'v>(json: &'v Value, pointer: &str) -> Vec<(&'v String, &'v Value)> {
    json.pointer(pointer).and_then(Value::as_object).into_iter().flatten().collect()
}

/// Formats the tables with their headings, and only the columns that have values.
pub(super) fn text(parts: &[(&str, Table)]) -> String {
    let mut text = String::new();
    if let Some(model) = parts.iter().find_map(|(_, table)| table.model.as_deref()) {
        text.push_str(&format!("Model: {model}\n"));
    }
    let rows = || parts.iter().flat_map(|(_, table)| &table.rows);
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| rows().any(|row| row.at(column.heading).is_some()))
        .collect();
    let name_width = rows().map(|row| row.name.chars().count()).max().unwrap_or(0).max(3);
    let width = |column: &Column| column.heading.chars().count().max(5);
    for (heading, table) in parts {
        text.push_str(&format!("\n{heading}:\n\n| {:name_width$} |", "set"));
        for column in &columns {
            text.push_str(&format!(" {:>1$} |", column.heading, width(column)));
        }
        text.push_str(&format!("\n|{}|", "-".repeat(name_width + 2)));
        for column in &columns {
            text.push_str(&format!("{}:|", "-".repeat(width(column) + 1)));
        }
        text.push('\n');
        for row in &table.rows {
            text.push_str(&format!("| {:name_width$} |", row.name));
            for column in &columns {
                let decimals = column.decimals;
                let cell = row.at(column.heading).map(|value| format!("{value:.decimals$}"));
                text.push_str(&format!(" {:>1$} |", cell.unwrap_or_default(), width(column)));
            }
            text.push('\n');
        }
    }
    text.push('\n');
    text.push_str(LEGEND);
    text
}

#[cfg(test)]
mod tests;
