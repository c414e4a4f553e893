//! What a context may hold and how much of it. Not here: the budget, which every call gives.

use std::collections::BTreeMap;

use aios_guard::Guard;
use aios_record::Tier;

use crate::{Error, Format, TokenCount};

/// How a context is made. Every field has a default; `Policy::default()` is a good start.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How it is written; markdown unless told.
    pub format: Format,
    /// The most that pinned candidates take; 500 tokens unless told.
    pub pinned_tokens_max: TokenCount,
    /// The most that the profile takes; 300 tokens unless told.
    pub profile_tokens_max: TokenCount,
    /// How many messages of the session are shown at most; 12 unless told.
    pub recent_messages_max: usize,
    /// The share of the budget, after pinned and profile, that recent messages may take while
    /// there are retrieved candidates; 0.5 unless told. What those leave over goes to messages.
    pub recent_share_max: f64,
    /// Floors and caps for retrieved candidates, by tier. A tier that is not listed has neither.
    pub tiers: BTreeMap<Tier, TierShare>,
    /// From which similarity on two texts are one, as the Jaccard similarity of their word
    /// triples; 0.8 unless told, and above 1 nothing folds but equal ids.
    pub fold_similarity_min: f64,
    /// How much the length of a text counts against it: its worth is relevance divided by tokens
    /// to this power. 1 packs by value per token, 0 by relevance alone, which is the default
    /// because it puts the most evidence into a conversation's context; a little, such as 0.1,
    /// keeps long texts from crowding out short ones where both are found.
    pub length_exponent: f64,
    /// What is done about injections and secrets in stored text; both are marked unless told.
    pub guard: Guard,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            format: Format::default(),
            pinned_tokens_max: TokenCount(500),
            profile_tokens_max: TokenCount(300),
            recent_messages_max: 12,
            recent_share_max: 0.5,
            tiers: BTreeMap::new(),
            fold_similarity_min: 0.8,
            length_exponent: 0.0,
            guard: Guard::default(),
        }
    }
}

impl Policy {
    /// This policy with another format.
    #[must_use]
    pub fn with_format(self, format: Format) -> Policy {
        Policy { format, ..self }
    }

    /// This policy with a floor and a cap for a tier.
    #[must_use]
    pub fn with_tier(mut self, tier: Tier, share: TierShare) -> Policy {
        self.tiers.insert(tier, share);
        self
    }

    pub(crate) fn tier(&self, tier: Tier) -> TierShare {
        self.tiers.get(&tier).copied().unwrap_or_default()
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let is_share = |value: f64| (0.0..=1.0).contains(&value);
        let floors: f64 = self.tiers.values().map(|share| share.floor).sum();
        let settings = [("recent_share_max", self.recent_share_max)];
        let tiers = self.tiers.values();
        let tiers = tiers.flat_map(|share| [("floor", share.floor), ("cap", share.cap)]);
        let mut all = settings.into_iter().chain(tiers).chain([("the sum of floors", floors)]);
        match all.find(|&(_, value)| !is_share(value)) {
            Some((name, value)) => Err(Error::Share { name, value }),
            None => Ok(()),
        }
    }
}

/// What a tier gets of the tokens for retrieved candidates, as shares of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TierShare {
    /// Filled first, as far as the tier has candidates; 0 unless told.
    pub floor: f64,
    /// Never exceeded; 1 unless told.
    pub cap: f64,
}

impl Default for TierShare {
    fn default() -> TierShare {
        TierShare { floor: 0.0, cap: 1.0 }
    }
}
