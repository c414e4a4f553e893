//! Retirement of parts of texts. If a text of several parts is shorter in a later reading, the
//! parts after its end are retired: they leave working memory, and their validity ends in long-term
//! memory, where they remain readable.

use aios_draft::Part;
use aios_record::{Id, Identity, Key, Kind, Owner, Record, Scope};

use super::{
    Admission,
    candidate::{Candidate, Tiers},
    cut::Cut,
    verdict::{Outcome, Verdict},
};
use crate::Error;

/// The last part of a text; stored parts after it are outdated.
pub(super) struct Ending {
    at: usize,
    owner: Owner,
    kind: Kind,
    scope: Scope,
    cut: Cut,
    is_long: bool,
}

impl Candidate {
    /// Returns the ending of a text if this is its last part.
    pub(super) fn ending(&self) -> Option<Ending> {
        let Candidate { at, owner, arrival, draft } = self;
        let cut = arrival.cut.as_ref().filter(|cut| cut.part.number == cut.part.count)?.clone();
        Some(Ending {
            at: *at,
            owner: owner.clone(),
            kind: arrival.kind,
            scope: arrival.scope.clone(),
            cut,
            is_long: Part::CUT_BYTES_MIN <= draft.text.len(),
        })
    }
}

impl Admission {
    /// Retires the stored parts after these endings.
    pub(super) async fn retire_parts(
        &mut self,
        endings: Vec<Ending>,
        verdicts: &[Verdict],
    ) -> Result<(), Error> {
        for ending in endings {
            let verdict = &verdicts[ending.at];
            // A known text that fits into one part had no further parts.
            let may_follow = match verdict.outcome {
                Outcome::Updated => true,
                Outcome::Known => ending.is_long,
                _ => false,
            };
            if !may_follow {
                continue;
            }
            let tiers = self.tiers(&ending.owner)?;
            let stored = stored(&tiers, &ending, vec![verdict.id.clone()]).await?;
            if stored.is_none_or(|stored| stored.text.len() < Part::CUT_BYTES_MIN) {
                continue;
            }
            let parts = self.parts_after(&tiers, &ending).await?;
            self.retire_all(&tiers, &ending, verdict.place, parts).await?;
        }
        Ok(())
    }

    /// Returns the stored parts after an ending, up to the first gap.
    async fn parts_after(&self, tiers: &Tiers, ending: &Ending) -> Result<Vec<Id>, Error> {
        let mut parts = Vec::new();
        for number in ending.cut.part.count + 1.. {
            let ids = ending.cut.ids(number, ending.kind, &ending.scope);
            let Some(part) = stored(tiers, ending, ids).await? else { break };
            let external_id = Part::id(&ending.cut.whole, number);
            let is_part = part.scope == ending.scope && part.external_id == Some(external_id);
            // A record whose own id happens to look like a part's id is not a part.
            if !is_part || self.seen.contains_key(&part.identity()) {
                break;
            }
            parts.push(part.id);
        }
        Ok(parts)
    }

    async fn retire_all(
        &mut self,
        tiers: &Tiers,
        ending: &Ending,
        place: u64,
        parts: Vec<Id>,
    ) -> Result<(), Error> {
        if parts.is_empty() {
            return Ok(());
        }
        let identity = |id: &Id| Identity::new(ending.owner.clone(), ending.kind, id.clone());
        let identities: Vec<Identity> = parts.iter().map(identity).collect();
        self.view.feed().catch_up().await?;
        if ending.kind == Kind::Message {
            tiers.working.messages().move_out(&ending.owner, &parts).await?;
        }
        let retired = tiers.longterm.sources().retire(&identities).await?;
        let keys = retired.into_iter().map(|it| (place, Key::new(it.kind, it.id)));
        self.retired.extend(keys);
        Ok(())
    }
}

/// Returns the first stored record with one of these ids and the ending's owner and kind.
async fn stored(tiers: &Tiers, ending: &Ending, ids: Vec<Id>) -> Result<Option<Record>, Error> {
    let identity = |id| Identity::new(ending.owner.clone(), ending.kind, id);
    let identities: Vec<Identity> = ids.into_iter().map(identity).collect();
    if ending.kind == Kind::Message {
        let here = tiers.working.with_expired().records().get_all(identities.clone()).await?;
        if let Some(record) = here.into_iter().next() {
            return Ok(Some(record));
        }
    }
    Ok(tiers.longterm.records().get_all(&identities).await?.into_iter().next())
}
