//! Results of an evaluation.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    abstention::Abstention,
    metrics::{DEPTHS, Summary},
    separation::Relevance,
};

/// Measures of retrieval on labelled questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Over all questions, by turns, documents or notes.
    #[serde(flatten)]
    pub summary: Summary,
    /// Depths of the measures.
    pub k: [usize; DEPTHS.len()],
    /// Measures by session: the sessions of the evidence among the first k distinct ones, which are
    /// ranked by their first turns. `None` for documents and notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Summary>,
    /// By the dataset's category or type of question; empty for documents.
    pub by_category: BTreeMap<String, Summary>,
    /// By file or directory.
    pub by_path: BTreeMap<String, Summary>,
    /// By name of a baseline, one of [`BASELINES`](crate::baselines::BASELINES), its measures over
    /// the same documents or notes; empty for conversations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<&'static str, Groups>,
    /// By budget in tokens, the share of questions with all of their evidence in the context; empty
    /// for documents and notes.
    pub evidence_within_tokens: BTreeMap<usize, f64>,
    /// By budget in tokens, the share of questions with any of their evidence in the context; empty
    /// for documents and notes.
    pub any_evidence_within_tokens: BTreeMap<usize, f64>,
    /// Relevance of answerable questions compared with others. `None` except for conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<Abstention>,
    /// By type of question, the relevance of the correct note, or of the best hit if no note is
    /// correct; empty except for notes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relevance: BTreeMap<String, Relevance>,
    /// Expected calibration error of the best hits of all questions, with an expected relevance of
    /// 1 for a correct note and 0 otherwise. `None` except for notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_hit_calibration_error: Option<f64>,
    /// Number of distractor texts indexed with the notes. `None` except for notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<usize>,
    /// Number of conversations, collections or files of notes.
    pub indexes: usize,
    /// Number of turns, pieces of documents, or notes and distractors.
    pub records: usize,
    /// Seconds until all records were searchable.
    pub index_seconds: f64,
    /// Duration of one search.
    pub query_ms: Latency,
    /// Fingerprint of the embedding model.
    pub embedder: String,
}

/// Summaries over all questions, and by category.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Groups {
    /// Over all questions.
    #[serde(flatten)]
    pub summary: Summary,
    /// By the dataset's category or type of question; empty for documents.
    pub by_category: BTreeMap<String, Summary>,
}

/// Percentiles of a duration, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
}
