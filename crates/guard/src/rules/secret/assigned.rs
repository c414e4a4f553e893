//! Values with the name of a secret: `API_KEY=..`, `"password": ".."`, `<password>..</password>`,
//! `- name: DB_PASSWORD` with its `value`, "the password is ..".
//!
//! Names are searched in one pass; after each, the notation and the value are read. Reading is
//! linear: a stretch that several names claim is read a bounded number of times.

mod name;
mod notation;

use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use self::{
    name::Named,
    notation::{Notation, Value},
};
use super::{
    super::{Match, is_full},
    value,
};
use crate::Kind::Credential;

/// Maximum length of a name, in bytes.
const NAME_BYTES_MAX: usize = 96;

/// Maximum number of names that may claim the same stretch of text for their value.
const CLAIMS_MAX: usize = 16;

/// Minimum length of a password that is not quoted, in bytes.
const PASSWORD_BYTES_MIN: usize = 6;

/// Maximum number of bytes of a value that are examined. The rest still belongs to the finding.
const JUDGED_BYTES_MAX: usize = 2048;

static CUES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let cues = name::CUES.iter().chain(name::FOREIGN);
    let cues = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(cues);
    cues.expect("cues are constants, tested")
});

/// Finds the values whose names are those of secrets.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let (mut named_until, mut claimed_until, mut claims) = (0, 0, 0);
    for cue in CUES.find_iter(text) {
        if is_full(matches) {
            return;
        }
        if cue.start() < named_until {
            continue;
        }
        let is_foreign = name::CUES.len() <= cue.pattern().as_usize();
        let name = if is_foreign { cue.range() } else { whole_name(text, cue.range()) };
        named_until = name.end;
        if NAME_BYTES_MAX < name.len() {
            continue;
        }
        let promised =
            if is_foreign { Some(Named::Password) } else { name::named(&text[name.clone()]) };
        let Some(promised) = promised else { continue };
        if is_resource(&text[..name.start]) {
            continue;
        }
        claims = if name.end < claimed_until { claims + 1 } else { 0 };
        if CLAIMS_MAX < claims {
            continue;
        }
        for value in notation::values(text, name.clone()) {
            claimed_until = claimed_until.max(value.span.end);
            if is_secret(promised, &text[name.clone()], &value, text) {
                let is_password = promised == Named::Password;
                let rule = if is_password { "assigned-password" } else { "assigned-secret" };
                matches.push(Match { rule, kind: Credential, span: value.span });
                break;
            }
        }
    }
}

/// Returns `true` if `text` is a secret because of its `name`, as in a JSON object.
pub(crate) fn is_secret_under(name: &str, text: &str) -> bool {
    let value = Value { notation: Notation::Colon, is_quoted: true, span: 0..text.len() };
    let promised = || {
        let is_foreign = name::FOREIGN.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is_foreign { Some(Named::Password) } else { name::named(name) }
    };
    name.len() <= NAME_BYTES_MAX
        && promised().is_some_and(|promised| is_secret(promised, name, &value, text))
}

/// Returns `true` if a name is part of a resource name, like `secret` in
/// `arn:aws:secretsmanager:..:secret:`.
fn is_resource(before: &str) -> bool {
    const RESOURCE_BYTES_MAX: usize = 120;
    let near =
        &before[before.floor_char_boundary(before.len().saturating_sub(RESOURCE_BYTES_MAX))..];
    let word = near.rsplit([' ', '\n', '\t', '"', '\'']).next().unwrap_or(near);
    word.contains("arn:") && word.ends_with(':')
}

/// Returns the name that a cue is part of.
fn whole_name(text: &str, cue: Range<usize>) -> Range<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let before = text.as_bytes()[..cue.start].iter().rev().take(NAME_BYTES_MAX + 1);
    let after = text.as_bytes()[cue.end..].iter().take(NAME_BYTES_MAX + 1);
    let start = cue.start - before.take_while(|byte| is_part(byte)).count();
    let end = cue.end + after.take_while(|byte| is_part(byte)).count();
    let signs: &[_] = &['-', '.'];
    let name = &text[start..end];
    let end = start + name.trim_end_matches(signs).len();
    let start = start + (name.len() - name.trim_start_matches(signs).len());
    start.min(cue.start)..end.max(cue.end)
}

