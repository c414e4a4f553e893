//! Contexts through the public API.
#![allow(clippy::unwrap_used)]

mod budget;
mod counters;
mod folding;
mod framing;
mod packing;
mod sections;

use aios_context::{Candidate, Context, Policy, TokenCount, TokenCounter, assemble};
use aios_record::{Kind, Tier};

/// Counts runs of characters other than whitespace, so that a reader can count along.
struct Words;

impl TokenCounter for Words {
    fn name(&self) -> &str {
        "words"
    }

    fn count(&self, text: &str) -> TokenCount {
        TokenCount(text.split_whitespace().count())
    }
}

fn context(candidates: Vec<Candidate>, policy: &Policy, budget: usize) -> Context {
    assemble(candidates, policy, budget.into(), &Words).unwrap()
}

fn note(id: &str, text: &str, relevance: f64) -> Candidate {
    Candidate::new(Tier::Longterm, Kind::Note, id, text).with_relevance(relevance)
}

fn turn(session: &str, position: i64, text: &str) -> Candidate {
    let id = format!("{session}:{position}");
    let time = "2023-05-08T13:56:00Z".parse().unwrap();
    Candidate::new(Tier::Longterm, Kind::Message, id, text)
        .with_session(session, position)
        .with_time(time)
        .with_speaker("Ada")
        .with_relevance(0.5)
}

fn ids(context: &Context) -> Vec<&str> {
    context.chunks.iter().map(|chunk| chunk.ids[0].as_str()).collect()
}

fn omitted(context: &Context) -> Vec<(&str, String)> {
    let reason = |reason| serde_json::to_value(reason).unwrap().as_str().unwrap().to_owned();
    context.omitted.iter().map(|o| (o.id.as_str(), reason(o.reason))).collect()
}
