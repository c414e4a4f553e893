//! The tiers of the memory, as callers name them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The tier that a record was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// RAM: recent events, metrics, active tasks.
    Operational,
    /// SQLite: current work.
    Working,
    /// LanceDB: everything, permanently.
    Longterm,
    /// The part of long-term memory that was supplied as knowledge rather than experienced.
    Knowledge,
}

impl Tier {
    /// Every tier, fastest first.
    pub const ALL: &[Tier] = &[Tier::Operational, Tier::Working, Tier::Longterm, Tier::Knowledge];

    /// Returns the canonical name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Operational => "operational",
            Tier::Working => "working",
            Tier::Longterm => "longterm",
            Tier::Knowledge => "knowledge",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Tier {
    type Err = Error;

    /// Accepts any common spelling: `long_term`, `long-term` and `LongTerm` are all `longterm`.
    fn from_str(name: &str) -> Result<Tier, Error> {
        let plain: String =
            name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
        let found = Tier::ALL.iter().copied().find(|tier| tier.as_str() == plain);
        found.ok_or_else(|| Error::UnknownTier { name: name.to_owned() })
    }
}
