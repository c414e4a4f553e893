//! The agreement of a changed fact's text with its slot and value. A learned fact has both, and a
//! change of one alone would leave a fact that states two things.

use aios_record::{Timestamp, forms};
use serde_json::{Map, Value};

use crate::FieldProblem;

type Fields = Map<String, Value>;

const TEXT: &str = "text";
const SUBJECT: &str = "subject";
const ATTRIBUTE: &str = "attribute";
const VALUE: &str = "value";

/// Refuses a change by which a fact would end before it begins.
///
/// # Errors
/// [`FieldProblem::Form`] with the two fields.
pub(crate) fn check_validity(fields: &Fields) -> Result<(), FieldProblem> {
    let time = |name: &str| fields.get(name)?.as_str()?.parse::<Timestamp>().ok();
    match time("valid_from").zip(time("valid_to")) {
        Some((from, to)) if to < from => {
            let reason = "`valid_from` is later than `valid_to`".to_owned();
            Err(FieldProblem::Form { reason })
        }
        _ => Ok(()),
    }
}

/// Replaces the former subject and value in the text of a changed fact by the new ones, if the text
/// contains each exactly once. Otherwise the text becomes empty, so that the slot and the value are
/// the statement.
///
/// # Errors
/// [`FieldProblem::Disagrees`] if the change sets a new text that lacks the subject or the value of
/// the former text, and keeps these fields.
pub(crate) fn agree(before: &Fields, fields: &mut Fields) -> Result<(), FieldProblem> {
    let (former, text) = (words(before, TEXT), words(fields, TEXT));
    if former != text {
        return check(before, fields, &former, &text);
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    let mut changed = Some(text).filter(|_| words(before, ATTRIBUTE) == words(fields, ATTRIBUTE));
    for name in [SUBJECT, VALUE] {
        let (old, new) = (words(before, name), words(fields, name));
        if old != new && !new.is_empty() {
            changed = changed.and_then(|text| replaced(&text, &old, &new));
        }
    }
    fields.insert(TEXT.to_owned(), changed.unwrap_or_default().into());
    Ok(())
}

/// Refuses a new text without the subject or the value of the former one, if these are kept.
fn check(before: &Fields, fields: &Fields, former: &str, text: &str) -> Result<(), FieldProblem> {
    if text.trim().is_empty() {
        return Ok(());
    }
    for name in [SUBJECT, VALUE] {
        let kept = words(fields, name);
        let is_lost = kept == words(before, name) && has(former, &kept) && !has(text, &kept);
        if is_lost {
            return Err(FieldProblem::Disagrees { field: name, value: kept });
        }
    }
    Ok(())
}

/// Returns a field as it appears in a text; empty for null.
fn words(fields: &Fields, name: &str) -> String {
    match fields.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Returns `true` if a text has these words, ignoring case and spacing.
fn has(text: &str, words: &str) -> bool {
    let words = forms::forgotten(words);
    !words.is_empty() && forms::forgotten(text).contains(&words)
}

/// Returns the text with `old` replaced by `new`, if it has `old` exactly once, as whole words.
fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
    let is_end = |beside: Option<char>| beside.is_none_or(|c| !c.is_alphanumeric());
    let is_whole = |at: &usize| {
        is_end(text[..*at].chars().next_back()) && is_end(text[at + old.len()..].chars().next())
    };
    let mut places = text.match_indices(old).map(|(at, _)| at).filter(is_whole);
    let place = places.next().filter(|_| !old.is_empty())?;
    match places.next() {
        Some(_) => None,
        None => Some([&text[..place], new, &text[place + old.len()..]].concat()),
    }
}

#[cfg(test)]
mod tests;
