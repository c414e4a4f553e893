//! Supersession: the facts that a message ends.
//!
//! A fact ends if a slot of its owner gets another value, or if the message states a change and
//! names the thing that changed. A question, a hypothesis, a report, a joke, a plan that was given
//! up and a statement that holds for a limited time end nothing, and are not ended by a slot.

mod frame;
mod known;
mod lasting;
mod marks;
mod matching;

use std::collections::BTreeMap;

pub use known::Known;
use marks::Marks;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Shape, changes, refusals};
use crate::claim::{Claim, as_first_person};
use crate::clause::{Clause, clauses};
use crate::language::is_english;
use crate::lexicon::{Class, is_base_verb};
use crate::message::{Message, Role};
use crate::sentence::{Mood, Sentence, spaced};
use crate::slot::{Hold, Slot};
use crate::slots::{denied, slots};
use crate::words::Word;

/// Current facts that are compared with a message. Further ones are ignored.
pub const KNOWN_MAX: usize = 10_000;

/// Facts that the words of one change end. More are only about the same topic.
const ENDED_MAX: usize = 3;

/// A fact that a message ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Key of the fact.
    pub key: String,
    /// Shape of the contradiction.
    pub shape: Shape,
    /// Property that got another value; `None` if the message states the change in words.
    pub attribute: Option<String>,
}

/// Returns the facts of `current` that `message` ends, each once, in the order of `current`.
#[must_use]
pub fn supersede<'a>(
    current: impl IntoIterator<Item = &'a Known>,
    message: &Message,
) -> Vec<Ended> {
    if message.role != Role::Person {
        return Vec::new();
    }
    let sentences = message.sentences();
    if !is_english(message.read(), &sentences) {
        return Vec::new();
    }
    let current: Vec<&Known> = current.into_iter().take(KNOWN_MAX).collect();
    let mut ended: BTreeMap<usize, Ended> = BTreeMap::new();
    for mut sentence in sentences {
        sentence.words = as_first_person(sentence.words, message.subject());
        let is_refusal = sentence.mood == Mood::Refusal;
        if !is_refusal && sentence.mood != Mood::Statement || is_bounded(&sentence) {
            continue;
        }
        let clauses = clauses(&sentence.words);
        if is_refusal {
            for change in refusals(&clauses) {
                for at in matching::ended_by(&current, &change) {
                    ended.entry(at).or_insert_with(|| by_words(current[at], &change));
                }
            }
            continue;
        }
        if lasting::is_remark(&sentence) {
            continue;
        }
        let news = News::of(&sentence, &clauses);
        let mut is_named = false;
        for change in changes(&clauses) {
            for at in named_by(&current, &change) {
                is_named = true;
                ended.entry(at).or_insert_with(|| by_words(current[at], &change));
            }
        }
        if !is_part(&sentence) {
            for (at, known) in current.iter().enumerate() {
                if let Some(found) = by_slot(known, &news, is_named) {
                    ended.entry(at).or_insert(found);
                }
            }
        }
    }
    ended.into_values().collect()
}

/// Returns the indexes of the facts that a change in words ends.
fn named_by(current: &[&Known], change: &Change) -> Vec<usize> {
    let mut found = matching::ended_by(current, change);
    let terms = change.target.terms().filter(|_| change.shape == Shape::Retraction);
    if let Some(terms) = terms {
        found.retain(|at| lasting::names_enough(&current[*at].claim, terms));
        if ENDED_MAX < found.len() {
            found.clear();
        }
    }
    found
}

fn by_words(known: &Known, change: &Change) -> Ended {
    Ended { key: known.key().to_owned(), shape: change.shape, attribute: None }
}

/// Returns true if a statement holds for a limited time only.
fn is_bounded(sentence: &Sentence) -> bool {
    const BOUNDS: &[&str] = &[
        " until ",
        " till ",
        " for now ",
        " for the time being ",
        " temporarily ",
        " temporary ",
        " for the next ",
        " this week only ",
        " just for ",
        " only for ",
        " for a few ",
        " for a couple ",
        " for the weekend ",
        " for the day ",
        " for the week ",
        " for a week ",
        " for a month ",
        " while i am ",
        " while my ",
        " while the ",
        " on loan ",
        " this once ",
        " for the summer ",
        " for today ",
        " through the end of ",
        " for one week ",
    ];
    let spaced = spaced(&sentence.words);
    BOUNDS.iter().any(|bound| spaced.contains(bound))
}

