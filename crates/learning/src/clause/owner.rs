//! The owner of a clause, read from the words before its verb.

use crate::lexicon::Class;
use crate::words::Word;

/// The one whose state a clause states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The speaker, or the group and project of the speaker.
    Speaker,
    /// A person or animal of the speaker by its relation, in its base form: `sister`.
    Relation(String),
    /// Somebody or something by name, as a lemma.
    Named(String),
    /// Somebody or something else by its noun.
    Other(String),
    /// A pronoun; nothing follows for anybody.
    Unknown,
}

/// Reads the owner from the subject of a clause.
pub(super) fn owner(subject: &[Word], whole: &[Word]) -> (Owner, Vec<String>) {
    let low = |at: usize| subject.get(at).map_or("", |word| word.low.as_str());
    if let Some(at) = relation(subject) {
        let is_mine = subject[..at].iter().any(|word| word.is(Class::Mine));
        let of_other = subject[..at].iter().any(|word| word.low == "'s") && !is_mine;
        let has_part = low(at + 1) == "'s";
        let self_too = subject[at..].iter().any(|word| matches!(word.low.as_str(), "i" | "me"));
        if !of_other && !self_too {
            if at.checked_sub(1).is_some_and(|before| low(before) == "other") {
                return (Owner::Other(subject[at].lemma.clone()), Vec::new());
            }
            let names = subject[at + 1..].iter().filter(|word| is_name(word) && !has_part);
            let aliases = names.map(|word| word.lemma.clone()).collect();
            return (Owner::Relation(qualified(subject, at)), aliases);
        }
    }
    if let Some(owner) = worker(subject) {
        return (owner, Vec::new());
    }
    // "Everyone around me" is not the speaker.
    let is_object = |at: usize| {
        let before = at.checked_sub(1).map(|before| &subject[before]);
        before.is_some_and(|word| word.is(Class::Preposition) && word.low != "for")
            && !subject[at].is(Class::Mine)
    };
    if (0..subject.len()).any(|at| subject[at].is(Class::First) && !is_object(at)) {
        return (Owner::Speaker, Vec::new());
    }
    if let Some(at) = subject.iter().position(|word| word.low == "'s") {
        let of = at.checked_sub(1).map_or("", low);
        let is_work = at.checked_sub(1).is_some_and(|of| subject[of].is(Class::Work));
        let owner = if is_work { Owner::Speaker } else { Owner::Other(of.to_owned()) };
        return (owner, Vec::new());
    }
    if subject.iter().any(|word| word.is(Class::Second)) {
        return (Owner::Unknown, Vec::new());
    }
    let pronoun = subject.iter().find(|word| word.is(Class::Third) && !word.is(Class::Determiner));
    if let Some(pronoun) = pronoun {
        let is_thing = matches!(pronoun.low.as_str(), "it" | "there" | "here");
        let owner = if is_thing { Owner::Speaker } else { Owner::Unknown };
        return (owner, Vec::new());
    }
    let meaning =
        |word: &&Word| !word.is_sign && !word.is(Class::Closed) && !word.is(Class::Greeting);
    let first = subject.iter().position(|word| meaning(&word));
    let Some(at) = first.filter(|_| !whole.is_empty()) else { return (Owner::Speaker, Vec::new()) };
    if is_name(&subject[at]) && !subject[at].is(Class::Work) {
        let last = subject[at..].iter().take_while(|word| is_name(word) || word.low == ".").last();
        let last = last.unwrap_or(&subject[at]).lemma.clone();
        return (Owner::Named(subject[at].lemma.clone()), vec![last]);
    }
    let determined = at.checked_sub(1).map_or("", low);
    if matches!(determined, "the" | "this" | "that" | "these" | "those") || subject.len() < 2 {
        return (Owner::Speaker, Vec::new());
    }
    if matches!(determined, "a" | "an" | "some" | "many" | "most") {
        return (Owner::Other(subject[at].lemma.clone()), Vec::new());
    }
    (Owner::Speaker, Vec::new())
}

/// Returns a relation with the word that tells it from others of its sort: "younger daughter".
fn qualified(subject: &[Word], at: usize) -> String {
    const ORDERS: &[&str] = &[
        "younger", "older", "youngest", "oldest", "eldest", "elder", "middle", "second", "third",
        "other",
    ];
    let before = at.checked_sub(1).map_or("", |before| subject[before].low.as_str());
    match ORDERS.contains(&before) {
        true => format!("{before} {}", subject[at].lemma),
        false => subject[at].lemma.clone(),
    }
}

/// Returns the index of the relation that a subject names. A relation before another noun only
/// narrows it: "the client contact".
fn relation(subject: &[Word]) -> Option<usize> {
    let is_head = |at: &usize| {
        let next = subject.get(at + 1);
        next.is_none_or(|next| !next.is_content() || next.is_capital || next.is(Class::Time))
    };
    (0..subject.len()).filter(|at| subject[*at].is(Class::Relation)).find(is_head)
}

/// Returns the person of an occupation with the speaker: "our captain".
fn worker(subject: &[Word]) -> Option<Owner> {
    let [.., before, last] = subject else { return None };
    let tool = matches!(last.low.as_str(), "editor" | "driver" | "controller" | "model" | "cook");
    let is_person = last.is(Class::Occupation) && !last.is(Class::Work) && !tool;
    let mine = before.is(Class::Mine) || before.low == "new";
    let owned = subject.iter().any(|word| word.is(Class::Mine));
    (is_person && mine && owned).then(|| Owner::Relation(last.lemma.clone()))
}

/// Returns true if a word is written like a name and has no other known meaning.
pub(crate) fn is_name(word: &Word) -> bool {
    const KNOWN: [Class; 7] = [
        Class::Closed,
        Class::Greeting,
        Class::Weekday,
        Class::Month,
        Class::Time,
        Class::Praise,
        Class::Hypothesis,
    ];
    // A capitalised gerund opens a sentence.
    let is_gerund = word.low.ends_with("ing") && 5 < word.low.len();
    word.is_capital && !is_gerund && !KNOWN.iter().any(|class| word.is(*class)) && !word.is_number()
}
