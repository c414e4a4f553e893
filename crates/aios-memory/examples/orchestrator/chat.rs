//! The model behind a small trait: given a task and its steps so far, it names the next step.

use std::{cell::Cell, error::Error, pin::Pin};

use aios_memory::work::Step;
use serde_json::Value;

/// A question to the model.
pub(crate) struct Question<'a> {
    /// The task.
    pub(crate) task: &'a str,
    /// The context from the memory.
    pub(crate) context: &'a str,
    /// The steps so far, each with its output.
    pub(crate) done: &'a [(Step, Value)],
}

/// The answer of the model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// The next step, and the reason for it.
    Next(Step, String),
    /// The task is done, with this result.
    Done(String),
}

/// An answer that is on its way.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Box<dyn Error>>> + 'a>>;

/// A chat model.
pub(crate) trait ChatModel {
    /// Returns its name, for the decisions.
    fn name(&self) -> &str;

    /// Returns the next step of a task.
    fn next<'a>(&'a self, question: &'a Question<'a>) -> Answering<'a>;
}

/// A model that counts the questions.
pub(crate) struct Asked {
    model: Box<dyn ChatModel>,
    count: Cell<u64>,
}

impl Asked {
    pub(crate) fn new(model: Box<dyn ChatModel>) -> Asked {
        Asked { model, count: Cell::new(0) }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.get()
    }
}

impl ChatModel for Asked {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn next<'a>(&'a self, question: &'a Question<'a>) -> Answering<'a> {
        self.count.set(self.count.get() + 1);
        self.model.next(question)
    }
}
