//! Clauses of a sentence: whose they are, their verb, and their marks.
//!
//! No tagger: a clause begins at a comma or conjunction if a verb follows before the next one, and
//! its owner is read from the words before its verb.

mod owner;

use std::ops::Range;

pub(crate) use owner::is_name;
use owner::owner;

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

#[derive(Debug, Clone)]
pub(crate) struct Clause<'w> {
    pub(crate) words: &'w [Word],
    pub(crate) owner: Owner,
    /// Names beside the relation of the owner: `oskar` in "my brother Oskar".
    pub(crate) aliases: Vec<String>,
    /// Index of the first verb or auxiliary; the subject is before it.
    pub(crate) head: Option<usize>,
    /// Index of the main verb.
    pub(crate) verb: Option<usize>,
    pub(crate) is_negated: bool,
    /// True if it is going to be so.
    pub(crate) is_ahead: bool,
    /// True if it was so, by the tense of `be`, `have` or a verb of state.
    pub(crate) is_past: bool,
}

impl Clause<'_> {
    pub(crate) fn has(&self, class: Class) -> bool {
        self.words.iter().any(|word| word.is(class))
    }

    pub(crate) fn low(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.low.as_str())
    }

    pub(crate) fn lemma(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.lemma.as_str())
    }

    /// Returns true if the pronoun that is this subject may stand for the owner.
    fn is_called_by(&self, subject: &[Word]) -> bool {
        let pronoun = subject.iter().rev().find(|word| !word.is_sign && !is_light(word));
        let pronoun = pronoun.map_or("", |word| word.low.as_str());
        match &self.owner {
            Owner::Named(_) => matches!(pronoun, "he" | "she"),
            Owner::Relation(it) if MALE.contains(&it.as_str()) => pronoun == "he",
            Owner::Relation(it) if FEMALE.contains(&it.as_str()) => pronoun == "she",
            Owner::Relation(it) => {
                matches!(pronoun, "he" | "she") || pronoun == "they" && it == "parent"
            }
            _ => false,
        }
    }

    pub(crate) fn subject(&self) -> &[Word] {
        &self.words[..self.head.unwrap_or(0)]
    }

    /// Returns true if the subject is `I` or `we`, or left out by the speaker.
    pub(crate) fn has_first_subject(&self) -> bool {
        let subject = self.subject();
        let is_first = |word: &Word| matches!(word.low.as_str(), "i" | "we" | "me" | "us");
        subject.iter().any(is_first)
            || subject.iter().all(|word| !word.is_content()) && self.owner == Owner::Speaker
    }

    /// Returns true for "had" and "was": a state that is over.
    pub(crate) fn is_past_state(&self) -> bool {
        self.head.is_some_and(|head| matches!(self.low(head), "had" | "was" | "were"))
    }

    /// Returns the words after the main verb.
    pub(crate) fn rest(&self) -> &[Word] {
        self.verb.map_or(self.words, |verb| &self.words[verb + 1..])
    }

    pub(crate) fn verb_lemma(&self) -> &str {
        self.verb.map_or("", |verb| self.lemma(verb))
    }
}

/// Relations that "he" stands for, and those that "she" stands for.
const MALE: &[&str] = &[
    "father",
    "brother",
    "son",
    "husband",
    "boyfriend",
    "uncle",
    "nephew",
    "grandpa",
    "grandfath",
    "grandson",
];
const FEMALE: &[&str] = &[
    "mother",
    "sister",
    "daughter",
    "wife",
    "girlfriend",
    "aunt",
    "niec",
    "grandma",
    "grandmoth",
    "granddaught",
    "gran",
    "nan",
];

/// Cuts the words of a sentence into clauses.
pub(crate) fn clauses(words: &[Word]) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    for range in ranges(words) {
        let mut clause = clause(&words[range]);
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
            | "where"
            | "yet"
            | "since"
            | "if"
            | "unless"
            | "that"
    )
}

/// Returns the first verb or auxiliary that is not a noun.
fn first_verb(words: &[Word]) -> Option<usize> {
    (0..words.len()).find(|at| is_verb(words, *at))
}

