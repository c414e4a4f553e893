//! Statements about something that lasts, and messages that name enough of them.
//!
//! In conversations most statements are remarks and events: "I took my kids to a workshop", "check
//! out this picture". They are over as they are said, so no later message ends them. And a long
//! statement shares a word with many messages without being their subject.

use crate::claim::{Claim, Term};
use crate::clause::{Clause, Owner, clauses, is_preterite};
use crate::lexicon::Class;
use crate::sentence::{Mood, Sentence, spaced};
use crate::words::Word;

/// Words of a statement for each word of it that a message names.
const WORDS_PER_NAMED: usize = 6;

/// Words of a statement that a generic noun alone names.
const GENERIC_WORDS_MAX: usize = 3;

/// Phrases of sentences that state nothing.
const REMARKS: &[&str] = &[
    " can not wait ",
    " could not wait ",
    " could not agree ",
    " can not agree ",
    " could not be happier ",
    " could not be prouder ",
    " long time no ",
    " no problem ",
    " no worries ",
    " no way ",
    " take it easy ",
    " do not forget ",
    " do not worry ",
    " do not give up ",
    " talk to you ",
    " talk soon ",
    " see you ",
    " let me know ",
    " check it out ",
    " check them out ",
    " check this out ",
    " check out ",
    " checking out ",
    " lost in ",
    " lose track ",
    " lost track ",
    " powering through ",
    " lost power ",
    " talk again ",
    " talked to you ",
    " work hard ",
    " working hard ",
    " hard work ",
    " not let go of ",
];

/// "Checked out" of a place is an end, all other checking out is looking.
const LEAVING: &[&str] = &[" checked out of ", " check out of ", " checking out of "];

/// Past forms of verbs after which a state holds: "adopted a dog", "broke my wrist".
const ENTERING: &[&str] = &[
    "got",
    "gotten",
    "bought",
    "acquired",
    "adopted",
    "joined",
    "started",
    "began",
    "begun",
    "moved",
    "relocated",
    "settled",
    "switched",
    "changed",
    "became",
    "turned",
    "signed",
    "enrolled",
    "enroled",
    "registered",
    "subscribed",
    "applied",
    "hired",
    "rented",
    "leased",
    "found",
    "landed",
    "accepted",
    "booked",
    "reserved",
    "ordered",
    "scheduled",
    "planned",
    "arranged",
    "decided",
    "resolved",
    "chose",
    "chosen",
    "picked",
    "set",
    "agreed",
    "promised",
    "committed",
    "married",
    "engaged",
    "broke",
    "broken",
    "hurt",
    "sprained",
    "injured",
    "fractured",
    "twisted",
    "tore",
    "torn",
    "strained",
    "pulled",
    "caught",
    "developed",
    "named",
    "called",
    "renamed",
    "promoted",
    "appointed",
    "assigned",
    "elected",
    "diagnosed",
    "prescribed",
    "put",
    "born",
    "opened",
    "launched",
    "founded",
    "installed",
    "configured",
    "deployed",
    "migrated",
    "inherited",
    "received",
    "quit",
    "stopped",
    "gave",
    "left",
    "dropped",
    "learned",
    "learnt",
    "taught",
    "bred",
    "lent",
    "loaned",
    "borrowed",
    "pencilled",
    "penciled",
    "planted",
    "kept",
    "used",
    "rescued",
    "fostered",
    "hosted",
];

/// Returns true if the first statement of these sentences says something that lasts.
pub(super) fn is_lasting(sentences: &[Sentence]) -> bool {
    let says = |sentence: &&Sentence| sentence.mood != Mood::Question && !is_remark(sentence);
    sentences.iter().find(says).is_some_and(|sentence| {
        let clauses = clauses(&sentence.words);
        let is_somebody = |clause: &&Clause<'_>| {
            matches!(clause.owner, Owner::Speaker | Owner::Relation(_) | Owner::Named(_))
        };
        let verbs = || clauses.iter().filter(|clause| clause.verb.is_some());
        match verbs().any(|clause| is_somebody(&clause)) {
            true => verbs().filter(is_somebody).any(|clause| !has_happened(clause)),
            false => verbs().next().is_none_or(|clause| !has_happened(clause)),
        }
    })
}

