//! Notes on messages in contexts, after their text: the times that they mean, and the statements
//! that have ended since.
//!
//! A context shows the message in the place of the facts that were learned from it. The rules
//! resolve "yesterday" against the day of its message and write "yesterday (7 May 2023)" into the
//! fact; the note has that time. Since a context shows the day of the message, too, its year and
//! times that are relative to that day ("the week before 8 May 2023") are left out.

use std::collections::HashMap;

use aios_record::{Identity, Key, Kind, Record, Timestamp};
use aios_working::{Fact, FactOrigin};

use crate::{Error, MemoryView};

/// Characters of the notes on a message.
const CHARS_MAX: usize = 300;

impl MemoryView {
    /// Returns the notes on the messages among these records, each ready to follow the text.
    pub(super) async fn notes_on(
        &self,
        records: impl Iterator<Item = &Record>,
    ) -> Result<HashMap<Identity, String>, Error> {
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
            let note = note(record, stated.get(&identity)?, now)?;
            Some((identity, note))
        });
        Ok(noted.collect())
    }
}

/// Returns the note on a message that states these facts; `None` if there is nothing to say.
fn note(message: &Record, facts: &[Fact], now: Timestamp) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
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
                if !message.text.contains(time) && !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        if let Some(end) = end_of(fact, now) {
            // The message itself says what a single fact is about.
            parts.push(match facts.len() {
                1 => format!("no longer since {}", day(end)),
                _ => format!("no longer since {}: {}", day(end), fact.statement()),
            });
        }
    }
    // Whole parts, as many as fit.
    let mut chars = 0;
    parts.retain(|part| {
        chars += part.chars().count();
        chars <= CHARS_MAX
    });
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
