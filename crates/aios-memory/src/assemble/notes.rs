//! Notes on messages in contexts, after their text: the statements that have ended since, and the
//! times that they mean.
//!
//! Ends are always shown. Times are shown if the task asks for a time. Otherwise they are shown if
//! the budget has room for them, so that no message is left out for them.
//!
//! A context shows the message instead of the facts that were learned from it. The rules resolve
//! "yesterday" against the day of its message and write "yesterday (7 May 2023)" into the fact; the
//! note has that time. Since a context shows the day of the message, too, its year and times that
//! are relative to that day ("the week before 8 May 2023") are left out.

use std::collections::HashMap;

use aios_context::Candidate;
use aios_record::{Identity, Key, Kind, Record, Timestamp};
use aios_working::{Fact, FactOrigin};

use crate::{Error, MemoryView};

/// Characters of the notes on a message.
const CHARS_MAX: usize = 300;

impl MemoryView {
    /// Returns the notes on the messages among these records.
    pub(super) async fn notes_on(
        &self,
        records: impl Iterator<Item = &Record>,
    ) -> Result<HashMap<Identity, Notes>, Error> {
        let messages: HashMap<Identity, &Record> = records
            .filter(|record| record.kind == Kind::Message)
            .map(|record| (record.identity(), record))
            .collect();
        if !self.config().learning.enabled || messages.is_empty() {
            return Ok(HashMap::new());
        }
        let mut stated: HashMap<Identity, Vec<Fact>> = HashMap::new();
        for fact in self.working().facts().citing(messages.keys().cloned().collect()).await? {
            let owner = fact.meta.scope.owner();
            let keys = fact.evidence.iter().filter_map(|key| key.parse::<Key>().ok());
            for message in keys.map(|key| key.of(owner.clone())) {
                stated.entry(message).or_default().push(fact.clone());
            }
        }
        let now = self.shared().working.config().clock.now();
        let noted = messages.into_iter().filter_map(|(identity, record)| {
            let notes = Notes::on(record, stated.get(&identity)?, now);
            Some((identity, notes))
        });
        Ok(noted.collect())
    }
}

/// The notes on a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    times: Vec<String>,
    ends: Vec<String>,
}

impl Notes {
    /// Returns the notes on a message that states these facts.
    fn on(message: &Record, facts: &[Fact], now: Timestamp) -> Notes {
        let mut notes = Notes::default();
        let said_on = day(message.time());
        for fact in facts {
            // Only the rules write times in this form.
            if fact.origin == FactOrigin::Rules && !fact.time.is_null() {
                let expression = fact.time["expression"].as_str().unwrap_or_default();
                for (before, time) in times(&fact.text) {
                    let Some(time) = shortened(time, &said_on) else { continue };
                    let is_expression = !expression.is_empty()
                        && before.to_lowercase().ends_with(&expression.to_lowercase());
                    let part = match is_expression {
                        true => format!("{expression}: {time}"),
                        false => time.to_owned(),
                    };
                    if !message.text.contains(time) && !notes.times.contains(&part) {
                        notes.times.push(part);
                    }
                }
            }
            if let Some(end) = end_of(fact, now) {
                // For a single fact, the subject is clear from the message.
                notes.ends.push(match facts.len() {
                    1 => format!("no longer since {}", day(end)),
                    _ => format!("no longer since {}: {}", day(end), fact.statement()),
                });
            }
        }
        if let ([time], 1) = (notes.times.as_mut_slice(), facts.len())
            && let Some((_, value)) = time.split_once(": ")
        {
            *time = value.to_owned();
        }
        notes
    }

    /// Adds the notes to the text of the message's candidate.
    pub(super) fn add_to(&self, candidate: &mut Candidate, asks_for_time: bool) {
        let (required, optional) = match asks_for_time {
            true => (bracketed(self.times.iter().chain(&self.ends)), None),
            false => (bracketed(self.ends.iter()), bracketed(self.times.iter())),
        };
        candidate.text.extend(required);
        candidate.annotation = optional;
    }
}

/// Returns whole parts, as many as fit; `None` if there are none.
fn bracketed<'p>(parts: impl Iterator<Item = &'p String>) -> Option<String> {
    let mut chars = 0;
    let fits = |part: &&String| {
        chars += part.chars().count();
        chars <= CHARS_MAX
    };
    let parts: Vec<&str> = parts.filter(fits).map(String::as_str).collect();
    (!parts.is_empty()).then(|| format!(" [{}]", parts.join("; ")))
}

/// Returns the time at which a fact ended, if it did.
fn end_of(fact: &Fact, now: Timestamp) -> Option<Timestamp> {
    let is_over = |end: &Timestamp| *end <= now;
    match fact.ended_at {
        Some(stated) => Some(fact.valid_to.filter(is_over).unwrap_or(stated)),
        None => fact.valid_to.filter(is_over),
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%-d %B %Y").to_string()
}

/// Returns the resolved times of a statement, each with the text before it.
fn times(statement: &str) -> impl Iterator<Item = (&str, &str)> {
    statement.match_indices(" (").filter_map(|(at, open)| {
        let (time, _) = statement[at + open.len()..].split_once(')')?;
        let is_time = time.bytes().any(|byte| byte.is_ascii_digit());
        is_time.then_some((&statement[..at], time))
    })
}

/// Returns a time without the year of `day`; `None` if it is relative to that day.
fn shortened<'t>(time: &'t str, day: &str) -> Option<&'t str> {
    if time.ends_with(day) {
        return None;
    }
    let year = day.rsplit_once(' ').map_or(day, |(_, year)| year);
    let without = time.strip_suffix(year).map(str::trim_end).filter(|rest| !rest.is_empty());
    Some(without.unwrap_or(time))
}

#[cfg(test)]
mod tests;
