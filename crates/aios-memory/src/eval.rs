//! Retrieval quality on labelled conversations and document collections.
//!
//! The protocol: one throw-away index for each conversation or collection, the question as the
//! query, what is labelled as its evidence as what should be found; questions without a valid label
//! are left out. Not here: how the files are written, and the measures themselves.

pub mod abstention;
mod collection;
mod conversations;
mod documents;
pub mod metrics;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use aios_embedding::Embedder;
use aios_files::Temporary;
use aios_longterm::SearchOptions;
use aios_record::Key;
use serde::Serialize;

use self::{
    abstention::Abstention,
    metrics::{DEPTHS, Measures, Summary},
};
use crate::{
    AgentMemory, Config, Error, Recollection,
    identity::Namer,
    ingest::{Draft, Writer},
};

/// The sizes of context that are tried, in tokens.
const BUDGETS: [usize; 3] = [500, 1000, 2000];

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How labelled data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// How well questions find their evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Over all questions, of turns or of documents.
    #[serde(flatten)]
    pub summary: Summary,
    /// The depths of the figures.
    pub k: [usize; DEPTHS.len()],
    /// The same of sessions, in the order in which their first turns are found: the sessions of
    /// the evidence among the first k distinct ones. None for documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Summary>,
    /// By the dataset's category of question; empty for documents.
    pub by_category: BTreeMap<u64, Summary>,
    /// By budget in tokens, the share of questions all of whose evidence is in the context; empty
    /// for documents.
    pub evidence_within_tokens: BTreeMap<usize, f64>,
    /// By budget in tokens, the share of questions any of whose evidence is in the context; empty
    /// for documents.
    pub any_evidence_within_tokens: BTreeMap<usize, f64>,
    /// How relevance tells questions that are answered from others. None for documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<Abstention>,
    /// How many conversations or collections there were.
    pub indexes: usize,
    /// How many turns, or pieces of documents, they had.
    pub records: usize,
    /// How long all of them took to become searchable.
    pub index_seconds: f64,
    /// How long one search took.
    pub query_ms: Latency,
    /// The fingerprint of the embedding model.
    pub embedder: String,
}

/// Percentiles of a time, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of all were not slower.
    pub p50: f64,
    /// 95 of 100 were not slower.
    pub p95: f64,
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
    let embedder = crate::model::open_new_model(config).await?;
    let run = Run::new(config, embedder, progress);
    match dataset {
        Dataset::Locomo | Dataset::LongMemEval => conversations::evaluate(paths, run).await,
        Dataset::Beir => documents::evaluate(paths, collection::beir, run).await,
        Dataset::Cranfield => documents::evaluate(paths, collection::cranfield, run).await,
    }
}

/// The text of a file of a bearable size.
fn read(file: &Path) -> Result<String, Error> {
    let input = |problem: String| Error::Input { path: file.to_owned(), problem };
    let bytes = fs::metadata(file).map(|metadata| metadata.len());
    let bytes = bytes.map_err(|error| input(format!("failed to read: {error}")))?;
    if FILE_BYTES_MAX < bytes {
        return Err(input(format!("it has {bytes} bytes, more than {FILE_BYTES_MAX}; split it")));
    }
    fs::read_to_string(file).map_err(|error| input(format!("failed to read: {error}")))
}

/// What has been measured so far, and how it is measured.
struct Run<'a, P> {
    config: &'a Config,
    embedder: Arc<dyn Embedder>,
    progress: P,
    /// How many questions there are in all.
    total: usize,
    /// Of each question, with its category.
    measures: Vec<(Option<u64>, Measures)>,
    query_ms: Vec<f64>,
    indexes: usize,
    records: usize,
    index_seconds: f64,
}

/// A throw-away memory of one conversation or collection.
struct Index {
    memory: AgentMemory,
    /// The external id of each record, by its key.
    names: HashMap<Key, String>,
    _dir: Temporary,
}

impl<'a, P: FnMut(usize, usize)> Run<'a, P> {
    fn new(config: &'a Config, embedder: Arc<dyn Embedder>, progress: P) -> Run<'a, P> {
        Run {
            config,
            embedder,
            progress,
            total: 0,
            measures: Vec::new(),
            query_ms: Vec::new(),
            indexes: 0,
            records: 0,
            index_seconds: 0.0,
        }
    }

    async fn index(&mut self, drafts: &[Draft]) -> Result<Index, Error> {
        let dir = Temporary::below(&Temporary::of_the_system())?;
        let mut config = self.config.clone();
        config.memory.data_dir = dir.path().join("memory");
        config.working.path = PathBuf::new();
        let memory = AgentMemory::open_with(config, Arc::clone(&self.embedder)).await?;
        let names = drafts.iter().filter_map(|draft| {
            let id = draft.names(&mut Namer::default()).id;
            Some((Key::new(draft.kind, id), draft.external_id.clone()?))
        });
        let names = names.collect();
        let began = Instant::now();
        let mut writer = Writer::new(&memory);
        for drafts in drafts.chunks(Writer::BATCH) {
            writer.write(drafts.iter().map(|draft| (1, draft.clone())).collect()).await?;
        }
        for failure in writer.finish().await?.failed {
            tracing::warn!(%failure, "left out");
        }
        memory.administrator().longterm().drain().await?;
        self.index_seconds += began.elapsed().as_secs_f64();
        self.indexes += 1;
        self.records += drafts.len();
        Ok(Index { memory, names, _dir: dir })
    }

    async fn recall(
        &mut self,
        index: &Index,
        question: &str,
        options: &SearchOptions,
    ) -> Result<Vec<Recollection>, Error> {
        let began = Instant::now();
        let found = index.memory.recall(question, options).await?;
        self.query_ms.push(began.elapsed().as_secs_f64() * 1e3);
        Ok(found.hits)
    }

    fn measured(&mut self, category: Option<u64>, measures: Measures) {
        self.measures.push((category, measures));
        (self.progress)(self.measures.len(), self.total);
    }

    fn report(mut self) -> Report {
        let (summary, by_category) = metrics::by_group(&self.measures);
        let by_category = by_category.into_iter();
        self.query_ms.sort_by(f64::total_cmp);
        let percentile = |percent| metrics::percentile(&self.query_ms, percent);
        Report {
            summary,
            k: DEPTHS,
            sessions: None,
            by_category: by_category.filter_map(|(group, of)| Some((group?, of))).collect(),
            evidence_within_tokens: BTreeMap::new(),
            any_evidence_within_tokens: BTreeMap::new(),
            abstention: None,
            indexes: self.indexes,
            records: self.records,
            index_seconds: self.index_seconds,
            query_ms: Latency { p50: percentile(50), p95: percentile(95) },
            embedder: self.embedder.fingerprint().to_string(),
        }
    }
}

impl Index {
    /// The external ids of `hits`, in order.
    fn names<'i>(&'i self, hits: &[Recollection]) -> Vec<&'i str> {
        hits.iter().filter_map(|hit| self.names.get(&hit.key()).map(String::as_str)).collect()
    }
}

/// Each of `items` once, where it stands first.
fn distinct<T: Copy + Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}
