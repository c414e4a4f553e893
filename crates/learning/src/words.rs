//! Words of a text: spans, lower-case forms, lemmas and classes.
//!
//! Contractions are two words ("don't" is `do` and `not`), so that negations and auxiliaries are
//! words of their own. Not here: sentences and clauses.

mod possessive;
mod word;

pub(crate) use word::Word;

use crate::lexicon;

/// Words of a sentence that are read. Later ones are ignored.
pub(crate) const WORDS_MAX: usize = 400;

/// Cuts `text` into words and signs.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 4);
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if WORDS_MAX <= words.len() {
            break;
        }
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if !c.is_alphanumeric() {
            push_sign(text, start, end, &mut words);
            continue;
        }
        while let Some((at, next)) = rest.peek().copied() {
            let after = text[at + next.len_utf8()..].chars().next();
            let joins = matches!(next, '\'' | '\u{2019}' | '-' | '.' | '@' | '_' | '/' | ':' | '+')
                && after.is_some_and(char::is_alphanumeric)
                || next == ',' && is_digit_before(text, at) && is_thousand(&text[at + 1..]);
            if !next.is_alphanumeric() && !joins {
                break;
            }
            end = at + next.len_utf8();
            rest.next();
        }
        push_word(text, start, end, &mut words);
    }
    possessive::resolve(&mut words);
    words
}

fn is_digit_before(text: &str, at: usize) -> bool {
    text[..at].ends_with(|c: char| c.is_ascii_digit())
}

/// Returns true if `rest` begins with exactly three digits, as after the comma of "1,299".
fn is_thousand(rest: &str) -> bool {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits == 3
}

fn push_sign(text: &str, start: usize, end: usize, words: &mut Vec<Word>) {
    let low = text[start..end].to_owned();
    let lemma = low.clone();
    words.push(Word { start, end, low, lemma, classes: 0, is_capital: false, is_sign: true });
}

fn push_word(text: &str, start: usize, end: usize, words: &mut Vec<Word>) {
    let raw = &text[start..end];
    let low = if raw.is_ascii() {
        raw.to_ascii_lowercase()
    } else {
        raw.to_lowercase().replace('\u{2019}', "'")
    };
    let is_capital = raw.starts_with(char::is_uppercase);
    if let Some(parts) = lexicon::contraction(&low) {
        for part in parts.split(' ') {
            push(start, end, part.to_owned(), is_capital, words);
        }
        return;
    }
    let Some((stem, suffix)) = low.rsplit_once('\'') else {
        push(start, end, low, is_capital, words);
        return;
    };
    let raw_stem = raw.rfind(['\'', '\u{2019}']).map_or(end, |at| start + at);
    let second = match suffix {
        "s" if lexicon::takes_is(stem) => "is",
        "s" => "'s",
        "m" => "am",
        "re" => "are",
        "ve" => "have",
        "ll" => "will",
        "d" => "would",
        "t" if stem.ends_with('n') => "not",
        _ => {
            push(start, end, low, is_capital, words);
            return;
        }
    };
    let stem = if second == "not" { &stem[..stem.len() - 1] } else { stem };
    push(start, raw_stem, stem.to_owned(), is_capital, words);
    push(raw_stem, end, second.to_owned(), false, words);
}

fn push(start: usize, end: usize, low: String, is_capital: bool, words: &mut Vec<Word>) {
    let (lemma, classes) = lexicon::read(&low);
    words.push(Word { start, end, low, lemma, classes, is_capital, is_sign: false });
}
