//! Access of one call to the tables: a connection, a gate, and the time. Reads are here, writes in
//! `writing`.

use std::cell::RefCell;

use aios_ledger::Deferred;
use aios_record::{Id, Identity, Kind, Owner, Record, Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, ToSql, params_from_iter};

use crate::{
    Error,
    config::Config,
    row::{self, Columns, Row},
    tables,
    visible::{ALIVE, Visible, in_project},
};

/// Access of one call to the tables.
pub(crate) struct Access<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) config: &'a Config,
    pub(crate) visible: &'a Visible,
    pub(crate) now: Timestamp,
    /// If true, reads include expired records.
    pub(crate) sees_expired: bool,
    /// Receives the work for the end of the batch. If `None`, the work runs at once.
    pub(crate) deferred: Option<RefCell<&'a mut Deferred>>,
}

/// A record read from its table.
pub(crate) struct Read<T> {
    pub(crate) item: T,
    pub(crate) row: i64,
    /// Owner of the record's parent, if it has one.
    parent_owner: Option<Owner>,
}

impl<T: Row> Read<T> {
    /// Returns the record in exchange form.
    pub(crate) fn record(&self) -> Record {
        row::record(&self.item, self.parent_owner.clone())
    }
}

impl<'a> Access<'a> {
    /// Returns access at the current time, without deferred work or expired records.
    pub(crate) fn new(
        connection: &'a Connection,
        config: &'a Config,
        visible: &'a Visible,
    ) -> Access<'a> {
        let now = config.clock.now();
        Access { connection, config, visible, now, sees_expired: false, deferred: None }
    }

    /// Returns the visible records that match `tail`: more conditions, order, limit. `own` are its
    /// parameters, from `?6` on.
    pub(crate) fn select<T: Row>(&self, tail: &str, own: &[&dyn ToSql]) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.each(tail, own, |read: Read<T>| found.push(read.item))?;
        Ok(found)
    }

    /// Like [`select`](Access::select), with the row numbers.
    pub(crate) fn read<T: Row>(
        &self,
        tail: &str,
        own: &[&dyn ToSql],
    ) -> Result<Vec<Read<T>>, Error> {
        let mut found = Vec::new();
        self.each(tail, own, |read| found.push(read))?;
        Ok(found)
    }

    fn each<T: Row>(
        &self,
        tail: &str,
        own: &[&dyn ToSql],
        mut take: impl FnMut(Read<T>),
    ) -> Result<(), Error> {
        let sql = format!("{} {} AND {ALIVE} {tail}", T::statements().select, self.visible.scope());
        let (scope, time) = (self.visible.params(), self.alive_at());
        let [owner, project, agent, session] = &scope;
        let visible: [&dyn ToSql; 5] = [owner, project, agent, session, &time];
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(visible.iter().chain(own)))?;
        while let Some(row) = rows.next()? {
            take(read(row)?);
        }
        Ok(())
    }

    /// Returns the value of `?5` in [`ALIVE`].
    pub(crate) fn alive_at(&self) -> i64 {
        if self.sees_expired { i64::MIN } else { self.now.as_microsecond() }
    }

    /// Returns the next rows after row number `after`, regardless of visibility.
    pub(crate) fn rows<T: Row>(&self, after: i64) -> Result<Vec<Read<T>>, Error> {
        const ROWS: usize = 256;
        let select = &T::statements().select;
        let sql = format!("{select} ?1 < row ORDER BY row LIMIT {ROWS}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([after])?;
        let mut items = Vec::with_capacity(ROWS);
        while let Some(row) = rows.next()? {
            items.push(read(row)?);
        }
        Ok(items)
    }

    /// Returns the record that a bare id resolves to: the owner's own, else the shared one.
    pub(crate) fn find<T: Row>(&self, id: &str) -> Result<Option<Read<T>>, Error> {
        let found = self.read::<T>("AND id = ?6", &[&id])?;
        self.visible.meant(T::KIND, id, found, |read| read.item.meta().scope.owner())
    }

    /// Like [`find`](Access::find), without the row number.
    pub(crate) fn get<T: Row>(&self, id: &str) -> Result<Option<T>, Error> {
        Ok(self.find(id)?.map(|read| read.item))
    }

    /// Returns the visible record of this owner and id.
    pub(crate) fn identified<T: Row>(
        &self,
        owner: &Owner,
        id: &str,
    ) -> Result<Option<Read<T>>, Error> {
        Ok(self.read("AND id = ?6 AND owner = ?7", &[&id, &owner.as_str()])?.pop())
    }

    /// Returns the visible record in this row.
    pub(crate) fn by_row<T: Row>(&self, row: i64) -> Result<Option<Read<T>>, Error> {
        Ok(self.read("AND row = ?6", &[&row])?.pop())
    }

    /// Returns the record in this row, regardless of visibility.
    pub(crate) fn at<T: Row>(&self, row: i64) -> Result<Option<T>, Error> {
        let sql = format!("{} row = ?1", T::statements().select);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([row])?;
        Ok(rows.next()?.map(read).transpose()?.map(|read| read.item))
    }

    /// Returns the row that a bare id resolves to when reading the records that refer to it: moved
    /// out or not, the owner's own before the shared one.
    pub(crate) fn referred(&self, kind: Kind, id: &str) -> Result<Option<i64>, Error> {
        let (table, owners) = (kind.collection(), self.visible.owners());
        let stands = tables::stands(kind, owners);
        let sql = format!("SELECT row, owner FROM {table} WHERE id = ?2 AND {owners} AND {stands}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map((self.visible.owner(), id), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let owner = |(_, owner): &(i64, String)| Owner::from_stored(owner.clone());
        Ok(self.visible.meant(kind, id, found, owner)?.map(|(row, _)| row))
    }

    /// Returns the row that a reference of `owner`'s record leads to: the owner's own record of
    /// this id, moved out or not, else the shared one. `None` for a record of another project than
    /// the view's.
    pub(crate) fn parent(&self, kind: Kind, id: &Id, owner: &Owner) -> Result<Option<i64>, Error> {
        const OWNERS: &str = "owner IN ('', ?2)";
        let (table, stands) = (kind.collection(), tables::stands(kind, OWNERS));
        // With ORDER BY, SQLite would prepare the statement again at each use.
        let sql = format!(
            "SELECT row, owner = '' FROM {table} WHERE id = ?1 AND {OWNERS} AND {stands} AND {}",
            in_project(3)
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query((id.as_str(), owner.as_str(), self.visible.project()))?;
        let mut parent = None;
        while let Some(row) = rows.next()? {
            let is_shared: bool = row.get(1)?;
            if parent.is_none() || !is_shared {
                parent = Some(row.get(0)?);
            }
        }
        Ok(parent)
    }

    /// Returns the row of this identity, moved out or not, if the view and `owner` may refer to it.
    pub(crate) fn row_of(&self, identity: &Identity, owner: &Owner) -> Result<Option<i64>, Error> {
        let kind = identity.kind;
        let (table, stands) = (kind.collection(), tables::stands(kind, "owner IN ('', ?3)"));
        let sql = format!(
            "SELECT row FROM {table} WHERE id = ?1 AND owner = ?2 AND {stands} AND {}",
            in_project(4)
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let project = self.visible.project();
        let params = (identity.id.as_str(), identity.owner.as_str(), owner.as_str(), project);
        Ok(statement.query_row(params, |row| row.get(0)).optional()?)
    }

    /// Runs a statement that counts.
    pub(crate) fn count(&self, sql: &str, params: impl Params) -> Result<u64, Error> {
        let count: i64 =
            self.connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    /// Fails if the file uses more than its limit.
    pub(crate) fn check_room(&self) -> Result<(), Error> {
        let Some(bytes_max) = self.config.file_bytes_max else { return Ok(()) };
        let bytes = self.bytes_used()?;
        if bytes_max < bytes { Err(Error::LimitReached { bytes, bytes_max }) } else { Ok(()) }
    }

    /// Returns the bytes in use, without free pages.
    pub(crate) fn bytes_used(&self) -> Result<u64, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// Runs `work` on the search index in the same transaction, in the order of `place`.
    pub(crate) fn later(
        &self,
        place: i64,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        match &self.deferred {
            Some(deferred) => deferred.borrow_mut().push(place, work),
            None => work(self.connection)?,
        }
        Ok(())
    }

    /// Runs `work` after all work [deferred](Access::later) by the batch. Outside of a batch there
    /// is no deferred work, and `work` is dropped.
    pub(crate) fn at_end(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        if self.deferred.is_some() { self.later(i64::MAX, work) } else { Ok(()) }
    }

    /// Fills in the scope of a record written through this gate.
    pub(crate) fn fill(&self, scope: &mut Scope) -> Result<(), Error> {
        Ok(self.visible.gate().fill(scope)?)
    }
}

/// Returns the identity of a record of a table.
pub(crate) fn identity<T: Row>(item: &T) -> Identity {
    Identity::new(item.meta().scope.owner(), T::KIND, item.id().clone())
}

/// Reads a record from a row of its `select` statement.
fn read<T: Row>(row: &rusqlite::Row<'_>) -> Result<Read<T>, Error> {
    let mut columns = Columns::of(row);
    let damaged = |source| Error::Damaged {
        kind: T::KIND,
        id: row.get(0).unwrap_or_else(|_| "?".to_owned()),
        source: Box::new(source),
    };
    let item = T::take(&mut columns).map_err(damaged)?;
    let row = columns.next().map_err(damaged)?;
    let parent_owner = match T::table().parent {
        Some(_) => columns.next::<Option<String>>().map_err(damaged)?.map(Owner::from_stored),
        None => None,
    };
    Ok(Read { item, row, parent_owner })
}
