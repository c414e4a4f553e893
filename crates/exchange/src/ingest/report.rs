//! The outcome of an ingest, with the refused parts.

use std::{fmt, path::PathBuf};

use aios_draft::{
    STREAM,
    spellings::{EXTERNAL_ID, NAME, ROLE, TAGS, TEXT, TIME, TITLE, names_place},
};
use aios_memory::{
    Remedy,
    admission::{Refusal, Tally},
};
use serde::Serialize;

/// Maximum number of failures in a report. Further ones are only counted.
const FAILURES_MAX: usize = 1000;

/// Outcome of an ingest. Serializes to the output of `aios-memory ingest --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IngestReport {
    /// Record counts by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// Number of distinct conversations to which the messages belong.
    pub sessions: u64,
    /// Parts of the input that were refused, with the reason; the first 1,000.
    pub failed: Vec<Failure>,
    /// Number of parts of the input that were refused.
    pub failed_count: u64,
    /// Duration in milliseconds.
    pub elapsed_ms: f64,
}

impl IngestReport {
    /// Adds the outcome of another input.
    pub fn add(&mut self, other: IngestReport) {
        self.tally.add(other.tally);
        self.sessions += other.sessions;
        self.failed_count += other.failed_count;
        self.elapsed_ms += other.elapsed_ms;
        let room = FAILURES_MAX.saturating_sub(self.failed.len());
        self.failed.extend(other.failed.into_iter().take(room));
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failed_count += 1;
        if self.failed.len() < FAILURES_MAX {
            self.failed.push(failure);
        }
    }
}

/// A part of an input that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, or `None` for a stream without a name.
    #[serde(serialize_with = "aios_memory::written_path::optional")]
    pub file: Option<PathBuf>,
    /// Line number, from 1, or `None` if the whole input was refused.
    pub line: Option<u64>,
    /// The reason.
    pub error: String,
    /// The next step, if the reason does not state it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl Failure {
    /// Returns the failure of a line of a file.
    pub(super) fn new(file: Option<PathBuf>, line: Option<u64>, refusal: Refusal) -> Failure {
        let Refusal { reason: error, remedy } = refusal;
        Failure { file, line, error, remedy }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display())?,
            None => f.write_str(STREAM)?,
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.error)
    }
}

/// Returns `true` for the name of a field that has, or may have, a meaning in a message or a
/// record. Any other name in a file is text of the file.
#[must_use]
pub fn is_field(name: &str) -> bool {
    let fields = [&TEXT, &ROLE, &NAME, &EXTERNAL_ID, &TIME, &TAGS, &TITLE];
    names_place(name) || fields.iter().any(|field| field.is_spelled(name))
}
