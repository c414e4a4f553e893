//! The news of a message: the slots of a statement, and what it says of their change.

use super::marks::Marks;
use super::{aspect, lasting};
use crate::change::is_scheduled;
use crate::claim::Claim;
use crate::clause::Clause;
use crate::lexicon::Class;
use crate::sentence::{Sentence, spaced};
use crate::slot::{Hold, Slot};
use crate::slots::{denied, slots};

/// The slots of a statement, and its words that say that something changed.
pub(super) struct News {
    pub(super) slots: Vec<Slot>,
    /// Slots whose value is denied.
    pub(super) denied: Vec<Slot>,
    pub(super) claim: Claim,
    /// Marks of its words and of the attributes of its slots.
    pub(super) marks: Marks,
    pub(super) says_change: bool,
    pub(super) is_lasting: bool,
    /// True if a word says that it is so now.
    pub(super) is_current: bool,
    pub(super) is_additional: bool,
    /// True if it says that something is over, without another value.
    pub(super) is_denial: bool,
    /// The thing of the speaker that it is about, after the nouns that narrow it.
    narrowed: Vec<String>,
}

impl News {
    pub(super) fn of(sentence: &Sentence, clauses: &[Clause<'_>]) -> News {
        const CUES: &[&str] = &[
            " these days ",
            " as of ",
            " from now on ",
            " from here on ",
            " going forward ",
            " any more ",
            " no longer ",
            " change of plan ",
            " correction ",
            " i meant ",
            " mistyped ",
            " misspoke ",
            " scratch that ",
            " my mistake ",
            " my bad ",
            " this season ",
            " from today ",
            " starting ",
            " effective ",
            " new ",
            " since the ",
            " has become ",
            " have become ",
            " became ",
            " update ",
            " typo ",
            " at last ",
            " wiped ",
            " turns out ",
            " this year ",
            " signed for ",
            " signed with ",
            " joined ",
            " this term ",
            " this semester ",
            " at the moment ",
            " gone ",
            " up to ",
            " down to ",
            " went up ",
            " went down ",
            " went from ",
            " up from ",
            " down from ",
            " after all ",
        ];
        let spaced = spaced(&sentence.words);
        let verbs = clauses.iter().filter_map(|clause| Some(&clause.words[clause.verb?]));
        let says_change = sentence.has(Class::Current)
            || CUES.iter().any(|cue| spaced.contains(cue))
            || verbs.clone().any(|verb| verb.is(Class::Changing) || verb.is(Class::Ending));
        let settled: Vec<Clause<'_>> =
            clauses.iter().filter(|clause| !is_scheduled(clause)).cloned().collect();
        let (mut slots, denied) = (slots(&settled), denied(clauses));
        let all = slots.len();
        slots.retain(|slot| !aspect::is_partial(sentence, slot));
        let is_whole = slots.len() == all;
        let claim = Claim::of(std::slice::from_ref(sentence));
        let attributes = slots.iter().chain(&denied).map(|slot| slot.attribute.as_str());
        News {
            marks: Marks::of_terms(&claim.terms).with(attributes),
            slots,
            denied,
            claim,
            says_change: says_change && is_whole,
            is_lasting: lasting::is_lasting(std::slice::from_ref(sentence)),
            is_current: is_whole
                && (sentence.has(Class::Current) || spaced.contains(" these days ")),
            is_additional: sentence.has(Class::Additional) || names_other(&spaced),
            is_denial: spaced.contains(" no longer ") || spaced.contains(" any more "),
            narrowed: aspect::narrowed(clauses),
        }
    }

    /// Returns true if a usual value of the same kind may be that of another thing: "my work
    /// laptop" is not "my laptop", and one subscribes to Spotify and deploys with Nomad.
    pub(super) fn is_of_other(&self, slot: &Slot, former: &Claim) -> bool {
        let narrows = self.narrowed.split_last().is_some_and(|(thing, narrowing)| {
            former.has(thing) && narrowing.iter().any(|noun| !former.has(noun))
        });
        let shares = || {
            let verb = self.claim.verbs.iter().any(|verb| former.verbs.contains(verb));
            verb || self.claim.terms.iter().any(|term| former.has(&term.lemma))
        };
        slot.hold == Hold::Usual && (narrows || aspect::needs_frame(slot) && !shares())
    }

    pub(super) fn counts_anew(&self, slot: &Slot) -> bool {
        self.says_change && slot.attribute.starts_with("number of ")
    }
}

/// Returns true for "the other project's deadline", but not "the other day".
fn names_other(spaced: &str) -> bool {
    let other = spaced.match_indices(" other ").map(|(at, it)| &spaced[at + it.len()..]);
    let is_phrase = |rest: &str| rest.starts_with("day ") || rest.starts_with("hand ");
    other.into_iter().any(|rest| !is_phrase(rest))
}
