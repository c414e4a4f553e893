//! Facts in contexts: the current ones in the profile, and those of the messages that are found.

use std::collections::HashMap;

use aios_context::{Candidate, Estimate, Section, TokenCounter};
use aios_longterm::Hit;
use aios_record::{Identity, Key, Kind, Record, Tier};
use aios_working::Fact;

use super::ContextOptions;
use crate::{Error, MemoryView};

/// Share of the budget that the facts of the profile take, as its divisor, if there are hits. The
/// profile knows nothing of the task, so that more of it would cost more than it is worth.
const PROFILE_DIVISOR: usize = 10;

/// Relevance of facts in the profile: below that of what a person set.
const PROFILE_RELEVANCE: f64 = 0.9;

impl MemoryView {
    /// Returns the current facts for the profile, except those in `found`.
    pub(super) async fn current_facts(
        &self,
        found: &[Candidate],
        options: &ContextOptions,
    ) -> Result<Vec<Candidate>, Error> {
        let settings = &self.config().learning;
        if !settings.enabled || settings.profile_facts == 0 {
            return Ok(Vec::new());
        }
        let mut room = self.config().context.profile_tokens;
        if !found.is_empty() {
            room = room.min(options.max_tokens / PROFILE_DIVISOR);
        }
        let mut candidates = Vec::new();
        for fact in self.working().facts().profile(settings.profile_facts).await? {
            let id = Key::new(Kind::Fact, fact.id.clone()).of(fact.meta.scope.owner()).to_string();
            if found.iter().any(|known| known.id == id) {
                continue;
            }
            let text = fact.statement();
            let Some(left) = room.checked_sub(Estimate.count(&text).0) else { break };
            room = left;
            let candidate = Candidate::new(Tier::Working, Kind::Fact, id, text)
                .with_section(Section::Profile)
                .with_relevance(PROFILE_RELEVANCE);
            candidates.push(Candidate { trust: fact.trust(), time: fact.stated_at, ..candidate });
        }
        Ok(candidates)
    }

    /// Returns the facts of the messages among `hits`, by message.
    pub(super) async fn facts_of(
        &self,
        hits: &[Hit],
    ) -> Result<HashMap<Identity, Vec<Fact>>, Error> {
        let messages = hits.iter().map(|hit| &hit.record).filter(|it| it.kind == Kind::Message);
        let messages: Vec<Identity> = messages.map(Record::identity).collect();
        let mut by_message: HashMap<Identity, Vec<Fact>> = HashMap::new();
        if !self.config().learning.enabled || messages.is_empty() {
            return Ok(by_message);
        }
        for fact in self.working().facts().citing(messages).await? {
            let owner = fact.meta.scope.owner();
            let keys = fact.evidence.iter().filter_map(|key| key.parse::<Key>().ok());
            for message in keys.map(|key| key.of(owner.clone())) {
                by_message.entry(message).or_default().push(fact.clone());
            }
        }
        Ok(by_message)
    }
}
