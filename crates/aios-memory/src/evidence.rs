//! Hits of facts and of the messages that state them: the same statement is shown once.

use std::collections::HashMap;

use aios_longterm::Hit;
use aios_record::{Identity, Key, Kind, Record};
use serde_json::Value;

/// Shows facts whose evidence is among the hits by that evidence: the message takes the better of
/// the two places. A fact whose evidence is not there stays. Returns the hits, best first, and the
/// number of facts that were left out.
pub(crate) fn folded(hits: Vec<Hit>) -> (Vec<Hit>, usize) {
    if !hits.iter().any(|hit| hit.record.kind == Kind::Fact) {
        return (hits, 0);
    }
    let places: HashMap<Identity, usize> =
        hits.iter().enumerate().map(|(at, hit)| (hit.record.identity(), at)).collect();
    let mut hits: Vec<Option<Hit>> = hits.into_iter().map(Some).collect();
    let mut shown = Vec::with_capacity(hits.len());
    let mut left_out = 0;
    for at in 0..hits.len() {
        let Some(hit) = hits[at].take() else { continue };
        let stated_at = evidence_of(&hit.record).filter_map(|it| places.get(&it).copied());
        // Evidence that an earlier fact has brought forward is shown already.
        match stated_at.min() {
            None => shown.push(hit),
            Some(place) => {
                left_out += 1;
                shown.extend(hits[place].take().map(|message| raised(message, &hit)));
            }
        }
    }
    (shown, left_out)
}

/// Returns a message with the score of its fact, if that is better.
fn raised(message: Hit, fact: &Hit) -> Hit {
    Hit {
        score: message.score.max(fact.score),
        relevance: message.relevance.max(fact.relevance),
        ..message
    }
}

/// Returns the records that state a fact; empty for other records.
fn evidence_of(record: &Record) -> impl Iterator<Item = Identity> {
    let owner = record.owner();
    let keys = match record.kind {
        Kind::Fact => record.payload.get("evidence").and_then(Value::as_array).cloned(),
        _ => None,
    };
    let keys = keys.unwrap_or_default().into_iter();
    let keys = keys.filter_map(|key| key.as_str().and_then(|key| key.parse::<Key>().ok()));
    keys.map(move |key| key.of(owner.clone()))
}

#[cfg(test)]
mod tests;
