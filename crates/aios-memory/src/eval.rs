//! Retrieval quality on labelled conversations.
//!
//! The protocol: one throw-away index for each conversation, the question as the query, the turns
//! labelled as its evidence as what should be found; unanswerable questions and those without a
//! valid label are left out. Beside the ranks, the share of questions whose evidence stands in the
//! assembled context of a given size, because that is what an agent gets to read.

pub mod metrics;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use aios_embedding::Embedder;
use aios_longterm::SearchOptions;
use aios_record::{Scope, ScopeFilter, Tier};
use serde::Serialize;
use serde_json::Value;

use self::metrics::{DEPTHS, Measures, Summary};
use crate::{
    AgentMemory, Config, ContextOptions, Error,
    identity::Namer,
    ingest::{Defaults, Draft, Writer},
    locomo::{CATEGORY_UNANSWERABLE, Question, Sample},
};

/// The sizes of context that are tried, in tokens.
const BUDGETS: [usize; 3] = [500, 1000, 2000];

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How well questions find their evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Over all questions.
    #[serde(flatten)]
    pub summary: Summary,
    /// The depths of the figures.
    pub k: [usize; DEPTHS.len()],
    /// By the dataset's category of question.
    pub by_category: BTreeMap<u64, Summary>,
    /// By budget in tokens, the share of questions all of whose evidence is in the context.
    pub evidence_within_tokens: BTreeMap<usize, f64>,
    /// By budget in tokens, the share of questions any of whose evidence is in the context.
    pub any_evidence_within_tokens: BTreeMap<usize, f64>,
    /// How many conversations there were.
    pub conversations: usize,
    /// How many turns they had.
    pub turns: usize,
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

/// Measures retrieval on LoCoMo files. `config` says how, except where: the indexes are made in a
/// temporary directory and thrown away. `progress` is told the questions done and their number, so
/// far as it is known.
///
/// # Errors
/// [`Error::Input`] when a file is no LoCoMo dataset, else what a tier reports.
pub async fn evaluate(
    files: &[PathBuf],
    config: &Config,
    mut progress: impl FnMut(usize, usize),
) -> Result<Report, Error> {
    let mut samples = Vec::new();
    for file in files {
        samples.extend(read_samples(file)?);
    }
    let asked = |sample: &Sample| sample.questions.iter().filter(|q| is_asked(q)).count();
    let total = samples.iter().map(asked).sum();
    let embedder = crate::memory::open_model(config).await?;
    let mut run = Run::default();
    for sample in &samples {
        run.conversation(sample, config, &embedder, |done| progress(done, total)).await?;
    }
    Ok(run.report(samples.len(), embedder.fingerprint().as_str()))
}

fn is_asked(question: &Question) -> bool {
    question.category != CATEGORY_UNANSWERABLE && !question.evidence.is_empty()
}

fn read_samples(file: &Path) -> Result<Vec<Sample>, Error> {
    let input = |problem: String| Error::Input { path: file.to_owned(), problem };
    let bytes = fs::metadata(file).map(|metadata| metadata.len());
    let bytes = bytes.map_err(|error| input(format!("failed to read: {error}")))?;
    if FILE_BYTES_MAX < bytes {
        return Err(input(format!("it has {bytes} bytes, more than {FILE_BYTES_MAX}; split it")));
    }
    let text =
        fs::read_to_string(file).map_err(|error| input(format!("failed to read: {error}")))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| input(format!("it is no LoCoMo dataset: {error}")))?;
    let elements = match &value {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut problems = Vec::new();
    let samples: Vec<_> =
        elements.iter().filter_map(|element| Sample::read(element, &mut problems)).collect();
    for problem in &problems {
        tracing::warn!(file = %file.display(), problem, "left out");
    }
    match samples.is_empty() {
        true => Err(input(problems.pop().unwrap_or_else(|| "it holds no samples".to_owned()))),
        false => Ok(samples),
    }
}

/// What has been measured so far.
#[derive(Default)]
struct Run {
    measures: Vec<(u64, Measures)>,
    query_ms: Vec<f64>,
    /// For each of [`BUDGETS`], in how many contexts all, and any, of the evidence stood.
    all_within: [usize; BUDGETS.len()],
    any_within: [usize; BUDGETS.len()],
    turns: usize,
    index_seconds: f64,
}

