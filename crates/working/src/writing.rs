//! The only write path: every record is stored here, so that limits, references, search index and
//! feed are handled in one place.
//!
//! [`write()`] prepares a record (times and derived fields), checks it, resolves its references,
//! and writes its row, the words of its text and the trace of the change in one transaction.

use aios_record::{Id, Kind, Scope, Timestamp};
use rusqlite::{
    OptionalExtension, Params, params_from_iter,
    types::{ToSqlOutput, Value as Sql},
};

use crate::{
    Error, FieldProblem,
    access::{Access, identity},
    column::Column,
    feed::trace::{self, Op},
    row::{Columns, Row, bind_meta, check_meta},
    search::index::{self, Stored},
    tables,
};

/// A record that can be written.
pub(crate) trait Writable: Row {
    /// Returns the row of the session that the record belongs to, for a table that is
    /// [of sessions](tables::Table::of_session); creates a missing one.
    fn session(&self, _access: &Access<'_>) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// Adjusts the fields that depend on the former version: drops the ones that do not apply to
    /// the new version, and keeps the ones that a change of fields does not set.
    fn follow(&mut self, _before: &Self) {}

    /// Checks the rules of its kind on several records, before the record is stored. `row` is the
    /// row that it replaces.
    fn admit(&self, _access: &Access<'_>, _row: Option<i64>) -> Result<(), Error> {
        Ok(())
    }
}

/// Fills in the scope of `item` from the gate, then [writes](write) it.
pub(crate) fn store<T: Writable>(access: &Access<'_>, item: &mut T) -> Result<(), Error> {
    access.fill(&mut item.meta_mut().scope)?;
    write(access, item)
}

/// Inserts or updates `item` under its scope, and fills in its times. An update keeps the creation
/// and recording times and does not change the scope.
pub(crate) fn write<T: Writable>(access: &Access<'_>, item: &mut T) -> Result<(), Error> {
    prepare(access, item);
    check(access, item)?;
    let existing = existing(access, item)?;
    if let Some(existing) = &existing {
        let meta = item.meta_mut();
        if existing.scope != meta.scope && !T::MOVES {
            return Err(Error::Conflict { kind: T::KIND, id: item.id().clone() });
        }
        meta.created_at = Some(existing.created_at);
        meta.recorded_at = Some(existing.recorded_at);
    }
    let links = links(access, item, existing.as_ref())?;
    put(access, item, links, existing.map(|existing| existing.row)).map(drop)
}

/// Applies `change` to the record that a bare id resolves to, and stores it. The record keeps its
/// id and scope.
pub(crate) fn change<T: Writable>(
    access: &Access<'_>,
    id: &str,
    change: impl FnOnce(&mut T),
) -> Result<T, Error> {
    let mut item: T = require(access, id)?;
    let (own, scope) = (item.id().clone(), item.meta().scope.clone());
    change(&mut item);
    if *item.id() != own {
        return Err(Error::Fields { kind: T::KIND, problem: FieldProblem::Id });
    }
    if item.meta().scope != scope {
        return Err(Error::Conflict { kind: T::KIND, id: own });
    }
    write(access, &mut item)?;
    Ok(item)
}

/// Returns the record that a bare id resolves to, after checking that the view may change it.
pub(crate) fn require<T: Row>(access: &Access<'_>, id: &str) -> Result<T, Error> {
    let missing = || Error::NotFound { kind: T::KIND, id: id.to_owned() };
    let item: T = access.get(id)?.ok_or_else(missing)?;
    access.visible.check_change(&identity(&item))?;
    Ok(item)
}

/// Inserts `item`, which must not exist, and fills in its times.
pub(crate) fn insert_new<T: Writable>(
    access: &Access<'_>,
    item: &mut T,
    links: Links,
) -> Result<i64, Error> {
    prepare(access, item);
    check(access, item)?;
    put(access, item, links, None)
}

/// Inserts `item` with its own times. It must not exist and must have been [checked](check).
pub(crate) fn insert<T: Writable>(
    access: &Access<'_>,
    item: &T,
    links: Links,
) -> Result<i64, Error> {
    put(access, item, links, None)
}

/// Rows that a record refers to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Links {
    pub(crate) parent: Option<i64>,
    pub(crate) session: Option<i64>,
}

/// The part of a stored record that a write of the same identity needs.
pub(crate) struct Existing {
    pub(crate) row: i64,
    pub(crate) scope: Scope,
    created_at: Timestamp,
    recorded_at: Timestamp,
    parent: Option<Id>,
    parent_row: Option<i64>,
}

