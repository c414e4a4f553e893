//! Selection of messages worth a fact: the worth of each message against the authors' observations.

use std::collections::{BTreeMap, HashSet};

use aios_learning::{Extractor, Heard, Numbers, Weights};
use serde::Serialize;

use super::{
    input::Conversation,
    logistic::{self, NUMBERS},
};
use crate::{metrics::ratio, separation::area_under_curve};

/// Names of the features of a message, in the order of [`Numbers::scaled`].
const NAMES: [&str; NUMBERS] =
    ["information", "content_words", "was_asked", "times", "first_person", "plural"];

/// Selection of messages worth a fact, by their worth. A message is worth a fact if an observation
/// cites it. With several conversations, each is measured with weights and a threshold fitted on
/// the others ("leave-one-out"), and the results are means over the conversations. With one
/// conversation, the weights and the threshold are the product's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Selection {
    /// Results of the rules.
    #[serde(flatten)]
    pub rules: Choice,
    /// Results with the product's weights and threshold, which were fitted on the five
    /// conversations of LoCoMo that `docs/LEARNING.md` names.
    pub shipped: Choice,
    /// Results with the length of a message as its worth.
    pub by_length: Choice,
    /// Contribution of each feature to the area under the curve; empty for one conversation.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<&'static str, NumberWorth>,
    /// Weights fitted on all conversations.
    pub fitted: Fitted,
}

/// Results of one way to select messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Choice {
    /// Share of the selected messages that are worth a fact.
    pub precision: f64,
    /// Share of the messages worth a fact that are selected.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Area under the ROC curve of the worth.
    pub auc: f64,
    /// Share of the evidence messages of questions in the better half of all messages.
    pub evidence_kept: f64,
}

/// Contribution of one feature to the worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct NumberWorth {
    /// Area under the ROC curve without it.
    pub auc_without: f64,
    /// Area under the ROC curve with it alone.
    pub auc_alone: f64,
}

/// Weights of the worth, and the threshold with the best F1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fitted {
    /// The weights.
    pub weights: Weights,
    /// Threshold of the worth with the best F1, 0 to 1.
    pub worth_min: f64,
}

struct Turn<'a> {
    key: &'a str,
    numbers: Numbers,
    length: f64,
    is_noted: bool,
}

/// A score of a message.
type Score = fn(&Turn<'_>, &Weights) -> f64;

/// Measures the selection in conversations with observations; `None` if there are none.
pub(crate) fn measure(conversations: &[Conversation]) -> Option<Selection> {
    let of = conversations.iter().filter(|it| !it.observations.is_empty());
    let of: Vec<&Conversation> = of.collect();
    if of.is_empty() {
        return None;
    }
    let turns: Vec<Vec<Turn<'_>>> = of.iter().map(|it| turns(it)).collect();
    let measure = |used: [bool; NUMBERS], score: Score| mean(&of, &turns, used, score);
    let shipped = shipped(&of, &turns);
    let is_alone = of.len() == 1;
    let number = |at: usize| {
        let others = std::array::from_fn(|it| it != at);
        let itself = std::array::from_fn(|it| it == at);
        let area = |used| measure(used, weighted).auc;
        NumberWorth { auc_without: area(others), auc_alone: area(itself) }
    };
    let numbers = NAMES.into_iter().enumerate().filter(|_| !is_alone);
    let all: Vec<&Turn<'_>> = turns.iter().flatten().collect();
    let weights = logistic::fit(&examples(&all), [true; NUMBERS]);
    let (_, threshold) = best_f1(&scored(&all, &weights, weighted));
    Some(Selection {
        rules: if is_alone { shipped } else { measure([true; NUMBERS], weighted) },
        shipped,
        by_length: measure([true; NUMBERS], |turn, _| turn.length),
        numbers: numbers.map(|(at, name)| (name, number(at))).collect(),
        fitted: Fitted { weights, worth_min: 1.0 / (1.0 + (-threshold).exp()) },
    })
}

fn turns(conversation: &Conversation) -> Vec<Turn<'_>> {
    let noted: HashSet<&str> =
        conversation.observations.iter().flat_map(|it| &it.evidence).map(String::as_str).collect();
    let extractor = Extractor::default();
    let mut heard = Heard::default();
    let mut turns = Vec::with_capacity(conversation.messages.len());
    for (message, before) in conversation.in_order() {
        turns.push(Turn {
            key: &message.key,
            numbers: extractor.worth(message, before, &mut heard).numbers,
            length: ratio(message.text.len(), 1),
            is_noted: noted.contains(message.key.as_str()),
        });
    }
    turns
}

