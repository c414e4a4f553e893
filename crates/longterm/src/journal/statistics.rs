//! Word statistics of what is in the library.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Journal, meta_number, number, set_meta, sql_integer};
use crate::{
    Error,
    library::{Row, TermCounts},
};

/// Word statistics of the library, for the terms that were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statistics {
    pub(crate) documents: u64,
    pub(crate) terms_total: u64,
    pub(crate) documents_with: HashMap<String, u64>,
}

impl Journal {
    /// The statistics of `terms` alone. Not for an async worker.
    pub(crate) fn statistics_blocking(&self, terms: Vec<String>) -> Result<Statistics, Error> {
        self.ledger.read_blocking(move |db| statistics(db, terms))
    }
}

pub(super) fn statistics(db: &Connection, terms: Vec<String>) -> Result<Statistics, Error> {
    let mut count = db.prepare_cached("SELECT documents FROM terms WHERE term = ?1")?;
    let mut documents_with = HashMap::with_capacity(terms.len());
    for term in terms {
        let found: Option<i64> = count.query_row([&term], |row| row.get(0)).optional()?;
        documents_with.insert(term, number(found.unwrap_or(0)));
    }
    Ok(Statistics {
        documents: meta_number(db, "documents")?,
        terms_total: meta_number(db, "terms_total")?,
        documents_with,
    })
}

/// Counts the terms of rows that are new to the library. A changed or removed row leaves the
/// counts as they are: they weigh terms, and a small drift weighs nothing.
pub(super) fn add_statistics(db: &Connection, rows: &[Row]) -> Result<(), Error> {
    let mut counts = TermCounts::default();
    rows.iter().for_each(|row| counts.add(&row.terms));
    let mut add = db.prepare_cached(
        "INSERT INTO terms (term, documents) VALUES (?1, ?2)
         ON CONFLICT (term) DO UPDATE SET documents = documents + excluded.documents",
    )?;
    for (term, documents) in &counts.documents_with {
        add.execute(params![term, documents])?;
    }
    let documents = meta_number(db, "documents")? + counts.documents;
    set_meta(db, "documents", sql_integer(documents))?;
    let terms_total = meta_number(db, "terms_total")? + counts.terms_total;
    set_meta(db, "terms_total", sql_integer(terms_total))
}

/// Takes `counts` in the place of those that there are.
pub(super) fn set_statistics(db: &Connection, counts: &TermCounts) -> Result<(), Error> {
    db.execute("DELETE FROM terms", [])?;
    let mut add = db.prepare_cached("INSERT INTO terms (term, documents) VALUES (?1, ?2)")?;
    for (word, documents) in &counts.documents_with {
        add.execute(params![word, documents])?;
    }
    set_meta(db, "documents", sql_integer(counts.documents))?;
    set_meta(db, "terms_total", sql_integer(counts.terms_total))
}
