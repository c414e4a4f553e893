//! Report of an import.

use std::path::{Path, PathBuf};

use aios_memory::admission::{Outcome, Refusal, Tally, Verdict};
use aios_record::{Mode, Remedy};
use serde::Serialize;

/// Maximum number of failures in a report. Further ones are only counted.
const FAILURES_MAX: usize = 1000;

/// Outcome of an import. Serializes to the output of `aios-memory import --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// The imported file.
    #[serde(serialize_with = "aios_memory::written_path::one")]
    pub source: PathBuf,
    /// Names of the recognised shapes.
    pub shapes: Vec<&'static str>,
    /// True if nothing was written, in which case `added` counts the records that would be added.
    pub dry_run: bool,
    /// Tables in the order in which they were read.
    pub tables: Vec<ImportedTable>,
    /// Record counts by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// Tables and columns without a counterpart here, and their handling.
    pub not_understood: Vec<Unclear>,
    /// Rows that could not be stored, with the reason; the first 1,000.
    pub failed: Vec<ImportFailure>,
    /// Number of rows that could not be stored.
    pub failed_count: u64,
    /// Duration in milliseconds.
    pub elapsed_ms: f64,
}

/// Outcome of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportedTable {
    /// Name in the source.
    pub table: String,
    /// Kind of the records: a kind, `preference` or `persona`.
    pub becomes: &'static str,
    /// Rows of the table.
    pub rows: u64,
    /// New records from these rows.
    pub added: u64,
    /// Records that were already stored.
    pub known: u64,
    /// Records that were forgotten and are not restored.
    pub forgotten: u64,
    /// Records that were skipped with a listed reason.
    pub skipped: u64,
    /// Rows that could not be stored.
    pub failed: u64,
}

/// A part of the source without a counterpart here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unclear {
    /// The table.
    pub table: String,
    /// The column, or `None` for the whole table.
    pub column: Option<String>,
    /// Number of rows with the column, or of all rows.
    pub rows: u64,
    /// The reason, and its handling.
    pub why: String,
}

/// A row that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportFailure {
    /// The table.
    pub table: String,
    /// Number of the row in its table, from 1.
    pub row: u64,
    /// The reason.
    pub error: String,
    /// The next step, if the reason does not state it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl ImportReport {
    pub(super) fn new(source: &Path, mode: Mode) -> ImportReport {
        let dry_run = mode.is_dry_run();
        ImportReport { source: source.to_owned(), dry_run, ..ImportReport::default() }
    }

    /// Adds `rows` to the count of an unrecognised table or column.
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

    /// Counts the outcome of a row.
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

    /// Counts a row without content to store.
    pub(super) fn skip(&mut self, step: usize, row: u64, reason: &str) {
        self.tables[step].skipped += 1;
        self.tally.skip(row, 1, reason.to_owned());
    }

    pub(super) fn fail(&mut self, step: usize, row: u64, refusal: Refusal) {
        let Refusal { reason: error, remedy } = refusal;
        let table = &mut self.tables[step];
        table.failed += 1;
        self.tally.read += 1;
        self.tally.refused += 1;
        self.failed_count += 1;
        if self.failed.len() < FAILURES_MAX {
            self.failed.push(ImportFailure { table: table.table.clone(), row, error, remedy });
        }
    }
}
