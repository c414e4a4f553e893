//! The words that open a request.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::verbs::{AGENTS, FINITE, GIVING, LOOSE, ORDERS, OWN, PAST_ALIKE, POLITE};
use crate::clause::is_preterite;
use crate::lexicon::{Class, is_base_verb};
use crate::sentence::spaced;
use crate::words::Word;

/// Returns the words without greetings, connectives and the name of the one who is addressed.
pub(super) fn opened(words: &[Word]) -> &[Word] {
    let mut at = 0;
    loop {
        let rest = &words[at..];
        let Some(word) = rest.first() else { return rest };
        let next = rest.get(1);
        let low = word.low.as_str();
        let next_low = next.map_or("", |word| word.low.as_str());
        if matches!((low, next_low), ("never", "mind") | ("once", "more")) {
            at += 2;
        } else if word.is_sign || is_loose(low, next) {
            at += 1;
        } else if is_name(word) && next_low == "," {
            at += 2;
        } else {
            return rest;
        }
    }
}

/// Returns true for a connective, a courtesy, the name of an agent, and a heading before a sign:
/// "next task: fix it".
fn is_loose(low: &str, next: Option<&Word>) -> bool {
    match low {
        "wait" | "task" | "todo" | "step" | "question" => !matters(next),
        _ => [LOOSE, POLITE, AGENTS].iter().any(|list| list.contains(&low)),
    }
}

/// Returns true if a word goes on with a clause.
fn matters(word: Option<&Word>) -> bool {
    word.is_some_and(|word| !word.is_sign && !LOOSE.contains(&word.low.as_str()))
}

/// Returns true for a word that may be the name of the one who is addressed.
fn is_name(word: &Word) -> bool {
    word.is_capital && !word.is(Class::First) && !word.is(Class::Time) && !word.is(Class::Weekday)
}

/// Returns true if the words before the verb have a "please".
pub(super) fn is_polite(words: &[Word]) -> bool {
    let before = words.len() - opened(words).len();
    words[..before].iter().any(|word| POLITE.contains(&word.low.as_str()))
}

/// Returns true if words open with a request.
pub(super) fn is_request(words: &[Word]) -> bool {
    let rest = opened(words);
    let part = part(rest);
    let low = |at: usize| part.get(at).map_or("", |word| word.low.as_str());
    if is_notice(part) || part.is_empty() {
        return part.is_empty() && is_bare(words);
    }
    if is_decision(part) {
        return false;
    }
    let polite = is_polite(words) || ends_politely(rest);
    if is_let(part) || is_asked_of_you(part) || is_wanted_of_you(part) || is_go_on(part) {
        return true;
    }
    // "If it fails, try again", "when you are done, tell me", "for all new files, add a header".
    let is_preface = matches!(
        low(0),
        "if" | "when" | "whenever" | "once" | "unless" | "before" | "after" | "while" | "until"
    ) || matches!(
        low(0),
        "every" | "each" | "for" | "in" | "by" | "from" | "as" | "to" | "with"
    );
    if is_preface {
        let main = rest.iter().enumerate().skip(1).find(|(at, word)| {
            matches!(word.low.as_str(), "," | "-" | ":") && !opened(&rest[at + 1..]).is_empty()
        });
        if let Some((at, _)) = main {
            return is_request(&rest[at + 1..]);
        }
        // "from now on answer in German"
        let base = part.iter().skip(1).take(6).position(|word| low_order(&word.low));
        return matches!(low(0), "from" | "in" | "by" | "as")
            && base.is_some_and(|at| {
                let opens = &part[at + 1..];
                is_time_phrase(&part[..at + 1]) && is_imperative(opens, polite)
            });
    }
    is_imperative(part, polite) || polite && !is_subject(part) && !part.iter().any(is_finite)
}

fn is_time_phrase(words: &[Word]) -> bool {
    let spaced = spaced(words);
    [" now on ", " here on ", " future ", " default ", " a rule ", " today on "]
        .iter()
        .any(|it| spaced.ends_with(it))
}

