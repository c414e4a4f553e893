//! Removal of forgotten paragraphs and lines from the pieces of a document.

use aios_longterm::LongtermView;
use aios_record::Owner;

use super::{
    arrival::Arrival,
    verdict::{Outcome, Verdict},
};
use crate::{Error, parts};

/// Removes forgotten parts from the pieces of `owner`'s `document`, and pieces without other parts.
/// Returns one verdict per removed part. Nearly free if nothing was ever forgotten.
pub(super) async fn leave_out(
    longterm: &LongtermView,
    owner: &Owner,
    document: &str,
    arrivals: &mut Vec<Arrival>,
) -> Result<Vec<Verdict>, Error> {
    let mut verdicts = Vec::new();
    let mut left = Vec::with_capacity(arrivals.len());
    for mut arrival in arrivals.drain(..) {
        let rest = match arrival.said() {
            Some(text) => parts::rest_of(longterm, owner, Some(document), text).await?,
            None => None,
        };
        let Some(rest) = rest else {
            left.push(arrival);
            continue;
        };
        let Arrival { place, kind, ref id, .. } = arrival;
        let verdict = Verdict { place, kind, id: id.clone(), outcome: Outcome::Forgotten };
        verdicts.extend(vec![verdict; rest.left_out]);
        if rest.says_something() {
            arrival.say(&rest.text);
            left.push(arrival);
        }
    }
    *arrivals = left;
    Ok(verdicts)
}
