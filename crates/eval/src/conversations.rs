//! Labelled conversations: questions against the turns that answer them, and against the sessions
//! of these turns. Also measures the share of questions with their evidence in the assembled
//! context of a given size, because the context is the input of an agent.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use aios_exchange::labelled::{CATEGORY_UNANSWERABLE, Labelled, Question};
use aios_longterm::SearchOptions;
use aios_memory::Recollection;
use aios_record::{Key, Progress, Tier};
use serde_json::Value;

use crate::{
    BUDGETS, Error, Index, Report, Run,
    abstention::BestHits,
    distinct,
    metrics::{self, DEPTHS, Measures, Summary},
    read,
};

/// Number of turns searched for ten distinct sessions.
const SESSION_HITS: usize = 100;

pub(crate) async fn evaluate<P: FnMut(Progress)>(
    files: &[PathBuf],
    mut run: Run<'_, P>,
) -> Result<Report, Error> {
    let mut samples = Vec::new();
    for file in files {
        samples.extend(read_labelled(file)?.into_iter().map(|sample| (file, sample)));
    }
    run.total = samples.iter().map(|(_, sample)| asked(sample).count()).sum();
    if let (0, Some(file)) = (run.total, files.first()) {
        let problem = "no questions with evidence in the file; use a file whose `qa` names turns \
                       as `evidence`";
        return Err(Error::Input { path: file.clone(), problem: problem.to_owned() });
    }
    let mut seen = Seen::default();
    for (at, (file, sample)) in samples.iter().enumerate() {
        run.begin(file);
        let sessions = sample.drafts.iter().filter_map(|draft| {
            Some((draft.external_id.as_deref()?, draft.scope.session.as_deref()?))
        });
        let sessions: HashMap<&str, &str> = sessions.collect();
        let index = run.index(&sample.drafts).await?;
        for question in asked(sample) {
            seen.ask(question, &index, &sessions, &mut run).await?;
        }
        let (_, other) = &samples[(at + 1) % samples.len()];
        let foreign = asked(other).filter(|_| other.id != sample.id);
        seen.ask_in_vain(sample, foreign, &index).await?;
        index.memory.shutdown().await?;
    }
    Ok(Report {
        sessions: Some(Summary::of(&seen.sessions)),
        evidence_within_tokens: shares(seen.all_within, run.asked.len()),
        any_evidence_within_tokens: shares(seen.any_within, run.asked.len()),
        abstention: Some(seen.best_hits.summary()),
        ..run.report()
    })
}

/// Returns the answerable questions with evidence.
fn asked(sample: &Labelled) -> impl Iterator<Item = &Question> {
    let is_asked = |question: &&Question| {
        question.category != CATEGORY_UNANSWERABLE && !question.evidence.is_empty()
    };
    sample.questions.iter().filter(is_asked)
}

fn shares(counts: [usize; BUDGETS.len()], questions: usize) -> BTreeMap<usize, f64> {
    let shares = counts.map(|count| metrics::ratio(count, questions.max(1)));
    BUDGETS.into_iter().zip(shares).collect()
}

/// Measures that only conversations have.
#[derive(Default)]
struct Seen {
    sessions: Vec<Measures>,
    /// For each of [`BUDGETS`], the number of contexts with all of the evidence, and with any of
    /// it.
    all_within: [usize; BUDGETS.len()],
    any_within: [usize; BUDGETS.len()],
    best_hits: BestHits,
}