/// Returns true if nothing but a word of going on is left: "again", "now", "next".
fn is_bare(words: &[Word]) -> bool {
    words.iter().any(|it| matches!(it.low.as_str(), "again" | "next" | "please"))
}

/// Returns the words up to the next sign that separates clauses.
fn part(words: &[Word]) -> &[Word] {
    let ends = |word: &Word| matches!(word.low.as_str(), "," | ";" | ":" | "." | "!" | "(");
    let end = words.iter().position(|word| word.is_sign && ends(word));
    &words[..end.unwrap_or(words.len())]
}

fn ends_politely(words: &[Word]) -> bool {
    let last = words.iter().rev().find(|word| !word.is_sign);
    last.is_some_and(|word| POLITE.contains(&word.low.as_str()))
}

/// Returns true if the request is only to take notice of a statement: "note that I moved".
fn is_notice(words: &[Word]) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let mut at = 0;
    if low(0) == "do" && low(1) == "not" {
        at = 2;
    }
    if matches!((low(at), low(at + 1)), ("let", "me")) {
        return matches!(low(at + 2), "tell" | "say" | "explain" | "add" | "clarify" | "introduce")
            && low(at + 3) != "about";
    }
    let wants =
        matches!(low(at + 1), "want" | "need") && low(at + 2) == "you" && low(at + 3) == "to";
    if wants {
        at += 4;
    }
    // "Forget the last thing", beside "don't forget the party is on Sunday".
    if at == 0 && low(0) == "forget" && matches!(low(1), "the" | "it" | "that" | "what" | "this") {
        return false;
    }
    let notes = match low(at) {
        "note" | "remember" | "forget" | "know" | "fyi" | "record" | "memorize" | "memorise" => 1,
        "keep" | "bear" if low(at + 1) == "in" && low(at + 2) == "mind" => 3,
        "be" if low(at + 1) == "aware" => 2,
        "take" if matches!(low(at + 1), "note") => 2,
        "write" | "save" | "store" if matches!(low(at + 1), "this" | "down") => 2,
        "update" if matches!(low(at + 1), "on" | "from") => 0,
        "guess" if matches!(low(at + 1), "what" | "who" | "where") => 2,
        "update" | "reminder" | "correction" if words.len() == 1 => 1,
        _ => return false,
    };
    !matches!(low(at + notes), "to" | "about")
}

/// Returns true for "let us" with a new value, which is a decision: "let's lower the budget to
/// 1500".
fn is_decision(words: &[Word]) -> bool {
    let changes = words.get(2).is_some_and(|verb| verb.is(Class::Changing));
    let to = words.iter().rposition(|word| word.low == "to");
    let value = to.and_then(|to| words.get(to + 1));
    let is_value =
        |word: &Word| word.is_number() || word.is(Class::Weekday) || word.is(Class::Month);
    words[0].low == "let"
        && words.len() > 3
        && words[1].low == "us"
        && changes
        && value.is_some_and(is_value)
}

/// Returns true for "let us", "let me see".
fn is_let(words: &[Word]) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    low(0) == "lets" || low(0) == "let" && matches!(low(1), "us" | "me")
}

/// Returns true for "can you", "you should", "would you mind".
fn is_asked_of_you(words: &[Word]) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let is_you = |at: usize| matches!(low(at), "you" | "u" | "ya");
    let asks = matches!(low(0), "can" | "could" | "would" | "will" | "cn" | "coud") && is_you(1);
    let tells = is_you(0)
        && (matches!(low(1), "should" | "must" | "shall")
            || matches!((low(1), low(2)), ("need" | "have", "to")))
        && !matches!(low(2), "know" | "have");
    asks || tells
}