/// Returns `true` if the value of a name is a secret.
fn is_secret(promised: Named, name: &str, value: &Value, text: &str) -> bool {
    let whole = &text[value.span.clone()];
    let judged = &whole[..whole.floor_char_boundary(JUDGED_BYTES_MAX)];
    if value::is_placeholder(judged) {
        return false;
    }
    // In an environment file, the value is certainly literal.
    let is_env =
        value.notation == Notation::Equals && !name.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_literal = value.is_quoted || is_env || value.notation == Notation::Element;
    let is_computed = if value.is_quoted { value::is_path(judged) } else { value::is_code(judged) };
    if is_computed && !value::is_random(judged) {
        return false;
    }
    let next = text[value.span.end..].trim_start_matches(' ').chars().next();
    let is_code = next.is_some_and(|c| ",;){}".contains(c)) || value::is_joined(judged);
    if !is_literal && is_code && value::is_variable(judged) {
        return false;
    }
    match promised {
        // Options of programs are sequences of words: `try_first_pass nullok2`.
        Named::Password if value.notation == Notation::Gap && name.contains('_') => {
            value::is_issued(judged, PASSWORD_BYTES_MIN)
        }
        Named::Password => is_password(judged, value.notation, is_literal),
        Named::Secret => is_token(judged, value.notation, is_literal),
        Named::Ambiguous => {
            const AMBIGUOUS_BYTES_MIN: usize = 12;
            let is_key = name.to_ascii_lowercase().ends_with("key");
            let is_shown = value::is_uuid(judged) || (is_key && value::is_hex(judged));
            let is_prose = matches!(value.notation, Notation::Words | Notation::Gap);
            !is_prose && value::is_issued(judged, AMBIGUOUS_BYTES_MIN) && !is_shown
        }
    }
}

fn is_password(value: &str, notation: Notation, is_literal: bool) -> bool {
    const LITERAL_BYTES_MIN: usize = 4;
    let has = |is: fn(char) -> bool| value.chars().any(is);
    let has_digit = has(|c| c.is_ascii_digit());
    let has_letter = has(char::is_alphabetic);
    let has_sign = has(|c| c.is_ascii_punctuation() && !"-_.,:;/()'".contains(c));
    if has(char::is_whitespace) {
        let is_sentence = value.starts_with(|c: char| c.is_ascii_uppercase());
        return is_literal && (has_digit || has_sign) && !is_sentence;
    }
    if is_literal {
        return LITERAL_BYTES_MIN <= value.chars().count() && (has_letter || has_digit);
    }
    let is_strong = has_letter && (has_digit || has_sign);
    match notation {
        // "is 12 characters long" and "2nd" are not passwords.
        Notation::Words | Notation::Gap => {
            let is_count =
                value.starts_with(|c: char| c.is_ascii_digit()) && value::is_wordlike(value);
            PASSWORD_BYTES_MIN <= value.len() && has_digit && has_letter && !is_count
        }
        _ => PASSWORD_BYTES_MIN <= value.len() && is_strong,
    }
}

fn is_token(value: &str, notation: Notation, is_literal: bool) -> bool {
    const BYTES_MIN: usize = 8;
    const WORDS_BYTES_MIN: usize = 12;
    const DIGITS_MIN: usize = 20;
    let is_digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let has_space = value.contains(char::is_whitespace);
    let mut signs: Vec<u8> = value.bytes().filter(u8::is_ascii_punctuation).collect();
    signs.sort_unstable();
    signs.dedup();
    /// More kinds of signs than any expression has.
    const SIGNS_MIN: usize = 5;
    match notation {
        Notation::Words | Notation::Gap if !is_literal => value::is_issued(value, WORDS_BYTES_MIN),
        _ if has_space => {
            is_literal && value::is_issued(value, BYTES_MIN) && SIGNS_MIN <= signs.len()
        }
        _ => {
            value::is_issued(value, BYTES_MIN)
                || (BYTES_MIN <= value.len() && SIGNS_MIN <= signs.len())
                || (is_digits && is_literal && DIGITS_MIN <= value.len())
                || (matches!(notation, Notation::Equals | Notation::Assigned | Notation::Colon)
                    && is_literal
                    && !value::is_variable(value)
                    && has_digit
                    && WORDS_BYTES_MIN <= value.len()
                    && !is_digits)
        }
    }
}
