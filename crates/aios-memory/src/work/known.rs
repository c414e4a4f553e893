//! Patterns and procedures that fit a task and work.

use std::collections::BTreeSet;

use aios_longterm::SearchOptions;
use aios_record::{Id, Key, Kind, Timestamp, forms};
use aios_working::success_bound;
use serde::Serialize;

use super::step::Step;
use crate::{Error, MemoryView};

/// Minimum lower bound of the success rate of a pattern or procedure that is used without asking a
/// model. One success out of one has 0.21, one out of two 0.09, two out of three 0.21.
pub const KNOWN_BOUND_MIN: f64 = 0.2;

/// Maximum number of procedures that are examined.
const PROCEDURES_MAX: usize = 20;

/// Words that do not change a task. `a` may be a name.
const FILLERS: &[&str] = &["the", "please"];
/// Characters before and after a word that do not change a task.
const AROUND: &[char] = &['"', '\'', '`', '(', ')'];
/// Characters after a word that do not change a task. The first of them matters before a word:
/// `.env` is not `env`.
const AFTER: &[char] = &['.', ',', '!', '?', ':', ';', '"', '\'', '`', ')'];

/// A pattern or procedure that fits a task and works.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Known {
    /// The pattern or procedure.
    pub key: Key,
    /// The trigger of the pattern, or the name of the procedure.
    pub trigger: String,
    /// The action of the pattern. Empty for a procedure.
    pub action: String,
    /// The steps. Empty if the action is prose.
    pub steps: Vec<Step>,
    /// The lower bound of its success rate, with 95 % confidence.
    pub bound: f64,
    /// The time of its last use.
    pub last_used: Option<Timestamp>,
}

impl Known {
    /// Returns the most certain pattern or procedure that [fits](Known::fitting), if the lower
    /// bound of its success is at least `bound_min`.
    pub(super) async fn find(
        view: &MemoryView,
        description: &str,
        bound_min: f64,
    ) -> Result<Option<Known>, Error> {
        let mut found = Known::fitting(view, description).await?;
        found.retain(|known| bound_min <= known.bound);
        // The first of equals wins: a pattern, which belongs to exactly this task.
        let better = |best: Known, next: Known| {
            let order = next.bound.total_cmp(&best.bound).then(next.last_used.cmp(&best.last_used));
            if order.is_gt() { next } else { best }
        };
        Ok(found.into_iter().reduce(better))
    }

    /// Returns the patterns, then the procedures, whose trigger consists of the same words in the
    /// same order as `description`, apart from `the` and `please`, the case of the first letter,
    /// and punctuation around words. So a step is never reused for another machine, file or
    /// direction.
    pub(super) async fn fitting(view: &MemoryView, description: &str) -> Result<Vec<Known>, Error> {
        let wanted = words(description);
        let mut found = Vec::new();
        for pattern in view.working().patterns().find(description, 0.0).await? {
            found.push(Known {
                key: Key::new(Kind::Pattern, pattern.id),
                steps: Step::of_action(&pattern.action),
                trigger: pattern.trigger,
                action: pattern.action,
                bound: pattern.success_bound,
                last_used: pattern.last_used,
            });
        }
        found.extend(procedures(view, description).await?);
        found.retain(|known| words(&known.trigger) == wanted);
        Ok(found)
    }
}

/// Returns the procedures whose texts match `description`.
async fn procedures(view: &MemoryView, description: &str) -> Result<Vec<Known>, Error> {
    view.feed().catch_up().await?;
    let options =
        SearchOptions::default().with_limit(PROCEDURES_MAX).with_kinds(vec![Kind::Procedure]);
    let hits = view.longterm().search(description, &options).await?.hits;
    // Procedures with the same name and other steps are folded.
    let alike = hits.iter().flat_map(|hit| &hit.folded).map(|identity| &identity.id);
    let ids: BTreeSet<&Id> = hits.iter().map(|hit| &hit.record.id).chain(alike).collect();
    let mut known = Vec::new();
    for id in ids {
        let Some(procedure) = view.longterm().procedures().get(id).await? else { continue };
        let (good, bad) = (procedure.success_count, procedure.fail_count);
        known.push(Known {
            key: Key::new(Kind::Procedure, procedure.id),
            trigger: procedure.name,
            action: String::new(),
            steps: Step::of_procedure(&procedure.steps),
            bound: bound(good, bad),
            last_used: procedure.last_used,
        });
    }
    Ok(known)
}

#[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
fn bound(good: u64, bad: u64) -> f64 {
    let uses = good.saturating_add(bad);
    let rate = if uses == 0 { 0.0 } else { good as f64 / uses as f64 };
    success_bound(rate, i64::try_from(uses).unwrap_or(i64::MAX))
}

/// Returns the words that decide if two descriptions mean the same task.
fn words(text: &str) -> Vec<String> {
    let text = forms::same(text);
    let words = text.split_whitespace().map(bare);
    let mut words: Vec<String> =
        words.filter(|word| !FILLERS.contains(&&*word.to_lowercase())).map(str::to_owned).collect();
    if let Some(first) = words.first_mut() {
        *first = first.to_lowercase();
    }
    words
}

/// Returns a word without the punctuation around it. A word of punctuation only is returned
/// unchanged.
fn bare(word: &str) -> &str {
    let bare = word.trim_matches(AROUND).trim_end_matches(AFTER);
    if bare.is_empty() { word } else { bare }
}

#[cfg(test)]
mod tests;
