//! Current facts, prepared for comparison.

use super::{lasting, marks::Marks};
use crate::claim::{Claim, as_first_person_all};
use crate::draft::Draft;
use crate::slot::Hold;

/// A current fact in the form in which messages are compared with it.
#[derive(Debug, Clone)]
pub struct Known {
    key: String,
    pub(crate) claim: Claim,
    /// True if it says something that lasts, and can therefore end.
    pub(super) is_lasting: bool,
    /// Marks of its words and of the attributes of its slots.
    pub(super) marks: Marks,
}

impl Known {
    /// Reads a fact: its key, the name of its speaker and its text. Words of the text that equal
    /// the name count as the first person, so that a text in the third person can be given.
    #[must_use]
    pub fn read(key: impl Into<String>, speaker: &str, text: &str) -> Known {
        let sentences = as_first_person_all(text, speaker);
        let is_lasting = lasting::is_lasting(&sentences);
        let claim = Claim::of(&sentences);
        let attributes = claim.slots.iter().map(|slot| slot.attribute.as_str());
        let marks = Marks::of_terms(&claim.terms).with(attributes);
        Known { key: key.into(), claim, is_lasting, marks }
    }

    /// Reads a fact of this crate.
    #[must_use]
    pub fn of(key: impl Into<String>, draft: &Draft) -> Known {
        Known::read(key, &draft.speaker, &draft.text)
    }

    /// Returns true if the fact gives a value to the slot of this name, which has one at a time.
    #[must_use]
    pub fn has_one_value(&self, attribute: &str) -> bool {
        self.claim.slots.iter().any(|slot| slot.label == attribute && slot.hold == Hold::One)
    }

    /// Returns the key of the fact.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}
