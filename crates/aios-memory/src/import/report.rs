//! What became of an import, in numbers and in words.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ImportMode;
use crate::admission::{Outcome, Tally, Verdict};

/// How many failures a report names; more are counted only.
const FAILURES_MAX: usize = 1000;

/// What became of a store that was taken over. It serialises to what `aios-memory import --json`
/// prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// The file.
    #[serde(serialize_with = "crate::written_path::one")]
    pub source: PathBuf,
    /// The shapes that were recognised, by name.
    pub shapes: Vec<&'static str>,
    /// Whether nothing was written; what is said to be added would be.
    pub dry_run: bool,
    /// The tables that were read, in that order.
    pub tables: Vec<ImportedTable>,
    /// Counts of the records, by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// What has no place of its own here, with what became of it.
    pub not_understood: Vec<Unclear>,
    /// Rows that could not be stored, and why; the first 1,000 of them.
    pub failed: Vec<ImportFailure>,
    /// How many rows could not be stored.
    pub failed_count: u64,
    /// How long it took.
    pub elapsed_ms: f64,
}

/// What became of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportedTable {
    /// Its name in the source.
    pub table: String,
    /// What its rows become: a kind, `preference` or `persona`.
    pub becomes: &'static str,
    /// Rows that it has.
    pub rows: u64,
    /// Records made of them that are new.
    pub added: u64,
    /// Records that were here already.
    pub known: u64,
    /// Records that were forgotten, which stay so.
    pub forgotten: u64,
    /// Records that were left out for a reason that is listed.
    pub skipped: u64,
    /// Rows that could not be stored.
    pub failed: u64,
}

/// Something in the source that has no place of its own here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unclear {
    /// The table.
    pub table: String,
    /// The column; none where it is the whole table.
    pub column: Option<String>,
    /// How many rows have it.
    pub rows: u64,
    /// Why, and what became of it.
    pub why: String,
}

/// A row that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportFailure {
    /// The table.
    pub table: String,
    /// Which row of it, from 1.
    pub row: u64,
    /// What is wrong.
    pub error: String,
}

impl ImportReport {
    pub(super) fn new(source: &Path, mode: ImportMode) -> ImportReport {
        let dry_run = mode == ImportMode::DryRun;
        ImportReport { source: source.to_owned(), dry_run, ..ImportReport::default() }
    }

    /// Counts `rows` more for which the same is unclear.
    pub(super) fn unclear(&mut self, table: &str, column: Option<&str>, rows: u64, why: &str) {
        let same = |unclear: &&mut Unclear| {
            unclear.table == table && unclear.column.as_deref() == column && unclear.why == why
        };
        match self.not_understood.iter_mut().find(same) {
            Some(unclear) => unclear.rows += rows,
            None => self.not_understood.push(Unclear {
                table: table.to_owned(),
                column: column.map(str::to_owned),
                rows,
                why: why.to_owned(),
            }),
        }
    }

    /// Counts the outcome of a row, which is not a refusal.
    pub(super) fn count(&mut self, step: usize, verdict: &Verdict) {
        self.tally.count(verdict);
        let table = &mut self.tables[step];
        match verdict.outcome {
            Outcome::Added | Outcome::Detached(_) | Outcome::Updated => table.added += 1,
            Outcome::Refused(_) => table.failed += 1,
            Outcome::Known => table.known += 1,
            Outcome::Forgotten => table.forgotten += 1,
            Outcome::Skipped(_) | Outcome::Conflicting => table.skipped += 1,
        }
    }

    pub(super) fn fail(&mut self, step: usize, row: u64, error: String) {
        let table = &mut self.tables[step];
        table.failed += 1;
        self.tally.read += 1;
        self.tally.refused += 1;
        self.failed_count += 1;
        if self.failed.len() < FAILURES_MAX {
            self.failed.push(ImportFailure { table: table.table.clone(), row, error });
        }
    }
}