/// Fills in times and derived fields.
fn prepare<T: Row>(access: &Access<'_>, item: &mut T) {
    let meta = item.meta_mut();
    meta.created_at.get_or_insert(access.now);
    meta.recorded_at = Some(access.now);
    meta.updated_at = Some(access.now);
    item.settle(access.now);
}

/// Checks every field of `item`.
pub(crate) fn check<T: Row>(access: &Access<'_>, item: &T) -> Result<(), Error> {
    check_meta(item.meta(), access.config.text_bytes_max)?;
    item.check(access.config.text_bytes_max)
}

/// Returns the record that storing `item` would overwrite, visible or not. A stub kept only by
/// other owners' records is ignored, and loses its id.
pub(crate) fn existing<T: Row>(access: &Access<'_>, item: &T) -> Result<Option<Existing>, Error> {
    let user = item.meta().scope.user.clone();
    let mut statement = access.connection.prepare_cached(&T::statements().existing)?;
    let params = (item.id().as_str(), user.as_deref().unwrap_or_default());
    let existing = statement.query_row(params, |row| {
        let mut columns = Columns::of(row);
        let existing = Existing {
            row: columns.next()?,
            scope: Scope {
                user: user.clone(),
                project: columns.next()?,
                agent: columns.next()?,
                session: columns.next()?,
            },
            created_at: columns.next()?,
            recorded_at: columns.next()?,
            parent: columns.next()?,
            parent_row: columns.next()?,
        };
        Ok((existing, columns.next::<bool>()?))
    });
    match existing.optional()? {
        Some((existing, false)) => {
            disown(access, T::KIND, existing.row)?;
            Ok(None)
        }
        existing => Ok(existing.map(|(existing, _)| existing)),
    }
}

/// Turns a row into a stub without an owner, which no lookup by id finds, for the rows that refer
/// to it.
pub(crate) fn disown(access: &Access<'_>, kind: Kind, row: i64) -> Result<(), Error> {
    let stub = tables::of(kind).stub.expect("only rows of these kinds are referred to");
    access.connection.prepare_cached(&stub.disowning())?.execute([row])?;
    Ok(())
}

/// Resolves the references of `item`. A reference that did not change keeps its row.
fn links<T: Writable>(
    access: &Access<'_>,
    item: &T,
    existing: Option<&Existing>,
) -> Result<Links, Error> {
    let mut links = Links::default();
    if let (Some(parent), Some(id)) = (T::table().parent, item.parent()) {
        let same = existing.filter(|existing| existing.parent.as_ref() == Some(id));
        links.parent = same.and_then(|existing| existing.parent_row);
        if links.parent.is_none() {
            let owner = item.meta().scope.owner();
            links.parent = access.parent(parent.kind, id, &owner)?;
        }
        if links.parent.is_none() && same.is_none() {
            let (field, kind) = (parent.field, parent.kind);
            return Err(Error::MissingParent { field, kind, id: id.clone() });
        }
    }
    links.session = item.session(access)?;
    Ok(links)
}

/// Writes the row, its index entry and its change in the feed; returns the row number.
fn put<T: Writable>(
    access: &Access<'_>,
    item: &T,
    links: Links,
    row: Option<i64>,
) -> Result<i64, Error> {
    item.admit(access, row)?;
    let mut values = vec![item.id().bind()];
    values.extend(item.bind());
    values.extend(bind_meta(item.meta()));
    let mut link =
        |row: Option<i64>| values.push(ToSqlOutput::Owned(row.map_or(Sql::Null, Sql::Integer)));
    if T::table().parent.is_some() {
        link(links.parent);
    }
    if T::table().of_session {
        link(links.session);
    }
    let (row, stored) = match row {
        None => {
            let sql = &T::statements().insert;
            (row_number(access, sql, params_from_iter(values))?, Stored::Inserted)
        }
        Some(row) => {
            values.push(row.into());
            let sql = &T::statements().update;
            access.connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
            (row, Stored::Updated)
        }
    };
    let owner = item.meta().scope.user.as_deref().unwrap_or_default();
    index::put(access, owner, T::KIND, row, &item.text(), stored)?;
    if item.feeds(access.config.feed_events) {
        trace::add(access, &identity(item), Op::Upsert)?;
    }
    Ok(row)
}

fn row_number(access: &Access<'_>, statement: &str, params: impl Params) -> Result<i64, Error> {
    Ok(access.connection.prepare_cached(statement)?.query_row(params, |row| row.get(0))?)
}
