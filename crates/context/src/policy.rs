//! The composition of a context. The budget is an argument of each call.

use std::collections::BTreeMap;

use aios_guard::Guard;
use aios_record::Tier;

use crate::{Error, Format, TokenCount};

/// The settings of an assembly. Start with [`Policy::default`].
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The output format. Default: markdown.
    pub format: Format,
    /// Maximum number of tokens for pinned candidates. Default: 500.
    pub pinned_tokens_max: TokenCount,
    /// Maximum number of tokens for the profile. Default: 300.
    pub profile_tokens_max: TokenCount,
    /// Maximum number of messages of the session. Default: 12.
    pub recent_messages_max: usize,
    /// Maximum share of the budget, after pinned candidates and the profile, for recent messages
    /// while there are retrieved candidates. Default: 0.5. Tokens that retrieved candidates do not
    /// use are available for messages.
    pub recent_share_max: f64,
    /// Floors and caps for retrieved candidates, by tier. An unlisted tier has neither.
    pub tiers: BTreeMap<Tier, TierShare>,
    /// Minimum Jaccard similarity of the word triples of two texts at which they fold into one.
    /// Default: 0.8. Above 1, only equal ids fold.
    pub fold_similarity_min: f64,
    /// Penalty for the length of a text: its worth is relevance divided by tokens to this power. 1
    /// packs by value per token, 0 by relevance alone. Default: 0, because it puts the most
    /// evidence into a conversation's context; a small value, such as 0.1, keeps long texts from
    /// crowding out short ones in mixed results.
    pub length_exponent: f64,
    /// Treatment of injections and secrets in stored text. Default: both are marked.
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
    /// Sets the format.
    #[must_use]
    pub fn with_format(self, format: Format) -> Policy {
        Policy { format, ..self }
    }

    /// Sets the floor and the cap of a tier.
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

/// The share of a tier in the tokens for retrieved candidates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TierShare {
    /// Share that is filled first, as far as the tier has candidates, 0 to 1. Default: 0.
    pub floor: f64,
    /// Share that is never exceeded, 0 to 1. Default: 1.
    pub cap: f64,
}

impl Default for TierShare {
    fn default() -> TierShare {
        TierShare { floor: 0.0, cap: 1.0 }
    }
}
