//! The messages of a conversation that is held as a whole.

use std::ops::ControlFlow;

use aios_draft::{Mend, place::owner_of_record, shape::unfold};
use serde_json::Value;

use super::parsed::Parsed;
use crate::ingest::formats;

/// Number of messages from which the format of a conversation is recognised.
const SAMPLE_MAX: usize = 8;

/// Messages of a conversation as they were read, each with its line.
#[derive(Default)]
pub(super) struct Messages {
    /// A message with its repairs, or the reason why it could not be read.
    pub(super) read: Vec<(u64, Parsed)>,
    pub(super) bytes: u64,
    /// True if a broken message may have named the owner of all messages.
    pub(super) may_name_owner: bool,
    /// True if they may belong to several conversations.
    pub(super) is_page: bool,
}

impl Messages {
    /// Returns the owner that one of the messages names.
    ///
    /// # Errors
    /// A message if two owners are named, or if a field only looks like an owner.
    pub(super) fn owner(&self) -> Result<Option<String>, String> {
        let mut owner = None;
        for message in self.read.iter().filter_map(|(_, parsed)| parsed.as_ref().ok()) {
            let Value::Object(message) = &message.0 else { continue };
            if self.is_page || formats::holds_parts(message) {
                continue;
            }
            let mut message = message.clone();
            unfold(&mut message);
            // An empty owner is an error of its own message only.
            message.retain(|_, value| value.as_object().is_none_or(|it| !it.is_empty()));
            owner = formats::agreed(owner, owner_of_record(&mut message)?)?;
        }
        Ok(owner)
    }

    /// Returns the first readable messages, from which a format is recognised.
    pub(super) fn sample(&self) -> Value {
        let read = self.read.iter().filter_map(|(_, parsed)| parsed.as_ref().ok());
        read.take(SAMPLE_MAX).map(|(message, _)| message.clone()).collect()
    }

    /// Adds the readable part of a nested list, and its faults.
    pub(super) fn take_list(&mut self, line: u64, list: Messages) -> ControlFlow<()> {
        self.may_name_owner |= list.may_name_owner;
        let (list, mended, problems) = list.into_list();
        self.read.push((line, Ok((list, mended))));
        self.take_problems(problems)
    }

    /// Adds the readable part of a nested conversation, and its faults.
    pub(super) fn take_value(
        &mut self,
        line: u64,
        value: Option<Value>,
        problems: Vec<(u64, String)>,
    ) -> ControlFlow<()> {
        self.read.extend(value.map(|value| (line, Ok((value, Vec::new())))));
        self.take_problems(problems)
    }

    fn take_problems(&mut self, problems: Vec<(u64, String)>) -> ControlFlow<()> {
        self.read.extend(problems.into_iter().map(|(line, problem)| (line, Err(problem))));
        ControlFlow::Continue(())
    }

    /// Returns the readable messages as a list, their repairs, and the faults of the others.
    pub(super) fn into_list(self) -> (Value, Vec<Mend>, Vec<(u64, String)>) {
        let (mut list, mut mended, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (line, parsed) in self.read {
            match parsed {
                Ok((message, mends)) => {
                    list.push(message);
                    mended.extend(mends);
                }
                Err(problem) => problems.push((line, problem)),
            }
        }
        (Value::Array(list), mended, problems)
    }
}