fn examples(turns: &[&Turn<'_>]) -> Vec<(Numbers, bool)> {
    turns.iter().map(|turn| (turn.numbers, turn.is_noted)).collect()
}

fn weighted(turn: &Turn<'_>, weights: &Weights) -> f64 {
    let numbers = turn.numbers.scaled().into_iter().zip(weights.of_numbers);
    numbers.map(|(number, weight)| number * weight).sum::<f64>() + weights.constant
}

fn scored(turns: &[&Turn<'_>], weights: &Weights, score: Score) -> Vec<(f64, bool)> {
    turns.iter().map(|turn| (score(turn, weights), turn.is_noted)).collect()
}

/// Returns the mean results of conversations, each with the weights and the threshold of the
/// others, or with its own if it is the only one.
fn mean(
    conversations: &[&Conversation],
    turns: &[Vec<Turn<'_>>],
    used: [bool; NUMBERS],
    score: Score,
) -> Choice {
    let choices = (0..turns.len()).map(|at| {
        let others = (0..turns.len()).filter(|other| turns.len() == 1 || *other != at);
        let others: Vec<&Turn<'_>> = others.flat_map(|other| &turns[other]).collect();
        let weights = logistic::fit(&examples(&others), used);
        let (_, threshold) = best_f1(&scored(&others, &weights, score));
        choice(conversations[at], &turns[at], threshold, &|turn| score(turn, &weights))
    });
    Choice::mean(&Vec::from_iter(choices))
}

fn shipped(conversations: &[&Conversation], turns: &[Vec<Turn<'_>>]) -> Choice {
    let Extractor { weights, worth_min } = Extractor::default();
    let threshold = (worth_min / (1.0 - worth_min)).ln();
    let choices = conversations.iter().zip(turns).map(|(conversation, turns)| {
        choice(conversation, turns, threshold, &|turn| weighted(turn, &weights))
    });
    Choice::mean(&Vec::from_iter(choices))
}

fn choice(
    conversation: &Conversation,
    turns: &[Turn<'_>],
    threshold: f64,
    score: &dyn Fn(&Turn<'_>) -> f64,
) -> Choice {
    let scores: Vec<(f64, bool)> = turns.iter().map(|it| (score(it), it.is_noted)).collect();
    let of = |label: bool| {
        let of = scores.iter().filter(|(_, is_noted)| *is_noted == label);
        of.map(|(score, _)| *score).collect::<Vec<f64>>()
    };
    let Counts { hits, chosen, noted } = Counts::at(&scores, threshold);
    Choice {
        precision: ratio(hits, chosen.max(1)),
        recall: ratio(hits, noted.max(1)),
        f1: ratio(2 * hits, (chosen + noted).max(1)),
        auc: area_under_curve(&of(true), &of(false)).unwrap_or_default(),
        evidence_kept: evidence_kept(conversation, turns, &scores),
    }
}

/// Returns the share of the evidence messages of questions in the better half of all messages.
fn evidence_kept(conversation: &Conversation, turns: &[Turn<'_>], scores: &[(f64, bool)]) -> f64 {
    let answering = conversation.answerable().flat_map(|question| &question.evidence);
    let answering: HashSet<&str> = answering.map(String::as_str).collect();
    let mut order: Vec<usize> = (0..turns.len()).collect();
    order.sort_by(|a, b| scores[*b].0.total_cmp(&scores[*a].0));
    let is_answering = |at: &&usize| answering.contains(turns[**at].key);
    let kept = order[..turns.len() / 2].iter().filter(is_answering).count();
    let all = order.iter().filter(is_answering).count();
    ratio(kept, all.max(1))
}

struct Counts {
    hits: usize,
    chosen: usize,
    noted: usize,
}

impl Counts {
    fn at(scores: &[(f64, bool)], threshold: f64) -> Counts {
        let is_chosen = |it: &&(f64, bool)| threshold <= it.0;
        Counts {
            hits: scores.iter().filter(is_chosen).filter(|it| it.1).count(),
            chosen: scores.iter().filter(is_chosen).count(),
            noted: scores.iter().filter(|it| it.1).count(),
        }
    }
}

/// Returns the best F1, and the lowest score that is selected for it.
fn best_f1(scores: &[(f64, bool)]) -> (f64, f64) {
    let noted = scores.iter().filter(|it| it.1).count();
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut best) = (0, (0.0, f64::INFINITY));
    for (at, (score, is_noted)) in sorted.iter().enumerate() {
        hits += usize::from(*is_noted);
        let is_last = sorted.get(at + 1).is_none_or(|next| next.0 < *score);
        let f1 = ratio(2 * hits, (at + 1 + noted).max(1));
        if is_last && best.0 < f1 {
            best = (f1, *score);
        }
    }
    best
}

impl Choice {
    fn mean(all: &[Choice]) -> Choice {
        let mean = |value: fn(&Choice) -> f64| {
            all.iter().map(value).sum::<f64>() / ratio(all.len().max(1), 1)
        };
        Choice {
            precision: mean(|it| it.precision),
            recall: mean(|it| it.recall),
            f1: mean(|it| it.f1),
            auc: mean(|it| it.auc),
            evidence_kept: mean(|it| it.evidence_kept),
        }
    }
}
