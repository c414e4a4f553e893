//! Hits of facts and of the messages that state them: the same statement is shown once.

use std::collections::HashMap;

use aios_longterm::Hit;
use aios_record::{Identity, Key, Kind, Record};

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
        // Evidence that an earlier fact has brought forward is shown already.
        match evidence_of(&hit.record).and_then(|it| places.get(&it).copied()) {
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

/// Returns the record that states a fact first; `None` for other records.
fn evidence_of(record: &Record) -> Option<Identity> {
    let source = record.source.as_ref().filter(|_| record.kind == Kind::Fact)?;
    let key = Key::new(source.kind.parse().ok()?, source.id.parse().ok()?);
    Some(key.of(record.owner()))
}

#[cfg(test)]
mod tests;
