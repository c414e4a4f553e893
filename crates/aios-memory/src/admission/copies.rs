//! Ids that are unique within a provider. A fork or copy of a conversation contains the same
//! messages in another session, which are recognised as known. Other programs number their
//! messages, so two conversations may have the same ids by chance; these are different messages.

use aios_draft::moment;
use aios_record::{Identity, Record, Timestamp, forms};
use serde_json::Value;

use super::{Admission, Arrival, Candidate, Content, Verdict, standing::by_owner};
use crate::Error;

/// A record with an id of its provider.
#[derive(Debug, Clone)]
pub(super) struct Original {
    session: Option<String>,
    /// Hash of the normalised text.
    text: blake3::Hash,
    said_at: Option<Timestamp>,
}

impl Admission {
    /// Gives each candidate its provider's id, unless a different record of another session has it;
    /// then the candidate keeps its id within the session.
    pub(super) async fn identified(
        &mut self,
        mut candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Candidate>, Error> {
        if candidates.iter().all(|it| it.arrival.provider_id.is_none()) {
            return Ok(candidates);
        }
        self.find_originals(&candidates).await?;
        for candidate in &mut candidates {
            let Some(identity) = provider_identity(candidate) else { continue };
            let own = Original::of(candidate);
            let original = self.originals.entry(identity.clone()).or_insert_with(|| own.clone());
            if original.session == own.session || original.is_copied_by(&own) {
                candidate.arrival.id = identity.id.clone();
                if let Content::Fields(fields) = &mut candidate.arrival.content {
                    fields.insert("id".to_owned(), Value::from(identity.id.as_str()));
                }
                verdicts[candidate.at].id = identity.id.clone();
                candidate.draft.id = identity.id;
            }
        }
        Ok(candidates)
    }

    /// Looks up the provider ids that this source has not brought before.
    async fn find_originals(&mut self, candidates: &[Candidate]) -> Result<(), Error> {
        for (owner, places) in by_owner(candidates) {
            let identities =
                places.iter().filter_map(|place| provider_identity(&candidates[*place]));
            let asked: Vec<Identity> =
                identities.filter(|it| !self.originals.contains_key(it)).collect();
            if asked.is_empty() {
                continue;
            }
            let tiers = self.tiers(&owner)?;
            let here = tiers.working.with_expired().records().get_all(asked.clone()).await?;
            self.originals.extend(here.iter().map(|it| (it.identity(), Original::of_record(it))));
            let is_elsewhere = |it: &Identity| !self.originals.contains_key(it);
            let elsewhere: Vec<Identity> = asked.into_iter().filter(is_elsewhere).collect();
            let there = tiers.longterm.records().get_all(&elsewhere).await?;
            self.originals.extend(there.iter().map(|it| (it.identity(), Original::of_record(it))));
        }
        Ok(())
    }
}

impl Original {
    fn of(candidate: &Candidate) -> Original {
        Original {
            session: candidate.arrival.scope.session.clone(),
            text: hash(&candidate.draft.text),
            said_at: said_at(&candidate.arrival),
        }
    }

    fn of_record(record: &Record) -> Original {
        Original {
            session: record.scope.session.clone(),
            text: hash(&record.text),
            said_at: record.occurred_at,
        }
    }

    /// Returns `true` if both have the same text and the same, known time.
    fn is_copied_by(&self, other: &Original) -> bool {
        self.text == other.text && self.said_at.is_some() && self.said_at == other.said_at
    }
}

fn provider_identity(candidate: &Candidate) -> Option<Identity> {
    let Candidate { owner, arrival, .. } = candidate;
    Some(Identity::new(owner.clone(), arrival.kind, arrival.provider_id.clone()?))
}

fn said_at(arrival: &Arrival) -> Option<Timestamp> {
    match &arrival.content {
        Content::Message(message) => message.timestamp,
        Content::Fields(fields) => moment::from_json(fields.get("timestamp")?).ok(),
        Content::Record(record) => record.occurred_at,
    }
}

fn hash(text: &str) -> blake3::Hash {
    blake3::hash(forms::same(text).as_bytes())
}
