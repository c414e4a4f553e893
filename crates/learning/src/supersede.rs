//! Supersession: the facts that a message ends.
//!
//! A fact ends if a slot of its owner gets another value, or if the message states a change and
//! names the thing that changed. A question, a hypothesis, a report, a joke, a plan that was given
//! up and a statement that holds for a limited time end nothing, and are not ended by a slot.

mod aspect;
mod frame;
mod history;
mod known;
mod lasting;
mod marks;
mod matching;
mod news;
mod sense;

use std::collections::BTreeMap;

pub use known::Known;
use news::News;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Shape, changes, refusals};
use crate::claim::as_first_person;
use crate::clause::clauses;
use crate::language::is_english;
use crate::lexicon::{Class, is_base_verb};
use crate::message::{Message, Role};
use crate::sentence::{Mood, Sentence, spaced};
use crate::slot::{Hold, Slot};
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
    let mended = mended(&sentences);
    for (mut sentence, is_mended) in sentences.into_iter().zip(mended) {
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
        if lasting::is_remark(&sentence) || history::is_history(&sentence, message.at) {
            continue;
        }
        let mut news = News::of(&sentence, &clauses);
        let mut is_named = false;
        let is_undone = |change: &Change| is_mended && change.target.terms().is_some();
        for change in changes(&clauses).into_iter().filter(|change| !is_undone(change)) {
            for at in named_by(&current, &change) {
                is_named = true;
                if is_move_of_work(current[at], &change) {
                    news.slots.retain(|slot| slot.attribute != "home");
                }
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

/// Returns for each sentence whether it, or the next one by a pronoun, says that what was lost is
/// back: "Pepper went missing. She's back!"
fn mended(sentences: &[Sentence]) -> Vec<bool> {
    let refers = |next: &Sentence| next.words.first().is_some_and(|it| it.is(Class::Third));
    let by_next = |at: usize| {
        sentences.get(at + 1).is_some_and(|next| refers(next) && history::is_mended(next))
    };
    let each = sentences.iter().enumerate();
    each.map(|(at, sentence)| history::is_mended(sentence) || by_next(at)).collect()
}

/// Returns the indexes of the facts that a change in words ends.
fn named_by(current: &[&Known], change: &Change) -> Vec<usize> {
    let mut found = matching::ended_by(current, change);
    let terms = change.target.terms().filter(|_| change.shape == Shape::Retraction);
    if let Some(terms) = terms {
        found.retain(|at| {
            let claim = &current[*at].claim;
            lasting::names_enough(claim, terms) || sense::is_car_of(claim, change)
        });
        if ENDED_MAX < found.len() {
            found.clear();
        }
    }
    found
}

/// Returns true for "I moved from Siemens to ABB": the move is one of work, and names no home.
fn is_move_of_work(known: &Known, change: &Change) -> bool {
    let has = |attribute: &str| known.claim.slots.iter().any(|slot| slot.attribute == attribute);
    let moves = matches!(change.verb.as_str(), "move" | "reloc" | "transfer");
    moves && change.shape == Shape::Replacement && has("employer") && !has("home")
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
    let Some(first) = words.next().filter(|word| limits(word)) else { return false };
    // "Just turned 39" neither.
    let does =
        |next: &Word| is_base_verb(&next.low) || first.low == "just" && next.low.ends_with("ed");
    words.next().is_none_or(|next| !does(next))
}

/// Compares a fact with the slots of a message. If the message names the end of something
/// (`is_named`), only slots with one value end more.
fn by_slot(known: &Known, news: &News, is_named: bool) -> Option<Ended> {
    let claim = &known.claim;
    // The rest compares slots of one attribute, and statements with a common word.
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
            if same_owner
                && replaces
                && !former.is_restated_by(slot)
                && !news.is_of_other(slot, claim)
            {
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
        && !news.is_denial
        && frame::shares_frame(claim, &news.claim);
    let shifts =
        shifts || news.is_current && !news.is_additional && frame::shares_place(claim, &news.claim);
    shifts.then(|| ended(known, Shape::Replacement, None))
}

fn ended(known: &Known, shape: Shape, attribute: Option<&str>) -> Ended {
    Ended { key: known.key().to_owned(), shape, attribute: attribute.map(str::to_owned) }
}