/// Returns true for "I want you to", "I need you to", "it would be great if you could".
fn is_wanted_of_you(words: &[Word]) -> bool {
    let spaced = spaced(&words[..words.len().min(12)]);
    let is_own = words.first().is_some_and(|word| matches!(word.low.as_str(), "i" | "we" | "it"));
    let wants =
        [" want ", " need ", " would like ", " would love ", " expect ", " appreciate it if "];
    let wanted = wants.iter().any(|verb| {
        spaced.find(verb).is_some_and(|at| {
            let rest = &spaced[at + verb.len()..];
            rest.starts_with("you to ")
                || rest.starts_with("u to ")
                || rest.starts_with("for you to ")
                || rest.starts_with("your help ")
                || verb.ends_with("if ") && rest.starts_with("you ")
        })
    });
    let could = spaced.contains(" if you could ") || spaced.contains(" if u could ");
    is_own && (wanted || could)
}

/// Returns true for orders without an object: "go ahead", "try again", "same for the other".
fn is_go_on(words: &[Word]) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let same = low(0) == "same" || low(0) == "the" && low(1) == "same";
    let verbless = !words.iter().any(is_finite);
    match (low(0), low(1)) {
        ("go", "ahead" | "on" | "for") | ("carry", "on") | ("keep", "going") | ("try", "again") => {
            true
        }
        ("proceed" | "continue" | "resume", _) => true,
        ("the" | "that" | "this", _) if words.len() < 5 => {
            words.last().is_some_and(|word| word.low == "one") && verbless
        }
        _ => same && verbless && low(1) != "here",
    }
}

/// Returns true if a statement follows a request: its subject is the author or theirs.
pub(super) fn is_own_statement(words: &[Word]) -> bool {
    let rest = opened(words);
    let rest = match rest.first() {
        Some(word) if matches!(word.low.as_str(), "because" | "cause" | "cuz" | "since") => {
            &rest[1..]
        }
        _ => rest,
    };
    if is_notice(part(rest)) {
        return true;
    }
    let low = |at: usize| rest.get(at).map_or("", |word| word.low.as_str());
    let is_own = matches!(low(0), "i" | "we" | "my" | "our");
    // "So that I can read it" is the purpose of the request.
    let is_purpose = matches!(low(0), "i" | "we")
        && (matches!(low(1), "can" | "could") || is_wanted_of_you(part(rest)));
    let after_and = words.first().is_some_and(|word| matches!(word.low.as_str(), "and" | "but"));
    let is_object =
        after_and && matches!(low(0), "my" | "our") && !part(rest).iter().any(is_finite);
    let clause = part(rest);
    let does = low(0) == "i"
        || low(0) == "we"
        || clause.iter().any(|word| {
            is_finite(word)
                || word.is(Class::Auxiliary)
                || FINITE.contains(&word.low.as_str())
                || word.is(Class::Verb) && word.low.ends_with('s') && word.low != word.lemma
        });
    is_own && does && !is_purpose && !is_object && 1 < clause.len()
}

/// Returns true if a request follows a statement. A verb alone may be one of a list ("I want to
/// sell the house, buy a boat and sail"), so that it needs a word of courtesy, "so", or "me".
pub(super) fn is_request_after_statement(words: &[Word]) -> bool {
    let rest = opened(words);
    let part = part(rest);
    if is_notice(part) || part.is_empty() {
        return false;
    }
    let is_so = words.first().is_some_and(|word| word.low == "so")
        && !part.get(1).is_some_and(|next| next.is(Class::Preposition));
    // "Find me a gym", beside "my friends motivate me and give me strength".
    let is_and = words.first().is_some_and(|word| word.low == "and");
    let for_me = part.get(1).is_some_and(|word| matches!(word.low.as_str(), "me" | "us"))
        && part.first().is_some_and(|verb| GIVING.contains(&verb.low.as_str()))
        && !is_and;
    let polite = is_polite(words) && !is_subject(part);
    let next = is_imperative(part, false);
    (is_let(part) || is_asked_of_you(part) || is_wanted_of_you(part))
        || polite && (next || low_order(&part[0].low))
        || (is_so || for_me) && next
}

