//! Ids that are unique within a provider. A fork or copy of a conversation contains the same
//! messages in another session, which are recognised as known. Other programs number their
//! messages, so two conversations may have the same ids by chance; these are different messages.

use aios_record::Identity;
use serde_json::Value;

use super::{
    Admission,
    arrival::Content,
    candidate::{Candidate, by_owner},
    original::Original,
    verdict::Verdict,
};
use crate::Error;

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

fn provider_identity(candidate: &Candidate) -> Option<Identity> {
    let Candidate { owner, arrival, .. } = candidate;
    Some(Identity::new(owner.clone(), arrival.kind, arrival.provider_id.clone()?))
}
