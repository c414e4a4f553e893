//! Patterns: a trigger, the action that works for it, and its success rate.

use aios_record::{Id, Identity, Key, Kind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Meta, WorkingView,
    access::Access,
    feed::trace,
    goal::joined,
    meta::IMPORTANT,
    removal,
    row::{Row, fields},
    search::{
        matching::{matches, read},
        words::words,
    },
    writing::{self, Writable},
};

/// Number of best matching patterns that are ranked.
const PATTERN_CANDIDATES: usize = 200;
/// Minimum share of common words between a pattern's trigger and the query, relative to the shorter
/// of the two.
const TRIGGER_SHARE_MIN: f64 = 0.6;

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
    Pattern {
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
        self.success_bound = success_bound(self.success_rate, self.uses);
    }
}

impl Writable for Pattern {}

/// Returns the lower end of the 95 % interval of a rate seen in `uses` trials, 0 without any
/// (Wilson, "Probable inference, the law of succession, and statistical inference", 1927).
///
/// ```
/// let (once, often) = (aios_working::success_bound(1.0, 1), aios_working::success_bound(0.9, 50));
/// assert!(0.2 < once && once < often && often < 0.9);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
pub fn success_bound(rate: f64, uses: i64) -> f64 {
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

/// The patterns of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Outcome, Pattern, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let pattern = Pattern::new("a test hangs", "look for a lock held over an await");
/// let pattern = working.patterns().put(pattern).await?;
/// let used = working.patterns().record_use(&pattern.id, Outcome::Success).await?;
/// assert_eq!(used.uses, 1);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Patterns<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Patterns<'_> {
    /// Stores a pattern; replaces the one of the same id.
    ///
    /// # Errors
    /// As [`Goals::put`](crate::Goals::put).
    pub async fn put(self, pattern: Pattern) -> Result<Pattern, Error> {
        self.view.store(pattern).await
    }

    /// Returns the pattern of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Pattern>, Error> {
        self.view.get(id).await
    }

    /// Counts one use of a pattern and updates its success rate.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the pattern does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    #[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
    pub async fn record_use(self, id: &Id, outcome: Outcome) -> Result<Pattern, Error> {
        let id = id.clone();
        self.view
            .write(move |access| {
                let now = access.now;
                writing::change(access, id.as_str(), |pattern: &mut Pattern| {
                    let success = if outcome == Outcome::Success { 1.0 } else { 0.0 };
                    let uses = pattern.uses as f64;
                    pattern.success_rate = (pattern.success_rate * uses + success) / (uses + 1.0);
                    pattern.uses += 1;
                    pattern.last_used = Some(now);
                })
            })
            .await
    }

    /// Returns the patterns whose trigger shares words with `trigger` and whose success rate is at
    /// least `min_success_rate`, highest success bound first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find(
        self,
        trigger: impl Into<String>,
        min_success_rate: f64,
    ) -> Result<Vec<Pattern>, Error> {
        let trigger = trigger.into();
        self.view.read(move |access| patterns(access, &trigger, min_success_rate)).await
    }

    /// Returns the first pattern that [`find`](Patterns::find) would return.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find_best(
        self,
        trigger: impl Into<String>,
        min_success_rate: f64,
    ) -> Result<Option<Pattern>, Error> {
        Ok(self.find(trigger, min_success_rate).await?.into_iter().next())
    }

    /// Changes a pattern and stores it, in one transaction: no change of another caller is lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut Pattern) + Send + 'static,
    ) -> Result<Pattern, Error> {
        self.view.change(id, change).await
    }

    /// Removes a pattern, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Pattern, id.clone())).await
    }
}

/// Moves out all patterns of all owners except the best `keep`, and returns their number.
pub(crate) fn prune(access: &Access<'_>, keep: usize) -> Result<u64, Error> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let which = format!(
        "row NOT IN (
             SELECT row FROM patterns
             ORDER BY ?2 <= importance DESC, success_bound DESC, success_rate DESC, row DESC
             LIMIT ?1
         )
         AND {}",
        trace::is_told(Kind::Pattern)
    );
    removal::move_out(access, Kind::Pattern, &which, &[&keep, &IMPORTANT])
}

fn patterns(access: &Access<'_>, trigger: &str, min_rate: f64) -> Result<Vec<Pattern>, Error> {
    let analyzer = access.config.analyzer();
    let wanted = words(analyzer, trigger);
    let mut found: Vec<(f64, Pattern)> = Vec::new();
    let mut seen = 0;
    matches(access, trigger, &[Kind::Pattern], |doc, _| {
        seen += 1;
        if let Some(pattern) = read::<Pattern>(access, doc)? {
            let own = words(analyzer, &pattern.trigger);
            let shared = own.iter().filter(|word| wanted.contains(word)).count();
            let share = ratio(shared, own.len().min(wanted.len()));
            if TRIGGER_SHARE_MIN <= share && min_rate <= pattern.success_rate {
                found.push((ratio(shared, own.len().max(wanted.len())), pattern));
            }
        }
        Ok(seen < PATTERN_CANDIDATES)
    })?;
    let surest = |pattern: &Pattern| (pattern.success_bound, pattern.success_rate);
    found.sort_by(|(near, a), (far, b)| {
        let ((bound_a, rate_a), (bound_b, rate_b)) = (surest(a), surest(b));
        bound_b
            .total_cmp(&bound_a)
            .then(far.total_cmp(near))
            .then(rate_b.total_cmp(&rate_a))
            .then(b.last_used.cmp(&a.last_used))
    });
    Ok(found.into_iter().map(|(_, pattern)| pattern).collect())
}

#[expect(clippy::cast_precision_loss, reason = "numbers of words are small")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
