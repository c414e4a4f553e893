#![doc = include_str!("../README.md")]
//! # Protocol
//!
//! Each conversation or collection is stored in a temporary memory. Each question is a query, and
//! its labelled evidence is the expected result. Questions without a valid label are skipped. A
//! [`Report`] has the measures of [`metrics`], those of the [`baselines`] over the same texts, the
//! share of contexts that contain the evidence, and the relevance of answers compared with that of
//! unanswerable questions ([`abstention`], [`separation`]). No facts are learned from the
//! conversations; [`learning`] evaluates facts.
//!
//! # What this crate does not do
//! It contains and downloads no data sets. `aios-exchange` reads the files of conversations.

pub mod abstention;
pub mod baselines;
mod collection;
mod conversations;
mod documents;
mod error;
pub mod learning;
pub mod metrics;
mod notes;
mod others;
mod report;
mod run;
pub mod separation;
mod smart;

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_embedding::Cached;
use aios_memory::{Config, Progress, model::open_new_model};

use self::run::{Index, Run};
pub use self::{
    error::Error,
    report::{Groups, Latency, Report},
};

/// Context sizes to measure, in tokens.
const BUDGETS: [usize; 3] = [500, 1000, 2000];

/// Maximum size of an input file, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Maximum number of documents whose vectors are cached for the baselines.
const DOCUMENTS_KEPT: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// Advice for a file that cannot be read.
const REMEDY: &str = "check the path and --format";

/// Format of the labelled data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dataset {
    /// Conversations in JSON files of the LoCoMo or the LongMemEval dataset, detected per element.
    Locomo,
    /// Like [`Locomo`](Dataset::Locomo). LongMemEval's question types are categories: 1
    /// single-session-user, 2 single-session-assistant, 3 single-session-preference, 4
    /// multi-session, 6 temporal-reasoning, 7 knowledge-update. The evidence of a question is the
    /// marked turns of its answer sessions, or all turns of a session without marks.
    LongMemEval,
    /// Documents in directories in the layout of the BEIR benchmark: `corpus.jsonl`,
    /// `queries.jsonl` and `qrels/test.tsv`, whose scores above 0 are grades.
    Beir,
    /// Documents in directories in the layout of the Cranfield collection: `cran.all.1400`,
    /// `cran.qry` and `cranqrel`. A judgement above 0 makes a document relevant, without grades.
    /// Queries are numbered in the order of the file.
    Cranfield,
    /// Documents in directories in the layout of the CISI collection: `CISI.ALL`, `CISI.QRY` and
    /// `CISI.REL`. Every judgement names a relevant document.
    Cisi,
    /// Notes of an agent in JSON lines files: memories with `id`, `text`, `kind` and `user`, and
    /// questions with `q`, `gold` (ids of memories) and `type`. A question of the type
    /// `never-stored` has an empty `gold`.
    Notes {
        /// Distractor texts to index with the notes: directories of document collections, `.json`
        /// files of conversations, or files with a text or an object with `text` on each line.
        among: Vec<PathBuf>,
    },
}

/// Measures retrieval on labelled data. `paths` are files or directories, depending on `dataset`.
/// `config` configures the indexes except for their location: they are created in a temporary
/// directory and deleted afterwards. Calls `progress` with the number of completed questions.
///
/// # Errors
/// [`Error::Input`] if a file is not in the format of `dataset`, otherwise the error of a tier.
pub async fn evaluate(
    paths: &[PathBuf],
    dataset: Dataset,
    config: &Config,
    progress: impl FnMut(Progress),
) -> Result<Report, Error> {
    let mut uncached = config.clone();
    uncached.embedding.cache_entries = 0;
    let model = open_new_model(&uncached).await?;
    // Queries are not cached, so latencies do not include cache hits. The baselines reuse the
    // vectors of documents.
    let embedder = Arc::new(Cached::of_documents(model, DOCUMENTS_KEPT));
    let run = Run::new(config, embedder, progress);
    match dataset {
        Dataset::Locomo | Dataset::LongMemEval => conversations::evaluate(paths, run).await,
        Dataset::Beir => documents::evaluate(paths, collection::beir, run).await,
        Dataset::Cranfield => documents::evaluate(paths, smart::cranfield, run).await,
        Dataset::Cisi => documents::evaluate(paths, smart::cisi, run).await,
        Dataset::Notes { among } => notes::evaluate(paths, &among, run).await,
    }
}

/// Reads a file of at most [`FILE_BYTES_MAX`] bytes as text.
fn read(file: &Path) -> Result<String, Error> {
    let input = |problem: String| Error::Input { path: file.to_owned(), problem };
    let bytes = fs::metadata(file).map(|metadata| metadata.len());
    let bytes = bytes.map_err(|error| input(format!("failed to read: {error}; {REMEDY}")))?;
    if FILE_BYTES_MAX < bytes {
        let problem = format!("the file has {bytes} bytes, more than {FILE_BYTES_MAX}; split it");
        return Err(input(problem));
    }
    fs::read_to_string(file).map_err(|error| input(format!("failed to read: {error}; {REMEDY}")))
}

/// Builds the error for a line, counted from 1, of an input file.
fn malformed(file: &Path, line: usize, problem: &str) -> Error {
    Error::Input { path: file.to_owned(), problem: format!("line {line}: {problem}") }
}

/// Returns the distinct `items`, in the order of their first occurrence.
fn distinct<T: Copy + Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}
