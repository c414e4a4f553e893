//! The measures of one evaluation, and the throw-away memories that they are taken on.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use aios_embedding::Embedder;
use aios_files::Temporary;
use aios_longterm::SearchOptions;
use aios_record::Key;

use super::{
    baselines::{BASELINES, Baselines, Text},
    metrics::{self, DEPTHS, Measures},
    report::{Groups, Latency, Report},
};
use crate::{
    AgentMemory, Config, Error, Recollection,
    identity::Namer,
    ingest::{Draft, Writer},
};

/// The measures so far, and how they are taken.
pub(super) struct Run<'a, P> {
    config: &'a Config,
    pub(super) embedder: Arc<dyn Embedder>,
    progress: P,
    /// The number of questions in all.
    pub(super) total: usize,
    /// The number of questions that were asked for their relevance alone.
    unmeasured: usize,
    /// The file or directory that is measured.
    path: String,
    pub(super) asked: Vec<Asked>,
    query_ms: Vec<f64>,
    indexes: usize,
    records: usize,
    index_seconds: f64,
}

/// A question with evidence.
pub(super) struct Asked {
    path: String,
    category: Option<String>,
    measures: Measures,
    /// In the order of [`BASELINES`].
    baselines: Option<[Measures; BASELINES.len()]>,
}

/// A throw-away memory of one conversation or collection.
pub(super) struct Index {
    pub(super) memory: AgentMemory,
    /// The external id of each record, by its key.
    pub(super) names: HashMap<Key, String>,
    _dir: Temporary,
}

impl<'a, P: FnMut(usize, usize)> Run<'a, P> {
    pub(super) fn new(config: &'a Config, embedder: Arc<dyn Embedder>, progress: P) -> Run<'a, P> {
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

    pub(super) async fn index(&mut self, drafts: &[Draft]) -> Result<Index, Error> {
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

    pub(super) async fn recall(
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

    /// Begins with a file or directory.
    pub(super) fn begin(&mut self, path: &Path) {
        self.path = path.display().to_string();
    }

    pub(super) fn baselines(&self, texts: &[Text<'_>]) -> Result<Baselines, Error> {
        Baselines::new(texts, self.config.embedding.language, Arc::clone(&self.embedder))
    }

    pub(super) fn measured(
        &mut self,
        category: Option<String>,
        measures: Measures,
        baselines: Option<[Measures; BASELINES.len()]>,
    ) {
        let path = self.path.clone();
        self.asked.push(Asked { path, category, measures, baselines });
        self.advance();
    }

    /// Notes a question that has no evidence.
    pub(super) fn unmeasured(&mut self) {
        self.unmeasured += 1;
        self.advance();
    }

    fn advance(&mut self) {
        (self.progress)(self.asked.len() + self.unmeasured, self.total);
    }

    pub(super) fn report(mut self) -> Report {
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

/// Summaries of those measures that a question has.
fn groups(asked: &[Asked], measures: impl Fn(&Asked) -> Option<Measures>) -> Groups {
    let measures = asked.iter().filter_map(|it| Some((it.category.clone(), measures(it)?)));
    let (summary, by_category) = metrics::by_group(&Vec::from_iter(measures));
    let by_category = by_category.into_iter().filter_map(|(group, of)| Some((group?, of)));
    Groups { summary, by_category: by_category.collect() }
}

impl Index {
    /// The external ids of `hits`, in order.
    pub(super) fn names<'i>(&'i self, hits: &[Recollection]) -> Vec<&'i str> {
        hits.iter().filter_map(|hit| self.name(hit)).collect()
    }

    /// The external id of a hit.
    pub(super) fn name(&self, hit: &Recollection) -> Option<&str> {
        self.names.get(&hit.key()).map(String::as_str)
    }
}
