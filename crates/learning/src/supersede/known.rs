//! Current facts, prepared for comparison.

use super::{lasting, marks::Marks};
use crate::claim::{Claim, as_first_person_all};
use crate::clause::clauses;
use crate::draft::Draft;
use crate::sentence::{Sentence, spaced};
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
    says_over: bool,
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
        let says_over = says_over(&sentences);
        Known { key: key.into(), claim, is_lasting, marks, says_over }
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

    /// Returns true if the fact says only that something is over: "I no longer have a dog".
    #[must_use]
    pub fn says_over(&self) -> bool {
        self.says_over
    }

    /// Returns the key of the fact.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn says_over(sentences: &[Sentence]) -> bool {
    let [sentence] = sentences else { return false };
    spaced(&sentence.words).contains(" no longer ") && clauses(&sentence.words).len() == 1
}
