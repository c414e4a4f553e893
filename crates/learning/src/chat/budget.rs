//! A budget of tokens a day. The clock is an argument.

use aios_record::Timestamp;
use serde::{Deserialize, Serialize};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Tokens used on a day. Days begin at midnight, UTC.
///
/// A value of the caller, which can be serialised, so that a new process counts on.
///
/// ```
/// use aios_learning::TokenBudget;
///
/// let mut budget = TokenBudget::default();
/// let (day, next) = ("2026-05-01T09:00:00Z".parse()?, "2026-05-02T00:00:00Z".parse()?);
/// budget.add(900, day);
/// assert_eq!(budget.left(1_000, day), 100);
/// assert_eq!(budget.left(1_000, next), 1_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenBudget {
    /// The day, in days since 1970-01-01.
    pub day: i64,
    /// Tokens used on that day.
    pub used: u64,
}

impl TokenBudget {
    /// Returns the tokens that `tokens_per_day_max` leaves on the day of `now`. A clock that was
    /// set back does not begin a new day.
    #[must_use]
    pub fn left(&self, tokens_per_day_max: u64, now: Timestamp) -> u64 {
        tokens_per_day_max.saturating_sub(self.used_on(day(now)))
    }

    /// Counts tokens on the day of `now`.
    pub fn add(&mut self, tokens: u64, now: Timestamp) {
        let used = self.used_on(day(now));
        self.day = self.day.max(day(now));
        self.used = used.saturating_add(tokens);
    }

    fn used_on(&self, day: i64) -> u64 {
        if day <= self.day { self.used } else { 0 }
    }

    /// Replaces tokens that were counted in advance on the day of `counted` by those that were
    /// used. Does nothing on a later day.
    #[cfg(feature = "client")]
    pub(crate) fn settle(&mut self, counted: u64, used: u64, at: Timestamp) {
        if self.day == day(at) {
            self.used = self.used.saturating_sub(counted).saturating_add(used);
        }
    }
}

fn day(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY_SECONDS)
}
