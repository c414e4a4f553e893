//! Retrieval quality on labelled conversations and document collections.
//!
//! The protocol: one throw-away index for each conversation or collection, the question as the
//! query, what is labelled as its evidence as what should be found; questions without a valid label
//! are left out. Not here: how the files are written, and the measures themselves.

pub mod abstention;
pub mod baselines;
mod collection;
mod conversations;
mod documents;
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

pub use self::report::{Groups, Latency, Report};
use self::run::{Index, Run};
use crate::{Config, Error};

/// The sizes of context that are tried, in tokens.
const BUDGETS: [usize; 3] = [500, 1000, 2000];

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The most documents whose vectors are kept for the baselines.
const DOCUMENTS_KEPT: NonZeroUsize = NonZeroUsize::new(100_000).expect("it is not 0");

/// The advice if a file cannot be read.
const REMEDY: &str = "check the path, and that the data is in the format that was named";

/// How labelled data is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dataset {
    /// Conversations in files of the LoCoMo dataset's JSON, or of LongMemEval's: the elements tell.
    Locomo,
    /// As [`Locomo`](Dataset::Locomo). LongMemEval's types of question are categories: 1
    /// single-session-user, 2 single-session-assistant, 3 single-session-preference, 4
    /// multi-session, 6 temporal-reasoning, 7 knowledge-update. The evidence of a question are the
    /// turns that have its answer, or all of its sessions if none is marked.
    LongMemEval,
    /// Documents in directories as the BEIR benchmark has them: `corpus.jsonl`, `queries.jsonl`
    /// and `qrels/test.tsv`, whose scores above 0 are grades.
    Beir,
    /// Documents in directories as the Cranfield collection is given out: `cran.all.1400`,
    /// `cran.qry` and `cranqrel`. A judgement above 0 makes a document relevant, all alike; the
    /// queries are numbered in the order of the file.
    Cranfield,
    /// Documents in directories as the CISI collection is given out: `CISI.ALL`, `CISI.QRY` and
    /// `CISI.REL`. Every judgement names a relevant document.
    Cisi,
    /// Notes of an agent in files of lines of JSON: memories with `id`, `text`, `kind` and `user`,
    /// and questions with `q`, `gold` (ids of memories) and `type`. A question of the type
    /// `never-stored` has no `gold`.
    Notes {
        /// Other texts among which the notes are found: directories of document collections,
        /// `.json` files of conversations, or files with a text or an object with `text` on each
        /// line.
        among: Vec<PathBuf>,
    },
}

/// Measures retrieval on labelled data: files or directories, as `dataset` has it. `config` says
/// how, except where: the indexes are made in a temporary directory and thrown away. `progress` is
/// told the questions done and their number.
///
/// # Errors
/// [`Error::Input`] when a file is not what `dataset` says, else what a tier reports.
pub async fn evaluate(
    paths: &[PathBuf],
    dataset: Dataset,
    config: &Config,
    progress: impl FnMut(usize, usize),
) -> Result<Report, Error> {
    let mut uncached = config.clone();
    uncached.embedding.cache_entries = 0;
    let model = crate::model::open_new_model(&uncached).await?;
    // No latency is that of a cache; the baselines need the vectors of documents again.
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

/// The text of a file of a bearable size.
fn read(file: &Path) -> Result<String, Error> {
    let input = |problem: String| Error::Input { path: file.to_owned(), problem };
    let bytes = fs::metadata(file).map(|metadata| metadata.len());
    let bytes = bytes.map_err(|error| input(format!("failed to read: {error}; {REMEDY}")))?;
    if FILE_BYTES_MAX < bytes {
        return Err(input(format!("it has {bytes} bytes, more than {FILE_BYTES_MAX}; split it")));
    }
    fs::read_to_string(file).map_err(|error| input(format!("failed to read: {error}; {REMEDY}")))
}

/// The error of a line, counted from 1, of an input file.
fn malformed(file: &Path, line: usize, problem: &str) -> Error {
    Error::Input { path: file.to_owned(), problem: format!("line {line}: {problem}") }
}

/// Each of `items` once, where it stands first.
fn distinct<T: Copy + Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}
