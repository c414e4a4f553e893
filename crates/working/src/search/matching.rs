//! The documents that match a text, best first.

use aios_record::Kind;

use super::{documents::row_of, ranking};
use crate::{Error, access::Access, row::Row};

/// Maximum number of terms of a query; further terms are ignored.
const QUERY_TERMS_MAX: usize = 64;

/// Returns the record of a document of the index, if it is visible.
pub(crate) fn read<T: Row>(access: &Access<'_>, doc: i64) -> Result<Option<T>, Error> {
    Ok(access.by_row(row_of(doc))?.map(|read| read.item))
}

/// Passes the documents that match `text` to `take`, best first, until it returns false.
pub(crate) fn matches(
    access: &Access<'_>,
    text: &str,
    kinds: &[Kind],
    take: impl FnMut(i64, f64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let analyzer = access.config.analyzer();
    let mut query = analyzer.query(text);
    if QUERY_TERMS_MAX < query.terms.len() {
        let first = query.terms[..QUERY_TERMS_MAX].to_vec();
        query = query.with_terms(first);
    }
    match query.terms.is_empty() {
        true => Ok(()),
        false => ranking::ranked(access, &query, kinds, take),
    }
}