/// Returns true if a statement is limited to a part: "only the staging server moved".
fn is_part(sentence: &Sentence) -> bool {
    let mut words = sentence.words.iter().filter(|it| !it.is_sign && !it.is(Class::Greeting));
    let limits = |word: &Word| matches!(word.low.as_str(), "only" | "just" | "except" | "apart");
    // "Just call me Sasha" limits nothing.
    words.next().is_some_and(limits) && words.next().is_none_or(|next| !is_base_verb(&next.low))
}

/// The slots of a statement, and its words that say that something changed.
struct News {
    slots: Vec<Slot>,
    /// Slots whose value is denied.
    denied: Vec<Slot>,
    claim: Claim,
    /// Marks of its words and of the attributes of its slots.
    marks: Marks,
    says_change: bool,
    is_lasting: bool,
    /// True if a word says that it is so now.
    is_current: bool,
    is_additional: bool,
}

impl News {
    fn of(sentence: &Sentence, clauses: &[Clause<'_>]) -> News {
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
        let (slots, denied) = (slots(clauses), denied(clauses));
        let claim = Claim::of(std::slice::from_ref(sentence));
        let attributes = slots.iter().chain(&denied).map(|slot| slot.attribute.as_str());
        News {
            marks: Marks::of_terms(&claim.terms).with(attributes),
            slots,
            denied,
            claim,
            says_change,
            is_lasting: lasting::is_lasting(std::slice::from_ref(sentence)),
            is_current: sentence.has(Class::Current) || spaced.contains(" these days "),
            is_additional: sentence.has(Class::Additional),
        }
    }

    fn counts_anew(&self, slot: &Slot) -> bool {
        self.says_change && slot.attribute.starts_with("number of ")
    }
}

/// Compares a fact with the slots of a message. If the message names the end of something
/// (`is_named`), only slots with one value end more.
fn by_slot(known: &Known, news: &News, is_named: bool) -> Option<Ended> {
    let claim = &known.claim;
    // What follows compares slots of one attribute, and statements with a common word.
    if !claim.is_firm || !known.marks.may_meet(&news.marks) || !claim.may_share_owner(&news.claim) {
        return None;
    }
    for slot in &news.slots {
        for former in claim.slots.iter().filter(|it| it.attribute == slot.attribute) {
            let same_owner = former.owner == slot.owner
                || claim.is_of(&slot.owner) && claim.owner == former.owner;
            let replaces = match (former.hold, slot.hold) {
                (Hold::Many, _) | (_, Hold::Many) => false,
                // "A second baby arrived, we have two kids now" is a new number.
                (Hold::One, Hold::One) => !news.is_additional || news.counts_anew(slot),
                _ => news.says_change && !news.is_additional && !is_named,
            };
            if same_owner && replaces && !former.is_restated_by(slot) {
                return Some(ended(known, Shape::Replacement, Some(&slot.label)));
            }
        }
    }
    for slot in &news.denied {
        let is_former = |it: &Slot| {
            it.attribute == slot.attribute && it.owner == slot.owner && it.is_restated_by(slot)
        };
        if claim.slots.iter().any(is_former) && !claim.is_negated {
            return Some(ended(known, Shape::Polarity, Some(&slot.label)));
        }
    }
    let is_meant =
        known.is_lasting && lasting::names_enough(claim, &news.claim.terms) && news.is_lasting;
    if !is_meant {
        return None;
    }
    let polarity = matching::is_flipped(claim, &news.claim);
    if polarity {
        return Some(ended(known, Shape::Polarity, None));
    }
    let shifts = news.says_change
        && !is_named
        && !news.is_additional
        && frame::shares_frame(claim, &news.claim);
    let shifts =
        shifts || news.is_current && !news.is_additional && frame::shares_place(claim, &news.claim);
    shifts.then(|| ended(known, Shape::Replacement, None))
}

fn ended(known: &Known, shape: Shape, attribute: Option<&str>) -> Ended {
    Ended { key: known.key().to_owned(), shape, attribute: attribute.map(str::to_owned) }
}