fn is_verb(words: &[Word], at: usize) -> bool {
    let word = &words[at];
    // A capital inside of a sentence is a name: "my favorite movie is Arrival".
    if word.is_capital && 0 < at && !words[at - 1].is_sign {
        return false;
    }
    if word.is(Class::Auxiliary) {
        return true;
    }
    // Any word of meaning after "I" or "they" is their verb.
    let subject = at.checked_sub(1).map_or("", |before| words[before].low.as_str());
    let after_pronoun = matches!(subject, "i" | "we" | "he" | "she" | "they");
    if after_pronoun && word.is_content() && !word.low.ends_with("ly") && !word.is_capital {
        return !word.is(Class::Time) && !word.is_number();
    }
    const VERBS: [Class; 5] =
        [Class::Verb, Class::Ending, Class::Changing, Class::Ceasing, Class::Starting];
    if !VERBS.iter().any(|class| word.is(*class)) {
        return false;
    }
    let next = words.get(at + 1);
    let of_time = Class::Time.bit() | Class::Weekday.bit() | Class::Month.bit();
    if word.low == "last" && next.is_some_and(|next| next.classes & of_time != 0) {
        return false;
    }
    // "Let us lower it" is about lowering.
    if word.low == "let" && next.is_some_and(|next| next.low == "us") {
        return false;
    }
    if word.is(Class::Transport) && word.low == word.lemma && at == 0 {
        return false;
    }
    // A noun may open a sentence: "Work moved us to Zulip".
    let opens = at == 0 && word.low == word.lemma;
    if opens && next.is_some_and(|next| is_finite(next)) {
        return false;
    }
    let before = at.checked_sub(1).map(|before| &words[before]);
    let is_noun = before.is_some_and(|before| {
        before.is(Class::Mine)
            || before.is(Class::Determiner) && !matches!(before.low.as_str(), "that" | "this")
            || before.low == "'s"
            || matches!(before.low.as_str(), "favorite" | "favourite" | "new" | "old" | "of")
            || before.is_number() && word.low.ends_with('s')
    });
    let of = next.is_some_and(|next| next.low == "of");
    // The last noun of a subject: "the launch date is".
    let in_phrase = words[at.saturating_sub(3)..at].iter().any(|it| it.is(Class::Determiner))
        && before.is_some_and(|before| before.is_content() && !before.is(Class::Time));
    // "Football training got moved."
    let gerund = word.low.ends_with("ing") && before.is_some_and(|it| it.is_content());
    let in_phrase = in_phrase || gerund && 0 < at;
    let is_last_noun = in_phrase
        && !word.low.ends_with("ed")
        && next.is_some_and(|next| {
            next.is(Class::Auxiliary) && !matches!(next.low.as_str(), "being" | "having" | "been")
                || next.low == "got"
        });
    !(is_noun || is_last_noun || of && word.low == word.lemma)
}

/// Returns true if a word is an auxiliary or a verb in the past tense.
fn is_finite(word: &Word) -> bool {
    let is_past = word.low.ends_with("ed") && (word.is(Class::Verb) || word.is(Class::Changing));
    is_past || word.is(Class::Auxiliary) && !matches!(word.low.as_str(), "be" | "being" | "having")
}

fn is_light(word: &Word) -> bool {
    word.is(Class::Conjunction)
        || word.is(Class::Greeting)
        || word.is(Class::Current)
        || word.low.ends_with("ly")
        || matches!(word.low.as_str(), "just" | "then" | "even" | "still" | "have" | "had")
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
        state || verb.low.ends_with("ed") && !has_perfect(&words[..head + 1]) || low(head) == "used"
    });
    Clause { words, owner, aliases, head, verb, is_negated, is_ahead, is_past }
}

/// Returns the index of the verb that was agreed on, if it changes something: "we decided to raise
/// the budget".
fn agreed(words: &[Word], verb: usize) -> usize {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let agrees =
        matches!(words[verb].lemma.as_str(), "agre" | "agree" | "decid" | "decide" | "vote");
    let changes = words.get(verb + 2).is_some_and(|word| word.is(Class::Changing));
    let determined =
        words.get(verb + 3).is_some_and(|it| it.is(Class::Determiner) && it.low != "another");
    if agrees && low(verb + 1) == "to" && changes && determined { verb + 2 } else { verb }
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

/// Follows auxiliaries, negations and adverbs from the first verb to the main one.
fn main_verb(words: &[Word], head: usize) -> usize {
    let mut last = head;
    let mut at = head + 1;
    let follows = words[head].is(Class::Auxiliary)
        || words[head].low == "going"
        || words[head].lemma == "end" && words.get(at).is_some_and(|it| it.low == "up")
        || words[head].lemma == "get" && words.get(at).is_some_and(|it| it.lemma != "up");
    if !follows {
        // "I've started waking up at 5" is about waking.
        let starts = matches!(words[head].lemma.as_str(), "start" | "begin");
        let does = words.get(at).is_some_and(|it| it.low.ends_with("ing") && it.is(Class::Verb));
        if starts && does {
            return at;
        }
        let used = words[head].low == "used" && words.get(at).is_some_and(|it| it.low == "to");
        return if used && at + 1 < words.len() { at + 1 } else { head };
    }
    while at < words.len() && at < head + 7 {
        let word = &words[at];
        let passes = word.is(Class::Negation)
            || word.low.ends_with("ly")
            || word.is(Class::Current)
            || word.is(Class::First) && at == head + 1
            || matches!(
                word.low.as_str(),
                "just"
                    | "also"
                    | "still"
                    | "even"
                    | "finally"
                    | "already"
                    | "only"
                    | "longer"
                    | "had"
                    | "to"
                    | "going"
                    | "got"
                    | "now"
                    | "gotten"
                    | "get"
                    | "ever"
                    | "always"
            )
            || word.low == "up" && words[at - 1].lemma == "end";
        if is_verb(words, at) {
            last = at;
            if matches!(word.lemma.as_str(), "start" | "begin") {
                return main_verb(words, at);
            }
            if !word.is(Class::Auxiliary) {
                break;
            }
        } else if !passes {
            break;
        }
        at += 1;
    }
    last
}
