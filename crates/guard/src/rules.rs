//! The rules: injections are searched in every view of a text, secrets in the text as it is.

mod injection;
mod secret;

use std::ops::Range;

pub(crate) use self::secret::is_secret_under;
use crate::{FINDINGS_MAX, Kind, folded::folded, spaced::joined};

/// One match: the rule, and the bytes of the scanned text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) rule: &'static str,
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// Maximum number of matches, to bound the memory for a text that is full of them. Several matches
/// may report the same finding.
pub(crate) const MATCHES_MAX: usize = 16 * FINDINGS_MAX;

/// Returns `true` if no more matches are collected.
fn is_full(matches: &[Match]) -> bool {
    MATCHES_MAX < matches.len()
}

/// Returns the matches in `plain`, unordered, up to [`MATCHES_MAX`] and one more.
pub(crate) fn matches(plain: &str) -> Vec<Match> {
    let mut matches = Vec::new();
    secret::find(plain, &mut matches);
    injection::find(plain, &mut matches);
    let folded = folded(plain);
    if let Some(view) = &folded {
        let mut found = Vec::new();
        injection::find(&view.text, &mut found);
        let original = |found: Match| Match { span: view.origin(found.span), ..found };
        matches.extend(found.into_iter().map(original));
    }
    let read = folded.as_ref().map_or(plain, |view| view.text.as_ref());
    if let Some(view) = joined(read) {
        let mut found = Vec::new();
        injection::find(&view.text, &mut found);
        let original = |found: Match| {
            let span = view.origin(found.span);
            let span = folded.as_ref().map_or(span.clone(), |view| view.origin(span.clone()));
            Match { span, ..found }
        };
        matches.extend(found.into_iter().map(original));
    }
    matches
}