/// Returns true if what follows is only supposed: "imagine I live in Oslo".
pub(super) fn is_supposition(words: &[Word]) -> bool {
    const SUPPOSING: &[&str] =
        &["imagine", "suppose", "assume", "pretend", "act", "say", "roleplay", "hypothetically"];
    opened(words).first().is_some_and(|word| SUPPOSING.contains(&word.low.as_str()))
}

fn is_subject(words: &[Word]) -> bool {
    words.first().is_some_and(|word| {
        matches!(
            word.low.as_str(),
            "i" | "we" | "my" | "our" | "he" | "she" | "they" | "it" | "there"
        )
    })
}

fn is_finite(word: &Word) -> bool {
    word.is(Class::Auxiliary) && !matches!(word.low.as_str(), "be" | "being" | "having" | "do")
}

/// Returns true if words open with the base form of a verb that is an order.
fn is_imperative(words: &[Word], polite: bool) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    if low(0) == "do" && matches!(low(1), "it" | "the" | "that" | "this" | "so" | "both" | "all") {
        return true;
    }
    let (words, denied) = match (low(0), low(1)) {
        ("do", "not") => (&words[2..], true),
        ("always" | "never" | "only" | "better" | "do" | "simply" | "quickly", _) => {
            (&words[1..], low(0) == "never")
        }
        ("not", _) => (&words[1..], true),
        _ => (words, false),
    };
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let Some(first) = words.first().filter(|word| !word.is_sign) else { return false };
    let first_low = first.low.as_str();
    let for_me = words.iter().take(4).skip(1).any(|word| matches!(word.low.as_str(), "me" | "us"));
    if first_low == "ever" {
        return is_imperative(&words[1..], polite);
    }
    if first_low == "make" && low(1) == "sure" || first_low == "remember" && low(1) == "to" {
        return true;
    }
    if !low_order(first_low) {
        return is_own(first_low) && (polite || is_order_of_own(words, for_me))
            || is_mistyped(first, words.get(1));
    }
    if denied && is_own(first_low) {
        return polite;
    }
    if is_own(first_low) && !polite && !is_order_of_own(words, for_me) {
        return false;
    }
    if PAST_ALIKE.contains(&first_low) && is_past(words) {
        return false;
    }
    if matches!(
        (first_low, low(1)),
        ("look", "forward") | ("see", "you" | "ya") | ("help", "out") | ("come", "from")
    ) {
        return false;
    }
    let is_habit = !polite && is_habit(words) && !for_me && !first_low.starts_with("remind");
    !(is_noun(words) || is_habit && matches!(first_low, "run" | "walk" | "read" | "go" | "take"))
}

/// Returns true for a verb of a note about oneself that is an order here: "play me a song", "work
/// on the parser", "speak like a pirate".
fn is_order_of_own(words: &[Word], for_me: bool) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    match low(0) {
        "have" => matches!((low(1), low(2)), ("a", "look" | "go")),
        "work" => matches!(low(1), "on" | "out" | "through") && low(2) != "weekends",
        "play" => matches!(low(1), "some" | "it") || for_me,
        "think" => matches!(low(1), "about" | "through" | "step" | "harder" | "again"),
        "come" => matches!((low(1), low(2)), ("up", "with") | ("back", _)),
        "cook" | "lead" | "teach" | "sing" | "know" | "like" | "love" | "hate" | "want"
        | "need" => for_me && matches!(low(0), "cook" | "teach" | "sing"),
        "learn" => matches!(low(1), "from" | "this"),
        "collect" | "study" => matches!(low(1), "the" | "all" | "this" | "these"),
        _ => false,
    }
}