/// First words of sentences that state nothing.
const OPENINGS: &[&str] = &[
    "thanks",
    "thank",
    "congrats",
    "congratulations",
    "glad",
    "wow",
    "hope",
    "tell",
    "look",
    "sounds",
    "looks",
    "feels",
    "enjoy",
    "imagine",
    "bet",
    "same",
    "nice",
    "great",
    "awesome",
    "cool",
];

/// Returns true if a sentence only keeps a conversation going.
pub(super) fn is_remark(sentence: &Sentence) -> bool {
    let spaced = spaced(&sentence.words);
    let meaning = |word: &&Word| {
        !word.is_sign
            && !word.is(Class::Greeting)
            && !matches!(word.low.as_str(), "i" | "am" | "but")
    };
    if sentence.words.iter().find(meaning).is_some_and(|it| OPENINGS.contains(&it.low.as_str())) {
        return true;
    }
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| spaced.contains(phrase));
    has(REMARKS) && !has(LEAVING)
}

/// Returns true for a clause about an event that is over: "we went hiking last week".
fn has_happened(clause: &Clause<'_>) -> bool {
    let Some(verb) = clause.verb else { return false };
    let low = clause.low(verb);
    let head = clause.head.unwrap_or(verb);
    let before = clause.words[head..verb].iter().map(|word| word.low.as_str());
    let is_present = before.clone().any(|it| !matches!(it, "was" | "were" | "had" | "did" | "not"))
        && before.clone().any(|it| {
            matches!(
                it,
                "am" | "is"
                    | "are"
                    | "have"
                    | "has"
                    | "will"
                    | "can"
                    | "must"
                    | "should"
                    | "do"
                    | "does"
                    | "may"
            )
        });
    let is_past = is_preterite(low)
        || matches!(low, "was" | "were" | "had" | "did")
        || low.ends_with("ed") && 3 < low.len();
    let was = before.clone().any(|it| matches!(it, "was" | "were" | "had" | "did"));
    let enters = clause.words[verb].is(Class::Changing) || clause.words[verb].is(Class::Starting);
    // "Went vegan", but not "went to the museum".
    let next = clause.words.get(verb + 1);
    let becomes = low == "went"
        && next.is_some_and(|it| {
            it.is_content() && !it.low.ends_with("ing") || matches!(it.low.as_str(), "up" | "down")
        });
    let is_entered = matches!(low, "was" | "were") && next.is_some_and(|it| is_entering(&it.low));
    let enters = enters || becomes || is_entered || is_entering(low);
    !is_present && (is_past || was) && !enters
}

/// Lemmas of verbs and adjectives that name nothing.
const LIGHT: &[&str] = &[
    "get", "go", "make", "take", "come", "feel", "look", "want", "need", "like", "love", "see",
    "know", "think", "find", "let", "keep", "try", "start", "really", "great", "good", "cool",
    "amaz", "awesom", "special", "hard", "fun", "nice", "new", "much", "lot",
];

fn is_entering(low: &str) -> bool {
    ENTERING.contains(&low)
}

/// Returns true if these terms name enough of a statement.
pub(super) fn names_enough(claim: &Claim, terms: &[Term]) -> bool {
    let (mut all, mut named, mut generic) = (0, 0, 0);
    for term in claim.terms.iter().filter(|term| !is_time(term)) {
        let is_named =
            terms.iter().any(|it| it.lemma == term.lemma) && !LIGHT.contains(&term.lemma.as_str());
        all += usize::from(!term.is_generic);
        named += usize::from(is_named && !term.is_generic);
        generic += usize::from(is_named && term.is_generic);
    }
    match (named, generic) {
        (0, 0) => false,
        // A generic noun alone names a short statement: "the project is called Heron".
        (0, _) => all <= GENERIC_WORDS_MAX,
        _ => all <= WORDS_PER_NAMED * named,
    }
}

pub(super) fn is_time(term: &Term) -> bool {
    let time = Class::Time.bit() | Class::Weekday.bit() | Class::Month.bit() | Class::Number.bit();
    term.classes & time != 0
}
