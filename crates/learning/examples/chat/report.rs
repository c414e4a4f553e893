//! Counts of what a model offered and what was kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use aios_learning::{Answer, ChatError, Grounding, Message, grounded};

/// Counts over all requests.
pub(crate) struct Report {
    model: String,
    is_verbose: bool,
    begun: Instant,
    requests: usize,
    messages: usize,
    /// Messages that a kept fact names.
    with_facts: BTreeSet<String>,
    kept: usize,
    grounded: usize,
    /// Facts that were refused, by reason.
    refused: BTreeMap<String, usize>,
    /// Requests without a readable answer, by reason.
    failed: BTreeMap<String, usize>,
}

impl Report {
    pub(crate) fn begin(model: &str, is_verbose: bool) -> Report {
        Report {
            model: model.to_owned(),
            is_verbose,
            begun: Instant::now(),
            requests: 0,
            messages: 0,
            with_facts: BTreeSet::new(),
            kept: 0,
            grounded: 0,
            refused: BTreeMap::new(),
            failed: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, batch: &[Message], answer: &Result<Answer, ChatError>) {
        self.requests += 1;
        self.messages += batch.len();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let kind = match error {
                    ChatError::Malformed { .. } => "malformed",
                    ChatError::Cut { .. } => "cut",
                    ChatError::TooLong { .. } => "too long",
                    _ => "no answer",
                };
                if self.is_verbose {
                    println!("failed: {error}");
                }
                *self.failed.entry(kind.to_owned()).or_default() += 1;
                return;
            }
        };
        for draft in &answer.drafts {
            let evidence = batch.iter().filter(|message| draft.evidence.contains(&message.key));
            let texts: Vec<&str> = evidence.map(|message| message.text.as_str()).collect();
            let value = draft.value.as_deref().unwrap_or_default();
            self.kept += 1;
            self.grounded += usize::from(grounded(value, &texts) == Grounding::Grounded);
            self.with_facts.extend(draft.evidence.iter().cloned());
            if self.is_verbose {
                println!("kept: {} | {value} | {} <- {texts:?}", draft.subject, draft.text);
            }
        }
        for refused in &answer.refused {
            *self.refused.entry(format!("{:?}", refused.reason)).or_default() += 1;
        }
    }

    /// Returns true if all kept values are grounded.
    pub(crate) fn is_sound(&self) -> bool {
        self.kept == self.grounded
    }

    pub(crate) fn print(&self) {
        let refused: usize = self.refused.values().sum();
        println!("model: {}", self.model);
        println!("requests: {}, without a readable answer: {:?}", self.requests, self.failed);
        println!("messages: {}, with kept facts: {}", self.messages, self.with_facts.len());
        println!("facts offered: {}", self.kept + refused);
        println!("refused: {refused} {:?}", self.refused);
        println!("kept: {}, grounded: {}", self.kept, self.grounded);
        let seconds = self.begun.elapsed().as_secs_f64();
        println!("seconds: {seconds:.1}, a message: {:.2}", seconds / self.messages.max(1) as f64);
    }
}
