//! Phone numbers and e-mail addresses.

use crate::clause::{Clause, Owner};
use crate::lexicon::Class;
use crate::slot::{Hold, Slot};
use crate::words::Word;

/// Digits of the shortest phone number.
const PHONE_DIGITS_MIN: usize = 6;

pub(super) fn read(clauses: &[Clause<'_>], slots: &mut Vec<Slot>) {
    const CUES: &[&str] = &["phone", "number", "call", "text", "mobile", "cell", "reach", "ring"];
    let cued = clauses
        .iter()
        .flat_map(|clause| clause.words)
        .any(|word| CUES.contains(&word.low.as_str()) || CUES.contains(&word.lemma.as_str()));
    for clause in clauses {
        let owner = owner(clause);
        for (at, word) in clause.words.iter().enumerate() {
            if is_address(&word.low) && !is_contrasted(clause.words, at) && !sends(clause) {
                let value = &clause.words[at..=at];
                slots.extend(Slot::of(&owner, "email", value, Hold::One));
            }
        }
        let is_cued = cued && !is_of_other_phone(clause);
        if let Some(value) = is_cued.then(|| phone(clause.words)).flatten() {
            slots.extend(Slot::of(&owner, "phone", value, Hold::One));
        }
    }
}

fn owner(clause: &Clause<'_>) -> Owner {
    match &clause.owner {
        Owner::Unknown => Owner::Speaker,
        owner => owner.clone(),
    }
}

/// Returns true if a clause is about another phone than that of its owner: "the office number is",
/// "call the plumber on".
fn is_of_other_phone(clause: &Clause<'_>) -> bool {
    // "My number used to be" is about a former one.
    if clause.is_past
        && (clause.verb_lemma() == "be" || clause.subject().iter().any(|it| it.low == "old"))
    {
        return true;
    }
    const OWN: &[&str] =
        &["phone", "mobile", "cell", "cellphone", "telephone", "number", "contact"];
    let calls =
        matches!(clause.verb_lemma(), "call" | "reach" | "ring" | "text" | "phone" | "dial");
    let object = clause.rest().first();
    if calls && object.is_some_and(|it| it.is(Class::Determiner) && !it.is(Class::Mine)) {
        return true;
    }
    let subject = clause.subject();
    // "I texted 555-0155."
    let is_own = subject.iter().any(|it| matches!(it.low.as_str(), "i" | "we"));
    let is_done = is_own && clause.head == clause.verb;
    if calls && is_done && object.is_none_or(|it| !matches!(it.low.as_str(), "me" | "us")) {
        return true;
    }
    let is_mine = subject.iter().any(|word| word.is(Class::Mine) || word.low == "'s");
    let is_the = subject.iter().any(|word| word.low == "the");
    let dated = |word: &Word| matches!(word.low.as_str(), "new" | "old" | "current" | "personal");
    let from = subject.iter().rposition(|it| it.is(Class::Mine) || it.low == "the").unwrap_or(0);
    let mut nouns =
        subject[from..].iter().filter(|it| it.is_content() && !dated(it) && !it.is(Class::Time));
    let is_other = nouns.any(|it| !OWN.contains(&it.low.as_str()) && !it.is(Class::Relation));
    clause.verb_lemma() == "be" && (is_mine || is_the) && is_other && clause.owner == Owner::Speaker
}

fn is_address(low: &str) -> bool {
    low.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// Returns true for "send the invoice to x": an address of somebody else.
fn sends(clause: &Clause<'_>) -> bool {
    let sends = matches!(clause.verb_lemma(), "send" | "forward" | "cc" | "copi" | "copy" | "bill");
    let what = clause.rest().first();
    sends && what.is_some_and(|word| word.is(Class::Determiner) && !word.is(Class::Mine))
}

/// Returns true if the value at `at` is the former one: "not x", "instead of x", "from x".
fn is_contrasted(words: &[Word], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at].low.as_str());
    matches!(before(1), "not" | "than" | "from") || before(2) == "instead" && before(1) == "of"
}

fn phone(words: &[Word]) -> Option<&[Word]> {
    let is_part = |word: &Word| {
        word.low.starts_with(|c: char| c.is_ascii_digit()) && !word.low.contains(':')
            || word.is_sign && matches!(word.low.as_str(), "+" | "(" | ")" | "-")
    };
    let mut start = 0;
    while start < words.len() {
        let length = words[start..].iter().take_while(|word| is_part(word)).count();
        let run = &words[start..start + length];
        let digits: usize =
            run.iter().map(|word| word.low.bytes().filter(u8::is_ascii_digit).count()).sum();
        let first = run.iter().position(|word| !word.is_sign || word.low == "+");
        let last = run.iter().rposition(|word| !word.is_sign);
        if let (Some(first), Some(last)) = (first, last)
            && PHONE_DIGITS_MIN <= digits
            && !is_contrasted(words, start + first)
        {
            return Some(&run[first..=last]);
        }
        start += length.max(1);
    }
    None
}
