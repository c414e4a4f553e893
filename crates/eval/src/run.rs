//! State of an evaluation, and its temporary memories.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use aios_draft::{Draft, identity::Namer};
use aios_embedding::Embedder;
use aios_exchange::ingest;
use aios_files::Temporary;
use aios_longterm::SearchOptions;
use aios_memory::{AgentMemory, Config, Recollection};
use aios_record::{Key, Progress};

use crate::{
    Error,
    baselines::{BASELINES, Baselines, Text},
    metrics::{self, DEPTHS, Measures},
    report::{Groups, Latency, Report},
};

/// Measures so far, with the configuration of the evaluation.
pub(crate) struct Run<'a, P> {
    config: &'a Config,
    pub(crate) embedder: Arc<dyn Embedder>,
    progress: P,
    /// Total number of questions.
    pub(crate) total: usize,
    /// Number of questions asked only for their relevance.
    unmeasured: usize,
    /// The file or directory being measured.
    path: String,
    pub(crate) asked: Vec<Asked>,
    query_ms: Vec<f64>,
    indexes: usize,
    records: usize,
    index_seconds: f64,
}

/// A question with evidence.
pub(crate) struct Asked {
    path: String,
    category: Option<String>,
    measures: Measures,
    /// Measures of the baselines, in the order of [`BASELINES`].
    baselines: Option<[Measures; BASELINES.len()]>,
}

/// A temporary memory of one conversation or collection.
pub(crate) struct Index {
    pub(crate) memory: AgentMemory,
    /// External id of each record, by key.
    pub(crate) names: HashMap<Key, String>,
    _dir: Temporary,
}

/// The facts of a temporary memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facts {
    /// No facts are learned.
    None,
    /// Facts are learned from messages as they are stored.
    Learned,
}

impl<'a, P: FnMut(Progress)> Run<'a, P> {
    pub(crate) fn new(config: &'a Config, embedder: Arc<dyn Embedder>, progress: P) -> Run<'a, P> {
        Run {
            config,
            embedder,
            progress,
            total: 0,
            unmeasured: 0,
            path: String::new(),
            asked: Vec::new(),
            query_ms: Vec::new(),
            indexes: 0,
            records: 0,
            index_seconds: 0.0,
        }
    }

    pub(crate) async fn index(&mut self, drafts: &[Draft]) -> Result<Index, Error> {
        let embedder = Arc::clone(&self.embedder);
        let index = Index::open(self.config, embedder, drafts, Facts::None).await?;
        let began = Instant::now();
        index.store(drafts).await?;
        index.memory.administrator().longterm().upkeep().drain().await?;
        self.index_seconds += began.elapsed().as_secs_f64();
        self.indexes += 1;
        self.records += drafts.len();
        Ok(index)
    }

    pub(crate) async fn recall(
        &mut self,
        index: &Index,
        question: &str,
        options: &SearchOptions,
    ) -> Result<Vec<Recollection>, Error> {
        let began = Instant::now();
        let found = index.memory.recall_with(question, options).await?;
        self.query_ms.push(began.elapsed().as_secs_f64() * 1e3);
        Ok(found.hits)
    }

    /// Begins the measurement of a file or directory.
    pub(crate) fn begin(&mut self, path: &Path) {
        self.path = path.display().to_string();
    }

    pub(crate) fn baselines(&self, texts: &[Text<'_>]) -> Result<Baselines, Error> {
        Baselines::new(texts, self.config.embedding.language, Arc::clone(&self.embedder))
    }

    pub(crate) fn measured(
        &mut self,
        category: Option<String>,
        measures: Measures,
        baselines: Option<[Measures; BASELINES.len()]>,
    ) {
        let path = self.path.clone();
        self.asked.push(Asked { path, category, measures, baselines });
        self.advance();
    }

    /// Counts a question without evidence.
    pub(crate) fn unmeasured(&mut self) {
        self.unmeasured += 1;
        self.advance();
    }

    fn advance(&mut self) {
        let done = self.asked.len() + self.unmeasured;
        (self.progress)(Progress::new(done as u64).with_total(self.total as u64));
    }

    pub(crate) fn report(mut self) -> Report {
        let Groups { summary, by_category } = groups(&self.asked, |it| Some(it.measures));
        let by_path = self.asked.iter().map(|it| (it.path.clone(), it.measures));
        let (_, by_path) = metrics::by_group(&Vec::from_iter(by_path));
        let baselines = BASELINES.into_iter().enumerate().filter_map(|(at, name)| {
            let groups = groups(&self.asked, |it| Some(it.baselines?[at]));
            (0 < groups.summary.queries).then_some((name, groups))
        });
        let baselines = baselines.collect();
        self.query_ms.sort_by(f64::total_cmp);
        let percentile = |percent| metrics::percentile(&self.query_ms, percent);
        Report {
            summary,
            k: DEPTHS,
            sessions: None,
            by_category,
            by_path,
            baselines,
            evidence_within_tokens: BTreeMap::new(),
            any_evidence_within_tokens: BTreeMap::new(),
            abstention: None,
            relevance: BTreeMap::new(),
            best_hit_calibration_error: None,
            others: None,
            indexes: self.indexes,
            records: self.records,
            index_seconds: self.index_seconds,
            query_ms: Latency { p50: percentile(50), p95: percentile(95) },
            embedder: self.embedder.fingerprint().to_string(),
        }
    }
}

/// Summarises the measures of the questions that have them.
fn groups(asked: &[Asked], measures: impl Fn(&Asked) -> Option<Measures>) -> Groups {
    let measures = asked.iter().filter_map(|it| Some((it.category.clone(), measures(it)?)));
    let (summary, by_category) = metrics::by_group(&Vec::from_iter(measures));
    let by_category = by_category.into_iter().filter_map(|(group, of)| Some((group?, of)));
    Groups { summary, by_category: by_category.collect() }
}

impl Index {
    /// Opens an empty temporary memory for `drafts`, with the settings of `config` except for its
    /// location and learning.
    pub(crate) async fn open(
        config: &Config,
        embedder: Arc<dyn Embedder>,
        drafts: &[Draft],
        facts: Facts,
    ) -> Result<Index, Error> {
        let dir = Temporary::below(&Temporary::of_the_system())?;
        let mut config = config.clone();
        config.memory.data_dir = dir.path().join("memory");
        config.working.path = PathBuf::new();
        // A temporary memory needs no backups and reports.
        config.backup.enabled = false;
        config.report.recalls = false;
        config.learning.auto = facts == Facts::Learned;
        let memory = AgentMemory::open_with(config, embedder).await?;
        let names = drafts.iter().filter_map(|draft| {
            let id = draft.names(&mut Namer::default()).id;
            Some((Key::new(draft.kind, id), draft.external_id.clone()?))
        });
        Ok(Index { memory, names: names.collect(), _dir: dir })
    }

    /// Stores the drafts for which the memory was opened.
    pub(crate) async fn store(&self, drafts: &[Draft]) -> Result<(), Error> {
        for failure in ingest::drafts(&self.memory, drafts).await?.failed {
            tracing::warn!(%failure, "left out");
        }
        Ok(())
    }

    /// Returns the external ids of `hits`, in order.
    pub(crate) fn names<'i>(&'i self, hits: &[Recollection]) -> Vec<&'i str> {
        hits.iter().filter_map(|hit| self.name(hit)).collect()
    }

    /// Returns the external id of a hit.
    pub(crate) fn name(&self, hit: &Recollection) -> Option<&str> {
        self.names.get(&hit.key()).map(String::as_str)
    }
}
