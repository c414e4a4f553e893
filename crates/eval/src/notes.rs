//! Notes of an agent, with questions grouped by their overlap with the answering note. Besides the
//! ranks, measures the relevance of the correct note, compared with the best hit of questions that
//! no note answers.
//!
//! All notes are shared and searched without an owner, because the questions name no user.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use aios_draft::Draft;
use aios_longterm::{LIMIT_MAX, SearchOptions};
use aios_memory::Recollection;
use aios_record::{Kind, Progress, Scope};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    Error, Index, Report, Run,
    baselines::{Baselines, Text},
    collection::unique,
    malformed,
    metrics::{DEPTHS, Measures},
    others::others,
    read,
    separation::{Relevances, calibration_error},
};

/// Type of the questions that no note answers.
const NEVER_STORED: &str = "never-stored";

/// Notes of a file, and questions about them.
#[derive(Debug, PartialEq)]
struct Notes {
    notes: Vec<Note>,
    questions: Vec<Question>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    id: String,
    text: String,
    /// Kind and user are only for human readers of the file.
    #[serde(default, rename = "kind")]
    _kind: Option<String>,
    #[serde(default, rename = "user")]
    _user: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    q: String,
    /// Ids of the notes that answer the question; empty only for the type `never-stored`.
    gold: Vec<String>,
    r#type: String,
}

pub(crate) async fn evaluate<P: FnMut(Progress)>(
    files: &[PathBuf],
    among: &[PathBuf],
    mut run: Run<'_, P>,
) -> Result<Report, Error> {
    let sets = files.iter().map(|file| read_notes(file)).collect::<Result<Vec<_>, _>>()?;
    let mut others_of_all = Vec::new();
    for path in among {
        others_of_all.extend(others(path, &*run.embedder)?);
    }
    run.total = sets.iter().map(|set| set.questions.len()).sum();
    let mut asked = Asked::default();
    for (set, file) in sets.iter().zip(files) {
        run.begin(file);
        let drafts = drafts(&set.notes, &others_of_all);
        let index = run.index(&drafts).await?;
        let texts = drafts.iter().map(|draft| Text {
            id: draft.external_id.as_deref().unwrap_or_default(),
            whole: &draft.text,
            pieces: vec![draft.text.as_str()],
        });
        let baselines = run.baselines(&Vec::from_iter(texts))?;
        for question in &set.questions {
            asked.ask(question, &index, &baselines, &mut run).await?;
        }
        index.memory.shutdown().await?;
    }
    Ok(Report {
        others: Some(others_of_all.len()),
        relevance: asked.relevances.by_type(NEVER_STORED),
        best_hit_calibration_error: Some(calibration_error(&asked.best_hits)),
        ..run.report()
    })
}

/// Builds the records of an index: notes and distractors.
fn drafts(notes: &[Note], others: &[Draft]) -> Vec<Draft> {
    let notes = notes.iter().map(|note| Draft {
        external_id: Some(name(&note.id)),
        ..Draft::new(Kind::Note, Scope::default(), note.text.clone())
    });
    let others = (1..).zip(others).map(|(number, other): (u32, _)| Draft {
        external_id: Some(format!("other/{number}")),
        ..other.clone()
    });
    notes.chain(others).collect()
}

/// Returns the external id of a note, distinct from those of all distractors.
fn name(id: &str) -> String {
    format!("note/{id}")
}

/// Relevances of the answers to the questions.
#[derive(Default)]
struct Asked {
    relevances: Relevances,
    /// For each question, the relevance of its best hit, and `true` if that hit is a correct note.
    best_hits: Vec<(f64, bool)>,
}