impl Seen {
    async fn ask<P: FnMut(Progress)>(
        &mut self,
        question: &Question,
        index: &Index,
        sessions: &HashMap<&str, &str>,
        run: &mut Run<'_, P>,
    ) -> Result<(), Error> {
        let evidence: BTreeMap<&str, u32> =
            question.evidence.iter().map(|turn| (turn.as_str(), 1)).collect();
        let limit = DEPTHS[DEPTHS.len() - 1];
        let options = SearchOptions::default().with_limit(limit);
        let hits = run.recall(index, &question.text, &options).await?;
        self.best_hits.answerable.push(relevance_of_best(&hits));
        let measures = Measures::of(&index.names(&hits), &evidence);
        run.measured(Some(question.category.to_string()), measures, None);
        let more = options.with_limit(SESSION_HITS);
        let hits = index.memory.recall_with(&question.text, &more).await?.hits;
        let of = |turn: &&str| sessions.get(turn).copied();
        let ranked = distinct(index.names(&hits).iter().filter_map(of));
        let holding = evidence.keys().filter_map(of).map(|session| (session, 1)).collect();
        self.sessions.push(Measures::of(&ranked, &holding));
        self.read_context(question, &evidence, index).await
    }

    /// Asks questions without an answer in the index: those of another conversation, `foreign`, and
    /// its own unanswerable ones.
    async fn ask_in_vain(
        &mut self,
        sample: &Labelled,
        foreign: impl Iterator<Item = &Question>,
        index: &Index,
    ) -> Result<(), Error> {
        let options = SearchOptions::default().with_limit(1);
        let of_best = async |question: &Question| {
            let found = index.memory.recall_with(&question.text, &options).await?;
            Ok::<_, Error>(relevance_of_best(&found.hits))
        };
        let is_unanswerable = |it: &&Question| it.category == CATEGORY_UNANSWERABLE;
        for question in sample.questions.iter().filter(is_unanswerable) {
            self.best_hits.unanswerable.push(of_best(question).await?);
        }
        for question in foreign {
            self.best_hits.foreign.push(of_best(question).await?);
        }
        Ok(())
    }

    async fn read_context(
        &mut self,
        question: &Question,
        evidence: &BTreeMap<&str, u32>,
        index: &Index,
    ) -> Result<(), Error> {
        let memory = &index.memory;
        let options = memory.context_options().with_tiers(vec![Tier::Longterm, Tier::Knowledge]);
        let candidates = memory.contexts().gather(&question.text, &options).await?;
        for (at, max_tokens) in BUDGETS.into_iter().enumerate() {
            let options = options.clone().with_max_tokens(max_tokens);
            let context = memory.contexts().pack(candidates.clone(), &options).await?;
            let keys = context.chunks.iter().flat_map(|chunk| &chunk.ids);
            let named = keys.filter_map(|key| index.names.get(&key.parse::<Key>().ok()?));
            let shown: Vec<&str> = named.map(String::as_str).collect();
            let is_shown = |turn: &&str| shown.contains(turn);
            self.all_within[at] += usize::from(evidence.keys().all(is_shown));
            self.any_within[at] += usize::from(evidence.keys().any(is_shown));
        }
        Ok(())
    }
}

fn relevance_of_best(hits: &[Recollection]) -> f64 {
    hits.first().map_or(0.0, |hit| hit.relevance)
}

/// Reads the conversations of a file: LoCoMo's samples and LongMemEval's haystacks, detected per
/// element.
pub(crate) fn read_labelled(file: &Path) -> Result<Vec<Labelled>, Error> {
    let input = |problem: String| Error::Input { path: file.to_owned(), problem };
    let value: Value = serde_json::from_str(&read(file)?)
        .map_err(|error| input(format!("not a LoCoMo or LongMemEval dataset: {error}")))?;
    let elements = match value {
        Value::Array(elements) => elements,
        one => vec![one],
    };
    let mut problems = Vec::new();
    let labelled: Vec<Labelled> =
        elements.iter().filter_map(|element| Labelled::read(element, &mut problems)).collect();
    for problem in &problems {
        tracing::warn!(file = %file.display(), problem, "skipped an invalid part");
    }
    match labelled.is_empty() {
        true => Err(input(problems.pop().unwrap_or_else(|| "no samples found".to_owned()))),
        false => Ok(labelled),
    }
}
