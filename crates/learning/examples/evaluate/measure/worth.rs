//! Turns worth a fact: the score of each turn against the observations of the authors.

use std::collections::HashSet;

use aios_learning::{Extractor, Heard, Numbers, Weights};

use super::locomo::Conversation;
use super::logistic;

struct Turn {
    key: String,
    numbers: Numbers,
    length: f64,
    is_noted: bool,
}

/// Figures of one way to score turns, as the mean over the conversations.
#[derive(Default)]
struct Figures {
    area: f64,
    f1: f64,
    kept: f64,
}

pub(crate) fn print(conversations: &[Conversation]) {
    let turns: Vec<Vec<Turn>> = conversations.iter().map(turns).collect();
    println!("turns worth a fact        area   F1  answering turns kept by half the turns");
    let length = |turn: &Turn, _: &Weights| turn.length;
    line("message length", &figures(conversations, &turns, [true; 5], length));
    line("rules, leave-one-out", &figures(conversations, &turns, [true; 5], weighted));
    for (at, name) in
        ["information", "content words", "was asked", "times", "first person"].iter().enumerate()
    {
        let mut used = [true; 5];
        used[at] = false;
        line(&format!("  without {name}"), &figures(conversations, &turns, used, weighted));
        let mut used = [false; 5];
        used[at] = true;
        line(&format!("  {name} alone"), &figures(conversations, &turns, used, weighted));
    }
    let shipped = |turn: &Turn, _: &Weights| weighted(turn, &Weights::default());
    line("shipped (fitted on all)", &figures(conversations, &turns, [true; 5], shipped));
    let all: Vec<(Numbers, bool)> = turns.iter().flatten().map(example).collect();
    let fitted = logistic::fit(&all, [true; 5]);
    println!("weights fitted on all: {:.2?}, constant {:.2}", fitted.of_numbers, fitted.constant);
    let scores = all.iter().map(|(numbers, _)| dot(numbers, &fitted)).collect::<Vec<_>>();
    let labels: Vec<bool> = all.iter().map(|(_, noted)| *noted).collect();
    let (f1, at) = best_f1(&scores, &labels);
    println!("best F1 on all {f1:.3} at a score of {:.2}\n", 1.0 / (1.0 + (-at).exp()));
}

fn line(name: &str, figures: &Figures) {
    println!("{name:<25} {:.3} {:.3} {:.3}", figures.area, figures.f1, figures.kept);
}

fn turns(conversation: &Conversation) -> Vec<Turn> {
    let extractor = Extractor::default();
    let mut heard = Heard::default();
    let mut before = None;
    let mut turns = Vec::new();
    for message in &conversation.turns {
        let worth = extractor.worth(message, before, &mut heard);
        turns.push(Turn {
            key: message.key.clone(),
            numbers: worth.numbers,
            length: message.text.len() as f64,
            is_noted: conversation.noted.contains(&message.key),
        });
        before = Some(message);
    }
    turns
}

fn example(turn: &Turn) -> (Numbers, bool) {
    (turn.numbers, turn.is_noted)
}

fn weighted(turn: &Turn, weights: &Weights) -> f64 {
    dot(&turn.numbers, weights)
}

fn dot(numbers: &Numbers, weights: &Weights) -> f64 {
    let sum: f64 = numbers.scaled().into_iter().zip(weights.of_numbers).map(|(n, w)| n * w).sum();
    sum + weights.constant
}

fn figures(
    conversations: &[Conversation],
    turns: &[Vec<Turn>],
    used: [bool; 5],
    score: impl Fn(&Turn, &Weights) -> f64,
) -> Figures {
    let mut mean = Figures::default();
    for (at, conversation) in conversations.iter().enumerate() {
        let others = turns.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<&Turn> = others.flat_map(|(_, turns)| turns).collect();
        let examples: Vec<(Numbers, bool)> = others.iter().map(|turn| example(turn)).collect();
        let weights = logistic::fit(&examples, used);
        // The threshold of F1 is that of the other conversations.
        let scores: Vec<f64> = others.iter().map(|turn| score(turn, &weights)).collect();
        let labels: Vec<bool> = others.iter().map(|turn| turn.is_noted).collect();
        let (_, threshold) = best_f1(&scores, &labels);
        let scores: Vec<f64> = turns[at].iter().map(|turn| score(turn, &weights)).collect();
        let labels: Vec<bool> = turns[at].iter().map(|turn| turn.is_noted).collect();
        mean.area += area(&scores, &labels);
        mean.f1 += f1(&scores, &labels, threshold);
        mean.kept += kept(conversation, &turns[at], &scores);
    }
    let count = conversations.len() as f64;
    Figures { area: mean.area / count, f1: mean.f1 / count, kept: mean.kept / count }
}

/// Share of the turns that answer questions among the better half of all turns.
fn kept(conversation: &Conversation, turns: &[Turn], scores: &[f64]) -> f64 {
    let questions = conversation.questions.iter().filter(|question| question.is_answerable);
    let answering: HashSet<&str> =
        questions.flat_map(|question| &question.evidence).map(String::as_str).collect();
    let mut order: Vec<usize> = (0..turns.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let half: HashSet<&str> =
        order[..turns.len() / 2].iter().map(|at| turns[*at].key.as_str()).collect();
    let there = turns.iter().filter(|turn| answering.contains(turn.key.as_str()));
    let there: Vec<&Turn> = there.collect();
    let kept = there.iter().filter(|turn| half.contains(turn.key.as_str())).count();
    kept as f64 / there.len().max(1) as f64
}

fn area(scores: &[f64], labels: &[bool]) -> f64 {
    let of = |label: bool| {
        scores.iter().zip(labels).filter(move |(_, it)| **it == label).map(|(score, _)| *score)
    };
    let below: Vec<f64> = of(false).collect();
    let mut wins = 0.0;
    let mut pairs = 0.0;
    for above in of(true) {
        for other in &below {
            pairs += 1.0;
            wins += match above.total_cmp(other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    wins / pairs
}

fn f1(scores: &[f64], labels: &[bool], threshold: f64) -> f64 {
    let hits = scores.iter().zip(labels).filter(|(it, label)| threshold <= **it && **label).count();
    let given = scores.iter().filter(|score| threshold <= **score).count();
    let wanted = labels.iter().filter(|label| **label).count();
    2.0 * hits as f64 / (given + wanted).max(1) as f64
}

fn best_f1(scores: &[f64], labels: &[bool]) -> (f64, f64) {
    let mut best = (0.0, 0.0);
    for threshold in scores.iter().step_by(5) {
        let f1 = f1(scores, labels, *threshold);
        if best.0 < f1 {
            best = (f1, *threshold);
        }
    }
    best
}