impl Asked {
    async fn ask<P: FnMut(Progress)>(
        &mut self,
        question: &Question,
        index: &Index,
        baselines: &Baselines,
        run: &mut Run<'_, P>,
    ) -> Result<(), Error> {
        let gold: BTreeMap<String, u32> = question.gold.iter().map(|id| (name(id), 1)).collect();
        let gold: BTreeMap<&str, u32> = gold.iter().map(|(id, grade)| (&**id, *grade)).collect();
        let limit = DEPTHS[DEPTHS.len() - 1];
        let options = SearchOptions::default().with_limit(limit);
        let hits = run.recall(index, &question.q, &options).await?;
        let best = hits.first().map_or(0.0, |hit| hit.relevance);
        let ranked = index.names(&hits);
        let is_right = ranked.first().is_some_and(|name| gold.contains_key(name));
        self.best_hits.push((best, is_right));
        if gold.is_empty() {
            self.relevances.push(&question.r#type, best);
            run.unmeasured();
            return Ok(());
        }
        let relevance = match relevance_of(&gold, &hits, index) {
            Some(relevance) => relevance,
            None => {
                let deepest = SearchOptions::default().with_limit(LIMIT_MAX);
                let hits = index.memory.recall_with(&question.q, &deepest).await?.hits;
                relevance_of(&gold, &hits, index).unwrap_or_default()
            }
        };
        self.relevances.push(&question.r#type, relevance);
        let rankings = baselines.rankings(&question.q)?.map(|ids| Measures::of(&ids, &gold));
        let measures = Measures::of(&ranked, &gold);
        run.measured(Some(question.r#type.clone()), measures, Some(rankings));
        Ok(())
    }
}

/// Returns the highest relevance of a correct note; `None` if no hit is one.
fn relevance_of(gold: &BTreeMap<&str, u32>, hits: &[Recollection], index: &Index) -> Option<f64> {
    let is_gold = |hit: &&Recollection| index.name(hit).is_some_and(|it| gold.contains_key(it));
    hits.iter().filter(is_gold).map(|hit| hit.relevance).reduce(f64::max)
}

/// Reads the lines of a file: objects with `q` are questions, others with `text` are notes.
fn read_notes(file: &Path) -> Result<Notes, Error> {
    let content = read(file)?;
    let mut notes: Vec<(usize, Note)> = Vec::new();
    let mut questions: Vec<(usize, Question)> = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let broken = |problem: String| malformed(file, number, &problem);
        let object: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| broken(format!("expected a JSON object: {error}")))?;
        let (is_note, is_question) = (object.contains_key("text"), object.contains_key("q"));
        let line = Value::Object(object);
        if is_question {
            let question = serde_json::from_value(line).map_err(|error| {
                broken(format!("expected a question with `q`, `gold` and `type`: {error}"))
            })?;
            questions.push((number, question));
        } else if is_note {
            let note = serde_json::from_value(line).map_err(|error| {
                broken(format!("expected a memory with `id`, `text`, `kind` and `user`: {error}"))
            })?;
            notes.push((number, note));
        } else {
            let problem = "expected `id` and `text` (a memory), or `q`, `gold` and `type` (a \
                           question)";
            return Err(broken(problem.to_owned()));
        }
    }
    check(file, &notes, &questions)?;
    Ok(Notes {
        notes: notes.into_iter().map(|(_, note)| note).collect(),
        questions: questions.into_iter().map(|(_, question)| question).collect(),
    })
}

fn check(
    file: &Path,
    notes: &[(usize, Note)],
    questions: &[(usize, Question)],
) -> Result<(), Error> {
    unique(file, notes.iter().map(|(number, note)| (*number, note.id.as_str())))?;
    let known: BTreeSet<&str> = notes.iter().map(|(_, note)| note.id.as_str()).collect();
    for (number, note) in notes {
        if note.text.trim().is_empty() {
            let problem = "the memory has no text; add one, or remove the line";
            return Err(malformed(file, *number, problem));
        }
    }
    for (number, Question { q, gold, r#type }) in questions {
        let unknown = gold.iter().find(|id| !known.contains(id.as_str()));
        let problem = match unknown {
            _ if q.trim().is_empty() => "the question is empty; remove the line".to_owned(),
            Some(id) => format!("unknown memory `{id}`; correct `gold`, or add its line"),
            None if gold.is_empty() && r#type != NEVER_STORED => {
                format!(
                    "`gold` is empty; name the memories that answer the question, or set its type \
                     to `{NEVER_STORED}`"
                )
            }
            None if !gold.is_empty() && r#type == NEVER_STORED => {
                format!(
                    "a question of the type `{NEVER_STORED}` must have an empty `gold`; empty it, \
                     or change the type"
                )
            }
            None => continue,
        };
        return Err(malformed(file, *number, &problem));
    }
    if questions.iter().all(|(_, question)| question.gold.is_empty()) {
        let problem = "no questions with `gold`; add lines with `q`, `gold` and `type`".to_owned();
        return Err(Error::Input { path: file.to_owned(), problem });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