/// Returns true if the first word is the noun of a subject: "Run club is on Tuesday".
fn is_noun(words: &[Word]) -> bool {
    for (at, word) in words.iter().enumerate().skip(1).take(4) {
        let next = words.get(at + 1);
        let is_end = next.is_none_or(|next| {
            next.is_sign || !next.is_content() || next.is(Class::Time) || next.is(Class::Weekday)
        });
        let low = word.low.as_str();
        if is_finite(word) || is_preterite(low) {
            return true;
        }
        if low.ends_with("ed") && word.is(Class::Verb) && is_end {
            return true;
        }
        let is_verb = FINITE.contains(&low) && (1 < at || low.ends_with('s'));
        let after_plural = low.ends_with('s') || words[at - 1].low.ends_with('s');
        if is_verb && after_plural && !words[at - 1].is(Class::Determiner) {
            return true;
        }
        // "Fix for the login bug is deployed."
        if at == 1 && low == "of" {
            return true;
        }
        if at == 1 && matches!(low, "for" | "from" | "to") {
            let object = words[2..].iter().take_while(|it| !it.is(Class::Conjunction));
            return object.take_while(|it| !it.is(Class::Asking)).any(is_finite);
        }
        // "Exercise clears the mind."
        let is_object = next.is_some_and(|next| {
            next.is(Class::Determiner) || matches!(next.low.as_str(), "me" | "us" | "it" | "my")
        });
        if at == 1
            && low.ends_with('s')
            && !low.ends_with("ss")
            && !word.is(Class::Closed)
            && is_object
            && !GIVING.contains(&words[0].low.as_str())
        {
            return true;
        }
        let stops = word.is(Class::Determiner)
            || word.is(Class::First)
            || word.is(Class::Second)
            || word.is(Class::Third)
            || word.is(Class::Preposition)
            || word.is(Class::Conjunction)
            || word.is_sign;
        if stops {
            return false;
        }
    }
    false
}

/// Returns true if a word of time says that it was done.
fn is_past(words: &[Word]) -> bool {
    let spaced = spaced(words);
    let times =
        [" yesterday ", " ago ", " last ", " this morning ", " recently ", " once ", " already "];
    times.iter().any(|time| spaced.contains(time))
        || words[0].low == "quit"
        || matches!(words[0].low.as_str(), "cut" | "hit" | "hurt")
            && words[1..].iter().any(|word| word.is(Class::Mine))
}

/// Returns true if a word of time says that it is a habit.
fn is_habit(words: &[Word]) -> bool {
    let spaced = spaced(words);
    let habits =
        [" every ", " on weekends ", " these days ", " daily ", " usually ", " a week ", " a day "];
    habits.iter().any(|habit| spaced.contains(habit))
        || words.iter().any(|word| word.is(Class::Weekday) && word.low.ends_with("days"))
}

fn low_order(low: &str) -> bool {
    low != "last" && is_base_verb(low) || table().0.contains(low)
}

fn is_own(low: &str) -> bool {
    table().1.contains(low)
}

fn table() -> &'static (HashSet<&'static str>, HashSet<&'static str>) {
    static TABLE: OnceLock<(HashSet<&str>, HashSet<&str>)> = OnceLock::new();
    TABLE.get_or_init(|| (ORDERS.split_whitespace().collect(), OWN.split_whitespace().collect()))
}

/// Returns true for an unknown word that is an order with one error of typing, before an object.
fn is_mistyped(word: &Word, next: Option<&Word>) -> bool {
    let has_object = next.is_some_and(|next| {
        next.is(Class::Determiner) || matches!(next.low.as_str(), "it" | "me" | "us" | "them")
    });
    let is_unknown = word.classes == 0 && 4 <= word.low.len() && word.low.is_ascii();
    is_unknown && has_object && table().0.iter().any(|order| is_near(&word.low, order))
}

/// Returns true if one letter was left out, added, replaced or exchanged with the next.
fn is_near(word: &str, order: &str) -> bool {
    let (a, b) = (word.as_bytes(), order.as_bytes());
    if b.len() < 4 || 1 < a.len().abs_diff(b.len()) {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => a == &b[1..],
        std::cmp::Ordering::Greater => &a[1..] == b,
        std::cmp::Ordering::Equal if a.is_empty() => false,
        std::cmp::Ordering::Equal => {
            a[1..] == b[1..] || 1 < a.len() && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
        }
    }
}
