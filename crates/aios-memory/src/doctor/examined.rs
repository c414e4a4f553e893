//! The result of one check of `doctor`.

use aios_record::Remedy;
use aios_working::{Check, Health};
use serde::Serialize;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// The examined part: `config`, `data_dir`, `model`, `memory`, `working`, `longterm` or
    /// `backup`.
    pub part: &'static str,
    /// The name, the finding and the remedy.
    #[serde(flatten)]
    pub check: Check,
}

impl Examined {
    /// Returns a check that found no problem.
    #[must_use]
    pub fn good(part: &'static str, name: &'static str, finding: impl Into<String>) -> Examined {
        let (health, finding) = (Health::Good, finding.into());
        Examined { part, check: Check { name, health, finding, remedy: None } }
    }

    /// Sets the health and the remedy.
    #[must_use]
    pub fn but(mut self, health: Health, remedy: Remedy) -> Examined {
        self.check.health = health;
        self.check.remedy = Some(remedy);
        self
    }
}