impl Run {
    async fn conversation(
        &mut self,
        sample: &Sample,
        config: &Config,
        embedder: &Arc<dyn Embedder>,
        mut progress: impl FnMut(usize),
    ) -> Result<(), Error> {
        let dir = tempfile::tempdir().map_err(Error::directory(std::env::temp_dir()))?;
        let mut config = config.clone();
        config.memory.data_dir = dir.path().join("memory");
        config.working.path = PathBuf::new();
        let memory = AgentMemory::open_with(config, Arc::clone(embedder)).await?;
        let turns = self.index(sample, &memory).await?;
        for question in sample.questions.iter().filter(|question| is_asked(question)) {
            self.ask(question, sample, &memory, &turns).await?;
            progress(self.measures.len());
        }
        memory.shutdown().await
    }

    /// Gives the conversation to the memory; says by key which turn each record is.
    async fn index(
        &mut self,
        sample: &Sample,
        memory: &AgentMemory,
    ) -> Result<HashMap<String, String>, Error> {
        let drafts = Draft::from_sample(sample, &Defaults::default());
        let turns = drafts.iter().filter_map(|draft| {
            let key = format!("{}/{}", draft.kind, draft.id(&mut Namer::default()));
            Some((key, draft.external_id.clone()?))
        });
        let turns = turns.collect();
        self.turns += drafts.len();
        let began = Instant::now();
        let mut writer = Writer::new(memory);
        for drafts in drafts.chunks(Writer::BATCH) {
            writer.write(drafts.iter().map(|draft| (1, draft.clone())).collect()).await?;
        }
        writer.finish().await?;
        memory.longterm().drain().await?;
        self.index_seconds += began.elapsed().as_secs_f64();
        Ok(turns)
    }

    async fn ask(
        &mut self,
        question: &Question,
        sample: &Sample,
        memory: &AgentMemory,
        turns: &HashMap<String, String>,
    ) -> Result<(), Error> {
        let evidence: BTreeSet<&str> = question.evidence.iter().map(String::as_str).collect();
        let scope = ScopeFilter::new(Scope::default().with_user(&sample.id));
        let limit = DEPTHS[DEPTHS.len() - 1];
        let options = SearchOptions { limit, scope: scope.clone(), ..SearchOptions::default() };
        let began = Instant::now();
        let found = memory.recall(&question.text, &options).await?;
        self.query_ms.push(began.elapsed().as_secs_f64() * 1e3);
        let ranked: Vec<&str> =
            found.hits.iter().filter_map(|hit| turns.get(&hit.key()).map(String::as_str)).collect();
        self.measures.push((question.category, Measures::of(&ranked, &evidence)));
        let options = ContextOptions {
            scope,
            tiers: vec![Tier::Longterm, Tier::Knowledge],
            ..memory.context_options()
        };
        let candidates = memory.gather(&question.text, &options).await?;
        for (at, max_tokens) in BUDGETS.into_iter().enumerate() {
            let options = ContextOptions { max_tokens, ..options.clone() };
            let context = memory.pack(candidates.clone(), &options).await?;
            let keys = context.chunks.iter().flat_map(|chunk| &chunk.ids);
            let shown: BTreeSet<&str> =
                keys.filter_map(|key| turns.get(key).map(String::as_str)).collect();
            self.all_within[at] += usize::from(evidence.is_subset(&shown));
            self.any_within[at] += usize::from(!evidence.is_disjoint(&shown));
        }
        Ok(())
    }

    fn report(mut self, conversations: usize, embedder: &str) -> Report {
        let (summary, by_category) = metrics::by_group(&self.measures);
        let queries = self.measures.len().max(1);
        let shares = |counts: [usize; BUDGETS.len()]| {
            let shares = counts.map(|count| metrics::ratio(count, queries));
            BUDGETS.into_iter().zip(shares).collect()
        };
        self.query_ms.sort_by(f64::total_cmp);
        let percentile = |percent| metrics::percentile(&self.query_ms, percent);
        Report {
            summary,
            k: DEPTHS,
            by_category,
            evidence_within_tokens: shares(self.all_within),
            any_evidence_within_tokens: shares(self.any_within),
            conversations,
            turns: self.turns,
            index_seconds: self.index_seconds,
            query_ms: Latency { p50: percentile(50), p95: percentile(95) },
            embedder: embedder.to_owned(),
        }
    }
}
