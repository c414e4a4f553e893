//! Document numbers of the search index, and the number of indexed texts.
//!
//! A document number has three parts, from the highest bits on: the number of the text's owner, the
//! code of its kind, its row. The texts of an owner, and the texts of one kind among them, are
//! therefore a range of numbers. A search reads and counts only its ranges, independently of other
//! owners' data.

use std::ops::RangeInclusive;

use aios_record::Kind;
use rusqlite::{Connection, OptionalExtension};

use crate::{Error, visible::Visible};

/// Codes of the kinds in the index. They are on disk: never change one.
pub(crate) const CODES: &[(Kind, i64)] = &[
    (Kind::Goal, 1),
    (Kind::Task, 2),
    (Kind::ToolCall, 3),
    (Kind::Decision, 4),
    (Kind::Pattern, 5),
    (Kind::Session, 6),
    (Kind::Message, 7),
    (Kind::Interaction, 8),
    (Kind::Entry, 9),
    (Kind::Event, 10),
    (Kind::File, 11),
    (Kind::Fact, 12),
];

/// Low bits of a document number, which hold the row.
pub(crate) const ROW_BITS: u32 = 32;
/// Bits above those, which hold the kind.
pub(crate) const CODE_BITS: u32 = 5;
const ROWS: i64 = 1 << ROW_BITS;
const CODES_MAX: i64 = 1 << CODE_BITS;
const OWNERS_MAX: i64 = 1 << (63 - ROW_BITS - CODE_BITS);
/// Number of the shared owner.
const SHARED: i64 = 0;

/// Range of document numbers.
pub(super) type Range = RangeInclusive<i64>;

/// Returns the document of a row; `None` if its kind is not searchable or a number exceeds its
/// bits.
fn document(owner: i64, kind: Kind, row: i64) -> Option<i64> {
    let (_, code) = CODES.iter().find(|(known, _)| *known == kind)?;
    let fits = (0..OWNERS_MAX).contains(&owner) && (0..ROWS).contains(&row);
    fits.then_some((part(owner, *code) << ROW_BITS) | row)
}

/// Returns the part of an owner's texts of one kind.
const fn part(owner: i64, code: i64) -> i64 {
    (owner << CODE_BITS) | code
}

pub(super) fn part_of(document: i64) -> i64 {
    document >> ROW_BITS
}

pub(super) fn kind_of(document: i64) -> Option<Kind> {
    let code = part_of(document) & (CODES_MAX - 1);
    CODES.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
}

pub(super) fn row_of(document: i64) -> i64 {
    document & (ROWS - 1)
}

/// Returns a key that orders documents by kind, then oldest first, regardless of the owner.
pub(super) fn age_of(document: i64) -> i64 {
    document & ((1 << (ROW_BITS + CODE_BITS)) - 1)
}

/// Returns the documents of these parts.
pub(super) fn documents(parts: Range) -> Range {
    parts.start() << ROW_BITS..=(parts.end() << ROW_BITS) | (ROWS - 1)
}

/// Returns the document of a row that is or was indexed.
pub(super) fn known(
    connection: &Connection,
    owner: &str,
    kind: Kind,
    row: i64,
) -> Result<Option<i64>, Error> {
    Ok(number(connection, owner)?.and_then(|owner| document(owner, kind, row)))
}

/// Returns the document of a row to be indexed. An owner without a number gets one.
pub(super) fn made(
    connection: &Connection,
    owner: &str,
    kind: Kind,
    row: i64,
) -> Result<Option<i64>, Error> {
    let owner = match number(connection, owner)? {
        Some(number) => number,
        None => {
            let sql = "INSERT INTO word_owners (owner) VALUES (?1) RETURNING number";
            connection.prepare_cached(sql)?.query_row([owner], |row| row.get(0))?
        }
    };
    Ok(document(owner, kind, row))
}

fn number(connection: &Connection, owner: &str) -> Result<Option<i64>, Error> {
    if owner.is_empty() {
        return Ok(Some(SHARED));
    }
    let sql = "SELECT number FROM word_owners WHERE owner = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([owner], |row| row.get(0)).optional()?)
}

/// Returns the visible parts: whole owners, or some of their kinds. An administrator who has not
/// chosen a user sees everything; then only [`mask`] restricts the kinds.
pub(super) fn visible_parts(
    connection: &Connection,
    visible: &Visible,
    kinds: &[Kind],
) -> Result<Vec<Range>, Error> {
    let Some(owners) = visible.owner_names() else {
        return Ok(vec![0..=part(OWNERS_MAX - 1, CODES_MAX - 1)]);
    };
    let mut numbers = Vec::with_capacity(owners.len());
    for owner in owners {
        numbers.extend(number(connection, owner)?);
    }
    if kinds.is_empty() {
        let whole = |owner| part(owner, 0)..=part(owner, CODES_MAX - 1);
        return Ok(numbers.into_iter().map(whole).collect());
    }
    let wanted = CODES.iter().filter(|(kind, _)| kinds.contains(kind));
    let each =
        |&(_, code)| numbers.iter().map(move |owner| part(*owner, code)..=part(*owner, code));
    Ok(wanted.flat_map(each).collect())
}

/// Returns the kinds as bits of their codes; all bits if `kinds` is empty.
pub(super) fn mask(kinds: &[Kind]) -> i64 {
    if kinds.is_empty() {
        return -1;
    }
    let wanted = CODES.iter().filter(|(kind, _)| kinds.contains(kind));
    wanted.fold(0, |mask, (_, code)| mask | 1 << code)
}

/// Returns the number of texts in `parts`.
pub(super) fn texts(connection: &Connection, parts: &Range, mask: i64) -> Result<i64, Error> {
    let sql = "SELECT coalesce(sum(texts), 0) FROM word_counts
         WHERE part BETWEEN ?1 AND ?2 AND (?3 >> (part & 31)) & 1";
    let params = (parts.start(), parts.end(), mask);
    Ok(connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
}

/// Adds a text to the index, with its repeated words.
pub(super) fn insert(
    connection: &Connection,
    document: i64,
    text: &str,
    again: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO search (rowid, text, again) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute((document, text, again))?;
    let sql = "INSERT INTO word_counts (part, texts) VALUES (?1, 1)
         ON CONFLICT (part) DO UPDATE SET texts = texts + 1";
    connection.prepare_cached(sql)?.execute([part_of(document)]).map(drop)
}

/// Removes a text from the index, if it is indexed.
pub(super) fn delete(connection: &Connection, document: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE word_counts SET texts = texts - 1
         WHERE part = ?1 AND EXISTS (SELECT 1 FROM search_docsize WHERE id = ?2)";
    connection.prepare_cached(sql)?.execute((part_of(document), document))?;
    connection.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([document]).map(drop)
}

/// Empties the index.
pub(crate) fn clear(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "INSERT INTO search (search) VALUES ('delete-all');
         DELETE FROM word_counts;
         DELETE FROM word_owners WHERE owner <> '';",
    )
}
