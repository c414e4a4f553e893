//! Facts, the same for both transports: names, pages, and the limits of an answer.
//!
//! Not here: their shapes, which differ between the transports.

use aios_memory::{
    Error, Fact, FactPage, FactQuery, FailedMessage, Id, Key, Kind, LearnReport, MemoryView,
    record::forms, working,
};

use crate::{
    answer_bytes::{Room, filled},
    bounds::{LEARN_FAILURES_MAX, PAGE_RECORDS_MAX},
    failure::Failure,
    hex,
};

/// Prefix of decoded cursors of facts, which distinguishes them from those of other lists.
const CURSOR: &str = "facts\n";

/// A truncated list of facts, with the number of omitted ones.
pub(crate) struct Cut<T> {
    pub(crate) items: Vec<T>,
    pub(crate) left_out: usize,
}

/// The current facts of a slot with several values.
pub(crate) struct Contradiction<F> {
    pub(crate) subject: String,
    pub(crate) attribute: String,
    pub(crate) facts: Vec<F>,
}

/// Lists facts, at most [`FactQuery::limit`] facts and at most `bytes_max` bytes.
///
/// # Errors
/// Fails with `field` if the cursor is not one of this list; errors of working memory.
pub(crate) async fn page(
    view: &MemoryView,
    query: FactQuery,
    field: &str,
    bytes_max: usize,
    bytes_of: impl Fn(&Fact) -> usize,
) -> Result<FactPage, Failure> {
    debug_assert!((1..=PAGE_RECORDS_MAX).contains(&query.limit), "the transport checks it");
    let (after, limit) = (query.after, query.limit);
    let read = |after: Option<u64>, size: usize| {
        let query = query.clone().with_after(after).with_limit(size);
        async move {
            let FactPage { facts, next } = view.facts().list(query).await?;
            Ok::<_, Error>((facts, next))
        }
    };
    match filled(after, limit, bytes_max, read, bytes_of).await {
        Ok((facts, next)) => Ok(FactPage { facts, next }),
        Err(Error::Working(working::Error::Cursor { .. })) => Err(no_cursor(field)),
        Err(error) => Err(error.into()),
    }
}

/// Returns the opaque cursor after a page.
pub(crate) fn sealed(next: u64) -> String {
    hex::digits(format!("{CURSOR}{next}").as_bytes())
}

/// Returns the position of a [cursor](sealed).
///
/// # Errors
/// Fails with `field` if the text is not a cursor of this list.
pub(crate) fn opened(field: &str, text: &str) -> Result<u64, Failure> {
    let bytes = hex::bytes(text).ok_or_else(|| no_cursor(field))?;
    let text = String::from_utf8(bytes).map_err(|_| no_cursor(field))?;
    let position = text.strip_prefix(CURSOR).and_then(|position| position.parse().ok());
    position.ok_or_else(|| no_cursor(field))
}

fn no_cursor(field: &str) -> Failure {
    Failure::invalid(format!("`{field}`: not a cursor of this list"))
        .with_advice("list from the beginning, or send the cursor of the page before")
}

/// Returns the key of a fact.
pub(crate) fn key_of(id: &Id) -> Key {
    Key::new(Kind::Fact, id.clone())
}

/// Returns the id of a fact, given as a key or as an id.
///
/// # Errors
/// Fails with `field` if the text is neither of them.
pub(crate) fn id_of(field: &str, text: &str) -> Result<Id, Failure> {
    let refused = |reason: String| Failure::invalid(format!("`{field}`: {reason}"));
    match text.parse::<Key>() {
        Ok(key) if key.kind == Kind::Fact => Ok(key.id),
        Ok(key) => Err(refused(format!("expected the key of a fact, not of kind {}", key.kind))
            .with_advice("the lists of facts have their keys")),
        Err(_) => Id::new(text).map_err(|error| refused(error.to_string())),
    }
}

/// Returns a required part of a slot.
///
/// # Errors
/// Fails with `field` if the text is blank.
pub(crate) fn label(field: &str, text: String) -> Result<String, Failure> {
    match forms::is_blank(&text) {
        true => Err(Failure::invalid(format!("`{field}`: expected visible text"))),
        false => Ok(text),
    }
}

/// Keeps the last facts that have at most `bytes_max` bytes together, in their order.
pub(crate) fn latest<F>(
    mut facts: Vec<F>,
    bytes_max: usize,
    bytes_of: impl Fn(&F) -> usize,
) -> Cut<F> {
    facts.reverse();
    let left_out = Room::new(bytes_max).cut(&mut facts, bytes_of);
    facts.reverse();
    Cut { items: facts, left_out }
}

/// Returns the slots in a list of contradictions, with facts in the shape of a transport.
pub(crate) fn contradictions<F: From<Fact>>(found: Vec<Vec<Fact>>) -> Vec<Contradiction<F>> {
    let slots = found.into_iter().filter_map(|facts| {
        let first = facts.first()?;
        let (subject, attribute) = (first.subject.clone(), first.attribute.clone());
        let facts = facts.into_iter().map(F::from).collect();
        Some(Contradiction { subject, attribute, facts })
    });
    slots.collect()
}

/// Removes and returns the messages of a report that could not be stored: those to list in an
/// answer, and the number of all.
pub(crate) fn take_failed(report: &mut LearnReport) -> (Vec<FailedMessage>, u64) {
    let mut failed = std::mem::take(&mut report.failed);
    let count = failed.len() as u64;
    failed.sort_by_key(|failed| failed.line);
    failed.truncate(LEARN_FAILURES_MAX);
    (failed, count)
}
