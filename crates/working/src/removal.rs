//! Taking records out: removing them for good, or moving them out of this tier.

use aios_record::{Id, Kind};
use rusqlite::ToSql;

use crate::{
    Error, Working, access::Access, column::Column, feed::Op, preference, records::for_kind,
    row::Row, search,
};

impl Working {
    /// Removes a record for good, and with it what belongs to it: a goal takes its tasks along, a
    /// task its tool calls, a session its messages and tasks. Returns what was removed, the record
    /// itself last; nothing if there is none.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn remove(&self, kind: Kind, id: &str) -> Result<Vec<(Kind, Id)>, Error> {
        let id = id.to_owned();
        self.write(move |access| {
            let mut removed = Vec::new();
            remove(access, kind, &id, &mut removed)?;
            Ok(removed)
        })
        .await
    }
}

/// Which records belong to one of a kind: their kind, and the column that refers to it.
fn children(kind: Kind) -> &'static [(Kind, &'static str)] {
    match kind {
        Kind::Goal => &[(Kind::Task, "SELECT id FROM tasks WHERE goal_id = ?1")],
        Kind::Task => &[(Kind::ToolCall, "SELECT id FROM tool_calls WHERE task_id = ?1")],
        Kind::Session => &[
            (Kind::Message, "SELECT id FROM messages WHERE scope_session = ?1"),
            (Kind::Task, "SELECT id FROM tasks WHERE scope_session = ?1"),
        ],
        _ => &[],
    }
}

pub(crate) fn remove(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    removed: &mut Vec<(Kind, Id)>,
) -> Result<(), Error> {
    match kind {
        Kind::Preference => return preference::remove(access, id, removed),
        Kind::Persona => return preference::remove_trait(access, id, removed),
        _ => {}
    }
    fn visible<T: Row>(access: &Access<'_>, id: &str) -> Result<Option<&'static str>, Error> {
        Ok(access.get::<T>(id)?.map(|_| T::TABLE))
    }
    let Some(table) = for_kind!(kind, visible(access, id), Ok(None))? else { return Ok(()) };
    for &(child, sql) in children(kind) {
        for child_id in ids(access, sql, id)? {
            remove(access, child, child_id.as_str(), removed)?;
        }
    }
    for (row, id) in take(access, table, "id = ?1", &[&id])? {
        search::unindex(access.connection, kind, row)?;
        access.feed(kind, &id, Op::Delete)?;
        removed.push((kind, id));
    }
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

/// Takes rows out of a table without a trace in the feed: a long-term memory keeps them.
pub(crate) fn move_out(
    access: &Access<'_>,
    table: &'static str,
    which: &str,
    params: &[&dyn ToSql],
) -> Result<u64, Error> {
    let taken = take(access, table, which, params)?;
    let kind = Kind::from_collection(table)?;
    for (row, _) in &taken {
        search::unindex(access.connection, kind, *row)?;
    }
    Ok(taken.len() as u64)
}

fn take(
    access: &Access<'_>,
    table: &'static str,
    which: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<(i64, Id)>, Error> {
    let sql = format!("DELETE FROM {table} WHERE {which} RETURNING row, id");
    let mut statement = access.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        taken.push((row.get(0)?, Id::decode(row.get_ref(1)?).map_err(rusqlite::Error::from)?));
    }
    Ok(taken)
}
