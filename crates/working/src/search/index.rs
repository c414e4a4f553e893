//! Writing the search index, in the transaction of the row.

use aios_record::Kind;

use super::{documents, merging, words::repeated};
use crate::{Error, access::Access};

/// Kind of write of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Inserted,
    Updated,
}

/// Sets the indexed text of a row of `owner`.
pub(crate) fn put(
    access: &Access<'_>,
    owner: &str,
    kind: Kind,
    row: i64,
    text: &str,
    stored: Stored,
) -> Result<(), Error> {
    let Some(document) = documents::made(access.connection, owner, kind, row)? else {
        return Ok(());
    };
    let analyzer = access.config.analyzer();
    let terms = analyzer.terms(text);
    let (text, again) = (terms.join(" "), repeated(analyzer, &terms));
    let merge = merging::due(row, text.len() as i64);
    access.later(document, move |connection| {
        if stored == Stored::Updated {
            documents::delete(connection, document)?;
        }
        documents::insert(connection, document, &text, &again)
    })?;
    match merge {
        Some(pages) => access.at_end(move |connection| merging::merge(connection, pages)),
        None => Ok(()),
    }
}

/// Removes a row of `owner` from the index.
pub(crate) fn remove(access: &Access<'_>, owner: &str, kind: Kind, row: i64) -> Result<(), Error> {
    match documents::known(access.connection, owner, kind, row)? {
        Some(document) => {
            access.later(document, move |connection| documents::delete(connection, document))
        }
        None => Ok(()),
    }
}
