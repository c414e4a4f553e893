//! Patterns: a trigger, the action that works for it, and its success rate.

use aios_record::{Id, Kind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Error, IMPORTANT, Meta, Working, WorkingView,
    access::Access,
    feed,
    goal::joined,
    removal,
    row::{Row, fields},
};

/// Default number of patterns that are kept.
pub const PATTERNS_MAX: usize = 1000;

/// A trigger and the action that works for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Unique among patterns. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The situation that calls for the action.
    pub trigger: String,
    /// The action.
    pub action: String,
    /// Share of successful uses, 0 to 1. Default: 1.
    #[serde(default = "always")]
    pub success_rate: f64,
    /// Lower bound of the success rate with 95 % confidence; 0 without uses. Set by the memory.
    #[serde(default)]
    pub success_bound: f64,
    /// Number of uses. Default: 0.
    #[serde(default)]
    pub uses: i64,
    /// The time of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// The source from which it was learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_from: Option<String>,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

fn always() -> f64 {
    1.0
}

impl Pattern {
    /// Returns a pattern without uses.
    #[must_use]
    pub fn new(trigger: impl Into<String>, action: impl Into<String>) -> Pattern {
        Pattern {
            id: Id::generate(),
            trigger: trigger.into(),
            action: action.into(),
            success_rate: always(),
            success_bound: 0.0,
            uses: 0,
            last_used: None,
            created_from: None,
            meta: Meta::default(),
        }
    }
}

fields! {
    Pattern in "patterns" {
        trigger, action, success_rate, success_bound, uses, last_used, created_from,
    }
}

impl Row for Pattern {
    fn text(&self) -> String {
        joined([Some(&self.trigger), Some(&self.action)])
    }

    fn settle(&mut self, _: Timestamp) {
        self.uses = self.uses.max(0);
        self.success_rate = self.success_rate.clamp(0.0, 1.0);
        self.success_bound = lower_bound(self.success_rate, self.uses);
    }
}

/// Returns the lower end of the 95 % interval of a rate seen in `uses` trials (Wilson, "Probable
/// inference, the law of succession, and statistical inference", 1927).
#[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
fn lower_bound(rate: f64, uses: i64) -> f64 {
    const Z: f64 = 1.96;
    if uses <= 0 {
        return 0.0;
    }
    let n = uses as f64;
    let centre = rate + Z * Z / (2.0 * n);
    let spread = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - spread) / (1.0 + Z * Z / n)).clamp(0.0, 1.0)
}

/// The outcome of a use of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The action worked.
    Success,
    /// The action did not work.
    Failure,
}

impl WorkingView {
    /// Stores a pattern; replaces the one of the same id.
    ///
    /// # Errors
    /// As [`store_goal`](WorkingView::store_goal).
    pub async fn store_pattern(&self, pattern: Pattern) -> Result<Pattern, Error> {
        self.store(pattern).await
    }

    /// Returns the pattern of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn pattern(&self, id: &str) -> Result<Option<Pattern>, Error> {
        self.get(id).await
    }

    /// Counts one use of a pattern and updates its success rate.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the pattern does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user.
    #[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
    pub async fn update_pattern_stats(&self, id: &str, outcome: Outcome) -> Result<Pattern, Error> {
        let id = id.to_owned();
        self.write(move |access| {
            let now = access.now;
            access.change(&id, |pattern: &mut Pattern| {
                let success = if outcome == Outcome::Success { 1.0 } else { 0.0 };
                let uses = pattern.uses as f64;
                pattern.success_rate = (pattern.success_rate * uses + success) / (uses + 1.0);
                pattern.uses += 1;
                pattern.last_used = Some(now);
            })
        })
        .await
    }
}

impl Working {
    /// Moves out all patterns of all owners except the best `keep` (see [`PATTERNS_MAX`]), and
    /// returns their number. [`IMPORTANT`] patterns rank first, then those with the highest success
    /// bound. Patterns with undelivered changes in the feed stay.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn prune_patterns(&self, keep: usize) -> Result<u64, Error> {
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        let which = format!(
            "row NOT IN (
                 SELECT row FROM patterns
                 ORDER BY ?2 <= importance DESC, success_bound DESC, success_rate DESC, row DESC
                 LIMIT ?1
             )
             AND {}",
            feed::is_told(Kind::Pattern)
        );
        let pruned = move |access: &Access<'_>| {
            removal::move_out(access, Kind::Pattern, &which, &[&keep, &IMPORTANT])
        };
        self.view.free_room(pruned).await
    }
}
