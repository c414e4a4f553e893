//! The figures of an evaluation.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    abstention::Abstention,
    metrics::{DEPTHS, Summary},
    separation::Relevance,
};

/// Measures of how well questions find their evidence.
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
    /// By the dataset's category or type of question; empty for documents.
    pub by_category: BTreeMap<String, Summary>,
    /// By the file or directory.
    pub by_path: BTreeMap<String, Summary>,
    /// By the name of a plain way of ranking, one of
    /// [`BASELINES`](super::baselines::BASELINES), its measures over the same documents or notes;
    /// empty for conversations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<&'static str, Groups>,
    /// By budget in tokens, the share of questions all of whose evidence is in the context; empty
    /// for documents.
    pub evidence_within_tokens: BTreeMap<usize, f64>,
    /// By budget in tokens, the share of questions any of whose evidence is in the context; empty
    /// for documents.
    pub any_evidence_within_tokens: BTreeMap<usize, f64>,
    /// The relevance of answerable questions against that of others. `None` but for conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<Abstention>,
    /// By type of question, the relevance that the right note has, or the best hit if no note is
    /// right; empty but for notes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relevance: BTreeMap<String, Relevance>,
    /// The expected calibration error of the best hits of all questions: it should be 1 for a right
    /// note, else 0. `None` but for notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_hit_calibration_error: Option<f64>,
    /// The other texts among which the notes were. `None` but for notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<usize>,
    /// The number of conversations, collections or files of notes.
    pub indexes: usize,
    /// The number of turns, pieces of documents, or notes and other texts.
    pub records: usize,
    /// The time until all of them were searchable.
    pub index_seconds: f64,
    /// The time of one search.
    pub query_ms: Latency,
    /// The fingerprint of the embedding model.
    pub embedder: String,
}

/// Summaries over all questions, and by their category.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Groups {
    /// Over all questions.
    #[serde(flatten)]
    pub summary: Summary,
    /// By the dataset's category or type of question; empty for documents.
    pub by_category: BTreeMap<String, Summary>,
}

/// Percentiles of a time, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of all were not slower.
    pub p50: f64,
    /// 95 of 100 were not slower.
    pub p95: f64,
}
