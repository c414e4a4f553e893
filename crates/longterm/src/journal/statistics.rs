//! Word statistics of the library, per owner, so that the records of one owner do not affect the
//! term weights of another.

use std::collections::HashMap;

use aios_record::{Gate, Owner};
use rusqlite::{Connection, params};

use super::{
    handle::Journal,
    meta::{meta_number, number, set_meta, sql_integer},
    pending::waiting_seqs,
    term::{Term, check_term},
};
use crate::{
    Error,
    library::{Row, RowTerms, TermCounts},
};

/// Word statistics for the requested terms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statistics {
    pub(crate) documents: u64,
    pub(crate) terms_total: u64,
    pub(crate) documents_with: HashMap<String, u64>,
}

/// The owners whose records are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Corpus {
    All,
    /// The records of this owner and the shared ones.
    Of(Owner),
}

impl Corpus {
    /// Returns the owners that the principal of `gate` sees. Narrowing a gate does not change the
    /// statistics.
    pub(crate) fn of(gate: &Gate) -> Corpus {
        gate.acts_for().map_or(Corpus::All, |owner| Corpus::Of(owner.clone()))
    }
}

impl Journal {
    /// Returns the statistics of `terms` only, and every `seq` that waits, from one snapshot.
    /// Blocks, so it must not run on an async worker.
    pub(crate) fn statistics_blocking(
        &self,
        terms: Vec<String>,
        corpus: Corpus,
    ) -> Result<(Statistics, Vec<i64>), Error> {
        self.ledger
            .read_blocking(move |db| Ok((statistics(db, terms, &corpus)?, waiting_seqs(db)?)))
    }

    /// Returns `true` if the statistics describe the synced version. Older programs, which did not
    /// count changed and removed rows, leave inexact ones.
    pub(crate) async fn has_exact_statistics(&self) -> Result<bool, Error> {
        self.ledger
            .read(
                |db| Ok(meta_number(db, "counted_version")? == meta_number(db, "synced_version")?),
            )
            .await
    }

    /// Replaces the statistics with `counts`, which describe the synced version.
    pub(crate) async fn recount(&self, term: Term, counts: TermCounts) -> Result<(), Error> {
        self.ledger
            .write_alone(move |db| {
                check_term(db, term)?;
                set_statistics(db, &counts)?;
                set_counted(db, meta_number(db, "synced_version")?)
            })
            .await
    }
}

pub(super) fn statistics(
    db: &Connection,
    terms: Vec<String>,
    corpus: &Corpus,
) -> Result<Statistics, Error> {
    // All statements take an owner, so that both cases bind the same parameters.
    let (count, totals, owner) = match corpus {
        Corpus::All => (
            "SELECT coalesce(sum(documents), 0) FROM terms WHERE term = ?1 AND ?2 IS NULL",
            "SELECT coalesce(sum(documents), 0), coalesce(sum(terms), 0) FROM totals
             WHERE ?1 IS NULL",
            None,
        ),
        Corpus::Of(owner) => (
            "SELECT coalesce(sum(documents), 0) FROM terms WHERE term = ?1 AND owner IN ('', ?2)",
            "SELECT coalesce(sum(documents), 0), coalesce(sum(terms), 0) FROM totals
             WHERE owner IN ('', ?1)",
            Some(owner.as_str()),
        ),
    };
    let mut count = db.prepare_cached(count)?;
    let mut documents_with = HashMap::with_capacity(terms.len());
    for term in terms {
        let documents = count.query_row(params![term, owner], |row| row.get(0))?;
        documents_with.insert(term, number(documents));
    }
    let numbers = |row: &rusqlite::Row<'_>| Ok((number(row.get(0)?), number(row.get(1)?)));
    let (documents, terms_total) = db.prepare_cached(totals)?.query_row([owner], numbers)?;
    Ok(Statistics { documents, terms_total, documents_with })
}

/// Adds the terms of `rows`, which the library now has, and subtracts the terms of `held`, the rows
/// that were replaced or removed.
pub(super) fn change_statistics<'a>(
    db: &Connection,
    rows: impl Iterator<Item = &'a Row>,
    held: &[RowTerms],
) -> Result<(), Error> {
    let mut counts = TermCounts::default();
    for row in rows {
        counts.add(row.record.scope.user.as_deref().unwrap_or_default(), &row.terms);
    }
    for row in held {
        counts.subtract(&row.owner, &row.terms);
    }
    add(db, &counts)
}

/// Records that the statistics describe `version`.
pub(super) fn set_counted(db: &Connection, version: u64) -> Result<(), Error> {
    set_meta(db, "counted_version", sql_integer(version))
}

/// Replaces all statistics with `counts`.
pub(super) fn set_statistics(db: &Connection, counts: &TermCounts) -> Result<(), Error> {
    db.execute("DELETE FROM terms", [])?;
    db.execute("DELETE FROM totals", [])?;
    add(db, counts)
}

fn add(db: &Connection, counts: &TermCounts) -> Result<(), Error> {
    let mut add_term = db.prepare_cached(
        "INSERT INTO terms (term, owner, documents) VALUES (?1, ?2, ?3)
         ON CONFLICT (term, owner) DO UPDATE SET documents = documents + excluded.documents",
    )?;
    let mut add_total = db.prepare_cached(
        "INSERT INTO totals (owner, documents, terms) VALUES (?1, ?2, ?3)
         ON CONFLICT (owner) DO UPDATE SET documents = documents + excluded.documents,
                                           terms = terms + excluded.terms",
    )?;
    let mut drop_term =
        db.prepare_cached("DELETE FROM terms WHERE term = ?1 AND owner = ?2 AND documents <= 0")?;
    let mut drop_total =
        db.prepare_cached("DELETE FROM totals WHERE owner = ?1 AND documents <= 0")?;
    for (owner, counts) in &counts.owners {
        for (term, documents) in counts.documents_with.iter().filter(|(_, count)| **count != 0) {
            add_term.execute(params![term, owner, documents])?;
            if *documents < 0 {
                drop_term.execute([term, owner])?;
            }
        }
        add_total.execute(params![owner, counts.documents, counts.terms_total])?;
        if counts.documents <= 0 {
            drop_total.execute([owner])?;
        }
    }
    Ok(())
}
