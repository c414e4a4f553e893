//! Clauses of a sentence: whose they are, their verb, and their marks.
//!
//! No tagger: a clause begins at a comma or conjunction if a verb follows before the next one, and
//! its owner is read from the words before its verb.

mod owner;
mod parts;
mod relative;
mod verb;

use std::ops::Range;

use owner::owner;
pub(crate) use owner::{Owner, is_name};
pub(crate) use parts::Clause;
use parts::is_light;
pub(crate) use verb::is_preterite;
use verb::{agreed, first_verb, main_verb};

use crate::lexicon::Class;
use crate::words::Word;

/// Cuts the words of a sentence into clauses.
pub(crate) fn clauses(words: &[Word]) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    for range in ranges(words) {
        let said = &words[..range.start];
        let mut clause = clause(&words[range]);
        clause.is_negated ^= clauses.last().is_some_and(|it| denies(it, &clause));
        if let Some((owner, aliases)) = relative::owner(said, clauses.last(), &clause) {
            (clause.owner, clause.aliases) = (owner, aliases);
            clauses.push(clause);
            continue;
        }
        // A clause without a subject has that of the clause before it.
        let continues = clause.subject().iter().all(|word| word.is_sign || is_light(word));
        if let Some(before) = clauses.last().filter(|_| continues && clause.head.is_some()) {
            clause.owner = before.owner.clone();
            clause.aliases = before.aliases.clone();
        }
        // "Sven gave up fishing, he's a cook now."
        if let Some(before) = clauses.last().filter(|it| it.is_called_by(clause.subject())) {
            clause.owner = before.owner.clone();
            clause.aliases = before.aliases.clone();
        }
        clauses.push(clause);
    }
    clauses
}

/// Returns true if a clause denies the one after it: "it's not true that", "I never said".
fn denies(clause: &Clause<'_>, next: &Clause<'_>) -> bool {
    const CLAIMS: &[&str] = &[
        "true", "said", "say", "told", "claimed", "think", "believe", "case", "correct", "mean",
        "meant",
    ];
    const FALSE: &[&str] =
        &["false", "untrue", "lie", "myth", "rumour", "rumor", "wrong", "nonsense"];
    let last = clause.words.iter().rev().find(|word| !word.is_sign);
    let low = last.map_or("", |word| word.low.as_str());
    // "I can't believe that I live here" marvels.
    let marvels = clause.words.iter().any(|it| matches!(it.low.as_str(), "can" | "could"));
    let follows = next.low(0) == "that" || !marvels && CLAIMS.contains(&low) && clause.is_negated;
    let claims = !marvels && clause.words.iter().any(|word| CLAIMS.contains(&word.low.as_str()));
    let is_false = clause.verb_lemma() == "be" && FALSE.contains(&low);
    let is_doubt = matches!(clause.verb_lemma(), "doubt" | "deny" | "deni");
    follows && (clause.is_negated && claims || !clause.is_negated && (is_false || is_doubt))
}

fn ranges(words: &[Word]) -> Vec<Range<usize>> {
    let mut cuts: Vec<usize> = vec![0];
    for at in 1..words.len() {
        if is_boundary(words, at) {
            cuts.push(at);
        }
    }
    cuts.push(words.len());
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    for pair in cuts.windows(2) {
        let start = open.unwrap_or(pair[0]);
        let segment = start..pair[1];
        let has_verb = first_verb(&words[pair[0]..pair[1]]).is_some();
        if has_verb {
            ranges.push(segment);
            open = None;
        } else if pair[1] == words.len() || open.is_none() && may_belong_before(words, pair[0]) {
            match ranges.last_mut() {
                Some(last) => last.end = pair[1],
                None => ranges.push(segment),
            }
            open = None;
        } else {
            open = Some(start);
        }
    }
    ranges
}

/// Returns true if a segment without a verb belongs to the clause before it, as a part of a list.
fn may_belong_before(words: &[Word], start: usize) -> bool {
    0 < start && !matches!(words[start].low.as_str(), "and" | "so" | "but")
}

