//! Learning: facts from labelled conversations, against the observations of the authors, the
//! expected answers, and cases of supersession.
//!
//! The rules are measured in isolation ([`Selection`], [`Temporal`], [`Supersession`],
//! [`Grounded`]) and in the whole product: each conversation is stored in a temporary memory with
//! learning and in one without it ([`Coverage`], [`Reach`]).

mod contexts;
mod coverage;
mod input;
mod logistic;
mod rules;
mod selection;
mod supersession;
mod temporal;
mod words;

use std::{collections::BTreeMap, num::NonZeroUsize, path::PathBuf, sync::Arc};

use aios_embedding::{Cached, Embedder};
use aios_memory::{Config, Progress, model::open_new_model};
use serde::Serialize;

use self::input::Input;
pub use self::{
    contexts::{BUDGETS, Beside, BySize, Reach},
    coverage::Coverage,
    rules::Grounded,
    selection::{Choice, Fitted, NumberWorth, Selection},
    supersession::Supersession,
    temporal::Temporal,
};
use crate::{Error, metrics::ratio};

/// Maximum number of texts whose vectors are cached for the second memory of a conversation.
const TEXTS_KEPT: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// Results of learning. Parts without data are omitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LearningReport {
    /// Number of conversations.
    pub conversations: usize,
    /// Number of their messages.
    pub messages: usize,
    /// Number of facts learned from them.
    pub facts: usize,
    /// Number of facts that a later message ended.
    pub ended: usize,
    /// Selection of messages worth a fact; `None` without observations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// Coverage of the observations; `None` without observations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Number of questions for which contexts were assembled.
    pub questions: usize,
    /// Words of the answer in contexts of the records found for a question.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub answer_words: BySize,
    /// Evidence in the same contexts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BySize,
    /// Both in contexts with the profile, which takes a part of the tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_profile: Option<Reach>,
    /// Both in contexts without the profile, by conversation.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_conversation: BTreeMap<String, Reach>,
    /// Share of the temporal questions that are answered correctly; `None` if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporal: Option<f64>,
    /// Details of the temporal questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporal_detail: Option<Temporal>,
    /// Grounding of the values of facts; `None` without conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounded: Option<Grounded>,
    /// Cases of supersession; `None` without cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersession: Option<Supersession>,
    /// Speed; `None` without conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Fingerprint of the embedding model; empty without conversations.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub embedder: String,
}

/// Messages per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Speed {
    /// Processed by the rules alone, on one core.
    pub rules_per_second: f64,
    /// Stored by the whole product without learning.
    pub stored_per_second: f64,
    /// Stored and learned from by the whole product.
    pub learned_per_second: f64,
}

/// Evaluates learning on `paths`: `.json` files of labelled conversations or of observations, and
/// `.jsonl` files of cases of supersession. If no file of observations is given,
/// `observations.json` in the same directory is read, if it exists. `config` configures the
/// memories except for their location and `learning.auto`. Calls `progress` with the number of
/// completed questions.
///
/// # Errors
/// [`Error::Input`] if a file has another format, otherwise the error of a tier.
pub async fn evaluate_learning(
    paths: &[PathBuf],
    config: &Config,
    mut progress: impl FnMut(Progress),
) -> Result<LearningReport, Error> {
    let Input { conversations, cases } = Input::read(paths)?;
    let supersession = supersession::measure(&cases);
    if conversations.is_empty() {
        return Ok(LearningReport { supersession, ..LearningReport::default() });
    }
    let temporal = temporal::measure(&conversations);
    let model = open_new_model(config).await?;
    let embedder: Arc<dyn Embedder> = Arc::new(Cached::of_documents(model, TEXTS_KEPT));
    let messages = conversations.iter().map(|it| it.messages.len()).sum();
    let rules_per_second = rules::speed(&conversations);
    let found = contexts::measure(&conversations, config, &embedder, &mut progress).await?;
    let per_second = |seconds: f64| ratio(messages, 1) / seconds.max(f64::EPSILON);
    Ok(LearningReport {
        conversations: conversations.len(),
        messages,
        facts: found.facts,
        ended: found.ended,
        selection: selection::measure(&conversations),
        coverage: found.coverage,
        questions: found.questions,
        answer_words: found.found.answer_words,
        evidence: found.found.evidence,
        with_profile: Some(found.whole),
        by_conversation: found.by_conversation,
        temporal: temporal.map(|it| it.resolved),
        temporal_detail: temporal,
        grounded: Some(rules::grounded_values(&conversations)),
        supersession,
        speed: Some(Speed {
            rules_per_second,
            stored_per_second: per_second(found.seconds.turns),
            learned_per_second: per_second(found.seconds.facts),
        }),
        embedder: embedder.fingerprint().to_string(),
    })
}

#[cfg(test)]
mod tests;
