//! Requests to the one who is addressed: "drop the database", "can you fix it", "let's go on".
//!
//! A request is not a fact about its author. A memory that kept it would repeat a finished order to
//! the next agent. A standing rule ("always answer in English") is a fact. A sentence with a
//! request and a statement is reduced to the statement. No tagger: a request is recognised by the
//! words that open it.

mod opening;
mod standing;
mod verbs;

use std::ops::Range;

use crate::lexicon::Class;
use crate::sentence::{Mood, Sentence};
use crate::words::Word;

/// Purpose of the words up to the next cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Statement,
    Request,
    /// Belongs to the part before it.
    More,
}

/// Returns the sentences that remain of one without its requests, in order: the sentence itself if
/// it has none. `answers` is true if it may be a short answer to a question about its author.
pub(crate) fn without_requests(text: &str, sentence: &Sentence, answers: bool) -> Vec<Sentence> {
    if matches!(sentence.mood, Mood::Question | Mood::Joke) {
        return vec![sentence.clone()];
    }
    let words = &sentence.words;
    let parts = parts(words, answers);
    if !parts.iter().any(|(_, part)| *part == Part::Request) || standing::is_standing(words) {
        return vec![sentence.clone()];
    }
    if opening::is_supposition(words) {
        return Vec::new();
    }
    let stated = parts.iter().filter(|(_, part)| *part == Part::Statement);
    let stated = stated.filter_map(|(range, _)| {
        let states = |word: &Word| {
            word.is(Class::First)
                || word.is(Class::Auxiliary)
                || word.is(Class::Verb)
                || word.is_number()
        };
        if !words[range.clone()].iter().any(states) {
            return None;
        }
        let is_last = range.end == words.len();
        let words = trimmed(&words[range.clone()]);
        let (first, last) = (words.first()?, words.last()?);
        let end = if is_last { sentence.span.end } else { last.end };
        Some(Sentence::part(text, first.start..end, words.to_vec()))
    });
    stated.collect()
}

/// Returns true if a sentence is a standing rule for the one who is addressed.
pub(crate) fn is_rule(sentence: &Sentence) -> bool {
    !matches!(sentence.mood, Mood::Question | Mood::Joke)
        && parts(&sentence.words, false).iter().any(|(_, part)| *part == Part::Request)
        && standing::is_standing(&sentence.words)
}

/// Cuts a sentence where a request or a statement begins.
fn parts(words: &[Word], answers: bool) -> Vec<(Range<usize>, Part)> {
    let mut parts: Vec<(Range<usize>, Part)> = Vec::new();
    for start in (0..words.len()).filter(|at| *at == 0 || is_cut(words, *at)) {
        let rest = &words[start..];
        let before = parts.last().map(|(_, part)| *part);
        let part = match before {
            None if !answers && opening::is_request(rest) => Part::Request,
            None if opening::is_polite(rest) && opening::is_request(rest) => Part::Request,
            None => Part::Statement,
            Some(Part::Statement) if opening::is_request_after_statement(rest) => Part::Request,
            Some(Part::Request) if opening::is_own_statement(rest) => Part::Statement,
            _ => Part::More,
        };
        match parts.last_mut() {
            Some((last, _)) if part == Part::More => last.end = words.len(),
            last => {
                if let Some((last, _)) = last {
                    last.end = start;
                }
                parts.push((start..words.len(), part));
            }
        }
    }
    parts
}

/// Returns true if another part may begin at a word.
fn is_cut(words: &[Word], at: usize) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let before = at.checked_sub(1).map_or("", low);
    if words[at].is_sign {
        return matches!(low(at), "," | ";" | ":" | "(" | "-" | "\u{2013}" | "\u{2014}");
    }
    // "I felt so welcome", "I hope so".
    let is_degree = low(at) == "so"
        && (words[at - 1].is(Class::Auxiliary)
            || matches!(
                before,
                "get" | "got" | "feel" | "felt" | "feels" | "hope" | "think" | "guess"
            ));
    if is_degree {
        return false;
    }
    matches!(low(at), "and" | "but" | "so" | "because" | "cause" | "cuz" | "since")
        || matches!(low(at), "please" | "pls" | "plz") && 0 < at && before != "so"
}

/// Returns words without the signs and conjunctions around them.
fn trimmed(words: &[Word]) -> &[Word] {
    let is_loose = |word: &&Word| {
        word.is_sign
            || matches!(
                word.low.as_str(),
                "and" | "but" | "so" | "because" | "cause" | "cuz" | "since" | "please"
            )
    };
    let first = words.iter().take_while(is_loose).count();
    let last = words.iter().rev().take_while(is_loose).count();
    words.get(first..words.len() - last.min(words.len() - first)).unwrap_or_default()
}

/// Returns true if a question of somebody else is about the listener: "What do you do?", not "What
/// can I do for you?".
pub(crate) fn asks_about_listener(question: &Sentence) -> bool {
    question.has(Class::Second) && !question.has(Class::First)
}