fn is_boundary(words: &[Word], at: usize) -> bool {
    let word = &words[at];
    if word.is_sign {
        return matches!(word.low.as_str(), "," | ";" | ":" | "(" | ")" | "-")
            || matches!(word.low.as_str(), "\u{2013}" | "\u{2014}");
    }
    let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at].low.as_str());
    // The clause that is thought or said: "I think teal is", "the doctor says I have".
    let thinks = before(2) == "i"
        && matches!(
            before(1),
            "think" | "thinks" | "believe" | "believes" | "guess" | "guesses" | "suppose"
        );
    let says = matches!(before(1), "says" | "said" | "confirmed") || before(2) == "turns";
    if thinks || says && (word.is(Class::First) || word.is(Class::Determiner)) {
        return !matches!(word.low.as_str(), "of" | "about");
    }
    let next = words.get(at + 1).map_or("", |word| word.low.as_str());
    // "That's why I live here."
    if word.low == "why" && before(1) == "is" {
        return true;
    }
    if matches!(word.low.as_str(), "after" | "before") && next.ends_with("ing") {
        return true;
    }
    matches!(
        word.low.as_str(),
        "and"
            | "but"
            | "so"
            | "because"
            | "although"
            | "though"
            | "while"
            | "when"
            | "whereas"
            | "which"
            | "who"
            | "whose"
            | "where"
            | "yet"
            | "since"
            | "if"
            | "unless"
            | "that"
    )
}

fn clause(words: &[Word]) -> Clause<'_> {
    let head = first_verb(words);
    let verb = head.map(|head| main_verb(words, head));
    let verb = verb.map(|verb| agreed(words, verb));
    let (mut owner, aliases) = owner(&words[..head.unwrap_or(0)], words);
    if owner != Owner::Speaker && verb.is_some_and(|verb| is_done_to_speaker(words, verb)) {
        owner = Owner::Speaker;
    }
    // "They let mum go home" is about her.
    let object = verb.and_then(|verb| words[verb + 1..].iter().find(|word| !word.is(Class::Mine)));
    if let Some(object) = object.filter(|it| owner == Owner::Unknown && it.is(Class::Relation)) {
        owner = Owner::Relation(object.lemma.clone());
    }
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let near = |at: usize| at.saturating_sub(3)..(at + 3).min(words.len());
    let is_negated = head.is_some_and(|head| {
        (near(head).start..=verb.unwrap_or(head)).any(|at| matches!(low(at), "not" | "never"))
            || low(verb.unwrap_or(head) + 1) == "not"
    });
    let is_ahead = head.is_some_and(|head| {
        matches!(low(head), "will" | "shall" | "must" | "should" | "can" | "could")
            || verb.is_some_and(|verb| {
                low(verb.saturating_sub(1)) == "to" && low(verb.saturating_sub(2)) == "going"
            })
    });
    let is_past = head.is_some_and(|head| {
        let state = matches!(low(head), "was" | "were" | "had" | "did");
        let starts = matches!(words[head].lemma.as_str(), "start" | "begin") && verb != Some(head);
        if starts {
            return false;
        }
        let verb = &words[verb.unwrap_or(head)];
        let is_irregular = is_preterite(&words[head].low) && words[head].low != "made";
        state
            || is_irregular
            || verb.low.ends_with("ed") && !has_perfect(&words[..head + 1])
            || low(head) == "used"
    });
    Clause { words, owner, aliases, head, verb, is_negated, is_ahead, is_past }
}

/// Returns true if somebody does it to the speaker or to a thing of theirs: "they put me on X",
/// "they extended the deadline".
fn is_done_to_speaker(words: &[Word], verb: usize) -> bool {
    let next = words.get(verb + 1).map_or("", |word| word.low.as_str());
    let by_them = words[..verb].iter().any(|word| word.low == "they");
    matches!(next, "me" | "us")
        || by_them && matches!(next, "my" | "our")
        || by_them && next == "the" && words[verb].is(Class::Changing)
}

fn has_perfect(words: &[Word]) -> bool {
    words.iter().any(|word| matches!(word.low.as_str(), "have" | "has" | "am" | "is" | "are"))
}
