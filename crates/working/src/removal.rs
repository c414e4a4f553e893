//! Taking records out: removing them for good, or moving them out of this tier.

use aios_record::{Id, Kind};
use rusqlite::ToSql;

use crate::{
    Error, Working,
    access::Access,
    column::Column,
    feed::Op,
    preference,
    records::{self, for_kind},
    row::Row,
    search,
};

impl Working {
    /// Removes a record for good, and with it what belongs to it: a goal takes its tasks along, a
    /// task its tool calls, a session its messages and tasks, whether or not it has been moved out
    /// itself. Returns what was removed, the record itself last; nothing if there is none.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn remove(&self, kind: Kind, id: &str) -> Result<Vec<(Kind, Id)>, Error> {
        let id = id.to_owned();
        self.free_room(move |access| {
            let mut removed = Vec::new();
            remove(access, kind, &id, &mut removed)?;
            Ok(removed)
        })
        .await
    }

    /// What [`remove`](Working::remove) would take now, in the same order.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn would_remove(&self, kind: Kind, id: &str) -> Result<Vec<(Kind, Id)>, Error> {
        let id = id.to_owned();
        self.read(move |access| {
            let mut found = Vec::new();
            family(access, kind, &id, &mut found)?;
            Ok(found)
        })
        .await
    }
}

/// Which records belong to one of a kind: their kind, and the column that refers to it.
fn children(kind: Kind) -> &'static [(Kind, &'static str)] {
    match kind {
        Kind::Goal => &[(Kind::Task, "goal_id")],
        Kind::Task => &[(Kind::ToolCall, "task_id")],
        Kind::Session => &[(Kind::Message, "scope_session"), (Kind::Task, "scope_session")],
        _ => &[],
    }
}

/// What is left of a parent that has moved out: nothing that it says.
fn blank(kind: Kind) -> &'static str {
    match kind {
        Kind::Goal => "description = '', result = NULL, metadata = 'null'",
        Kind::Task => {
            "description = '', input = 'null', output = 'null', summary = NULL, result = NULL,
             error = NULL, metadata = 'null'"
        }
        Kind::Session => "summary = NULL",
        _ => unreachable!("rows of other kinds leave no stubs"),
    }
}

/// The kinds that leave stubs, children first.
const PARENTS: &[Kind] = &[Kind::Task, Kind::Goal, Kind::Session];

/// Whether a row of a parent's table has children.
fn has_children(kind: Kind) -> String {
    let table = kind.collection();
    let any = children(kind).iter().map(|(child, column)| {
        let children = child.collection();
        format!("EXISTS (SELECT 1 FROM {children} AS c WHERE c.{column} = {table}.id)")
    });
    format!("({})", any.collect::<Vec<_>>().join(" OR "))
}

pub(crate) fn remove(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    removed: &mut Vec<(Kind, Id)>,
) -> Result<(), Error> {
    let mut found = Vec::new();
    family(access, kind, id, &mut found)?;
    for (kind, id) in found {
        match kind {
            Kind::Preference => preference::remove(access, id.as_str(), removed)?,
            Kind::Persona => preference::remove_trait(access, id.as_str(), removed)?,
            _ => {
                for (row, id) in take(access, kind, "id = ?1", &[&id.as_str()])? {
                    search::unindex(access, kind, row)?;
                    access.feed(kind, &id, Op::Delete)?;
                    removed.push((kind, id));
                }
            }
        }
    }
    Ok(())
}

/// A record with what belongs to it, itself last; nothing if it is not visible.
fn family(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    found: &mut Vec<(Kind, Id)>,
) -> Result<(), Error> {
    fn has_stub<T: Row>(access: &Access<'_>, id: &str) -> Result<bool, Error> {
        access.has_stub::<T>(id)
    }
    let is_there = records::by_id(access, kind, id)?.is_some()
        || for_kind!(kind, has_stub(access, id), Ok(false))?;
    if !is_there {
        return Ok(());
    }
    for &(child, column) in children(kind) {
        let sql = format!("SELECT id FROM {} WHERE {column} = ?1", child.collection());
        for child_id in ids(access, &sql, id)? {
            family(access, child, child_id.as_str(), found)?;
        }
    }
    found.push((kind, Id::new(id)?));
    Ok(())
}

fn ids(access: &Access<'_>, sql: &str, of: &str) -> Result<Vec<Id>, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let mut rows = statement.query([of])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(Id::decode(row.get_ref(0)?).map_err(rusqlite::Error::from)?);
    }
    Ok(ids)
}

/// Takes records out without a trace in the feed, since a long-term memory keeps them, and says how
/// many. Of one that others refer to a stub stays, which no read shows.
pub(crate) fn move_out(
    access: &Access<'_>,
    kind: Kind,
    which: &str,
    params: &[&dyn ToSql],
) -> Result<u64, Error> {
    let mut moved = Vec::new();
    if PARENTS.contains(&kind) {
        let (table, blank, has_children) = (kind.collection(), blank(kind), has_children(kind));
        let sql = format!(
            "UPDATE {table} SET stub = TRUE, {blank} WHERE ({which}) AND NOT stub AND {has_children}
             RETURNING row, id"
        );
        moved = rows(access, &sql, params)?;
        moved.extend(take(access, kind, &format!("({which}) AND NOT stub"), params)?);
    } else {
        moved.extend(take(access, kind, which, params)?);
    }
    for (row, _) in &moved {
        search::unindex(access, kind, *row)?;
    }
    Ok(moved.len() as u64)
}

/// Drops the stubs to which nothing refers any more.
pub(crate) fn drop_stubs(access: &Access<'_>) -> Result<(), Error> {
    for &kind in PARENTS {
        take(access, kind, &format!("stub AND NOT {}", has_children(kind)), &[])?;
    }
    Ok(())
}

fn take(
    access: &Access<'_>,
    kind: Kind,
    which: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<(i64, Id)>, Error> {
    let sql = format!("DELETE FROM {} WHERE {which} RETURNING row, id", kind.collection());
    rows(access, &sql, params)
}

/// The row and id of what a statement changes.
fn rows(access: &Access<'_>, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<(i64, Id)>, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        taken.push((row.get(0)?, Id::decode(row.get_ref(1)?).map_err(rusqlite::Error::from)?));
    }
    Ok(taken)
}
