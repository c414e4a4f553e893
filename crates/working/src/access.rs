//! One call's way to the tables: a connection, whose records it may see, and the time.
//!
//! Everything that is stored goes through [`Access::store`], so that scope, limits, references,
//! words and feed are looked after in one place.

use std::cell::RefCell;

use aios_ledger::Deferred;
use aios_record::{Id, Kind, Scope, ScopeFilter, ScopeMatch, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, ToSql, params_from_iter};

use crate::{
    Error,
    column::Column,
    config::Config,
    feed::{self, Op},
    records,
    row::{Columns, Row, bind_meta, check_meta},
    search, session,
};

/// What a read may see: `?1` to `?3` the scope, `?4` whether shared records too, `?5` the time.
/// A call's own parameters start at `?6`.
const VISIBLE: &str = "(?1 IS NULL OR scope_user = ?1 OR (?4 AND scope_user IS NULL))
    AND (?2 IS NULL OR scope_agent = ?2 OR (?4 AND scope_agent IS NULL))
    AND (?3 IS NULL OR scope_session = ?3 OR (?4 AND scope_session IS NULL))
    AND (expires_at IS NULL OR ?5 < expires_at)";

/// One call's way to the tables.
pub(crate) struct Access<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) config: &'a Config,
    pub(crate) bound: &'a ScopeFilter,
    pub(crate) now: Timestamp,
    /// Whether reads show what has expired.
    pub(crate) sees_expired: bool,
    /// Takes what is to be done at the end of the batch; what has none does it at once.
    pub(crate) deferred: Option<RefCell<&'a mut Deferred>>,
}

/// Whose an existing record is, and what no update changes.
struct Owner {
    scope: Scope,
    created_at: Timestamp,
    recorded_at: Timestamp,
}

/// What storing a record did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Inserted,
    Updated,
}

impl<'a> Access<'a> {
    /// A call's way now, which leaves nothing for later.
    pub(crate) fn new(
        connection: &'a Connection,
        config: &'a Config,
        bound: &'a ScopeFilter,
    ) -> Access<'a> {
        let now = config.clock.now();
        Access { connection, config, bound, now, sees_expired: false, deferred: None }
    }
    /// The visible records that `tail` asks for: more conditions, order, limit. `own` are its
    /// parameters, from `?6` on.
    pub(crate) fn select<T: Row>(&self, tail: &str, own: &[&dyn ToSql]) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.each::<T>(tail, own, |item, _| found.push(item))?;
        Ok(found)
    }

    /// As [`select`](Access::select), with the number of the last row.
    pub(crate) fn page<T: Row>(
        &self,
        after: i64,
        limit: i64,
    ) -> Result<(Vec<T>, Option<i64>), Error> {
        let (mut items, mut last) = (Vec::new(), None);
        self.each::<T>("AND ?6 < row ORDER BY row LIMIT ?7", &[&after, &limit], |item, row| {
            items.push(item);
            last = Some(row);
        })?;
        Ok((items, last))
    }

    /// Some rows after number `after` with their numbers, whoever may see them.
    pub(crate) fn rows<T: Row>(&self, after: i64) -> Result<Vec<(T, i64)>, Error> {
        const ROWS: usize = 256;
        let select = &T::statements().select;
        let sql = format!("{select} ?1 < row ORDER BY row LIMIT {ROWS}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([after])?;
        let mut items = Vec::with_capacity(ROWS);
        while let Some(row) = rows.next()? {
            items.push((read(row)?, row.get("row")?));
        }
        Ok(items)
    }

    fn each<T: Row>(
        &self,
        tail: &str,
        own: &[&dyn ToSql],
        mut take: impl FnMut(T, i64),
    ) -> Result<(), Error> {
        let sql = format!("{} {VISIBLE} {tail}", T::statements().select);
        let scope = &self.bound.scope;
        let shared = self.bound.matching == ScopeMatch::EqualOrShared;
        let now = if self.sees_expired { i64::MIN } else { self.now.as_microsecond() };
        let visible: [&dyn ToSql; 5] = [&scope.user, &scope.agent, &scope.session, &shared, &now];
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(visible.iter().chain(own)))?;
        while let Some(row) = rows.next()? {
            let number = row.get("row")?;
            take(read(row)?, number);
        }
        Ok(())
    }

    /// The record of this id, if it is visible.
    pub(crate) fn get<T: Row>(&self, id: &str) -> Result<Option<T>, Error> {
        Ok(self.select("AND id = ?6", &[&id])?.pop())
    }

    /// The record of this id.
    pub(crate) fn require<T: Row>(&self, id: &str) -> Result<T, Error> {
        let missing = || Error::NotFound { kind: T::KIND, id: id.to_owned() };
        self.get(id)?.ok_or_else(missing)
    }

    /// Whether a record exists at all, visible or not.
    pub(crate) fn exists<T: Row>(&self, id: &Id) -> Result<bool, Error> {
        Ok(self.owner::<T>(id)?.is_some())
    }

    /// Whose a record is, visible or not.
    pub(crate) fn scope_of<T: Row>(&self, id: &Id) -> Result<Option<Scope>, Error> {
        Ok(self.owner::<T>(id)?.map(|owner| owner.scope))
    }

    /// Whether a record of this id has moved out and left a stub, where it would be visible.
    pub(crate) fn has_stub<T: Row>(&self, id: &str) -> Result<bool, Error> {
        if !T::LEAVES_STUB {
            return Ok(false);
        }
        let sql = format!(
            "SELECT scope_user, scope_agent, scope_session FROM {} WHERE id = ?1 AND stub",
            T::TABLE
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let scope = statement.query_row([id], |row| Columns::of(row).scope()).optional()?;
        Ok(scope.is_some_and(|scope| self.bound.admits(&scope)))
    }

    /// Whether what the file holds is within its limit.
    pub(crate) fn check_room(&self) -> Result<(), Error> {
        match self.config.file_bytes_max {
            Some(limit) if limit < self.bytes_used()? => Err(Error::Full { source: None }),
            _ => Ok(()),
        }
    }

    /// How much the file holds, free pages not counted.
    pub(crate) fn bytes_used(&self) -> Result<u64, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    fn owner<T: Row>(&self, id: &Id) -> Result<Option<Owner>, Error> {
        let mut statement = self.connection.prepare_cached(&T::statements().owner)?;
        let owner = statement.query_row([id.as_str()], |row| {
            let mut columns = Columns::of(row);
            Ok(Owner {
                scope: columns.scope()?,
                created_at: columns.next()?,
                recorded_at: columns.next()?,
            })
        });
        Ok(owner.optional()?)
    }

    /// Inserts or updates `item`, and fills in what it left out. An update keeps when it was
    /// created and recorded, and never changes whose it is.
    pub(crate) fn store<T: Row>(&self, item: &mut T) -> Result<Stored, Error> {
        self.prepare(item)?;
        let owner = self.owner::<T>(item.id())?;
        let meta = item.meta_mut();
        let (statement, stored) = match owner {
            None => (&T::statements().insert, Stored::Inserted),
            Some(owner) if owner.scope == meta.scope => {
                meta.created_at = Some(owner.created_at);
                meta.recorded_at = Some(owner.recorded_at);
                (&T::statements().update, Stored::Updated)
            }
            Some(_) => return Err(Error::Conflict { kind: T::KIND, id: item.id().clone() }),
        };
        let row = self.put(statement, item)?;
        search::index(self, T::KIND, row, &item.text(), stored)?;
        if item.feeds(self.config.feed_events) {
            self.feed(T::KIND, item.id(), Op::Upsert)?;
        }
        Ok(stored)
    }

    /// Inserts `item`, which is not here and was [checked](Access::check), as it is, with the times
    /// that it has.
    pub(crate) fn insert<T: Row>(&self, item: &T) -> Result<(), Error> {
        let row = self.put(&T::statements().insert, item)?;
        search::index(self, T::KIND, row, &item.text(), Stored::Inserted)?;
        if item.feeds(self.config.feed_events) {
            self.feed(T::KIND, item.id(), Op::Upsert)?;
        }
        Ok(())
    }

    /// Whether every field of `item` may be stored.
    pub(crate) fn check<T: Row>(&self, item: &T) -> Result<(), Error> {
        check_meta(item.meta(), self.config.text_bytes_max)?;
        item.check(self.config.text_bytes_max)
    }

    /// Changes the visible record of this id with `change` and stores it.
    pub(crate) fn change<T: Row>(&self, id: &str, change: impl FnOnce(&mut T)) -> Result<T, Error> {
        let mut item: T = self.require(id)?;
        change(&mut item);
        self.store(&mut item)?;
        Ok(item)
    }

    /// Fills in scope and times, then checks every field and every reference.
    fn prepare<T: Row>(&self, item: &mut T) -> Result<(), Error> {
        let now = self.now;
        self.fill(&mut item.meta_mut().scope)?;
        let meta = item.meta_mut();
        meta.created_at.get_or_insert(now);
        meta.recorded_at = Some(now);
        meta.updated_at = Some(now);
        item.settle(now);
        self.check(item)?;
        for (field, kind, id) in item.parents() {
            if !self.has_parent(item, kind, id)? {
                return Err(Error::MissingParent { field, kind, id: id.clone() });
            }
        }
        if T::MAKES_SESSION {
            session::ensure(self, &item.meta().scope)?;
        }
        Ok(())
    }

    /// Whether what `item` refers to is there. One of another user is as good as none: whoever
    /// forgets it takes along what belongs to it.
    pub(crate) fn has_parent<T: Row>(&self, item: &T, kind: Kind, id: &Id) -> Result<bool, Error> {
        let user = &item.meta().scope.user;
        let fits = |of: Scope| of.user.is_none() || user.is_none() || of.user == *user;
        Ok(records::scope_of(self, kind, id)?.is_some_and(fits))
    }

    fn put<T: Row>(&self, statement: &str, item: &T) -> Result<i64, Error> {
        let mut values = vec![item.id().bind()];
        values.extend(item.bind());
        values.extend(bind_meta(item.meta()));
        self.row_number(statement, params_from_iter(values))
    }

    fn row_number(&self, statement: &str, params: impl Params) -> Result<i64, Error> {
        Ok(self.connection.prepare_cached(statement)?.query_row(params, |row| row.get(0))?)
    }

    /// Does `work` on the word index in the same transaction, in the order of `place`.
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

    /// Does `work` after all that the batch leaves for [later](Access::later). What is in no batch
    /// has nobody who waits for its commit, and does without.
    pub(crate) fn at_end(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        if self.deferred.is_some() { self.later(i64::MAX, work) } else { Ok(()) }
    }

    /// Leaves a trace in the feed, if it wants this kind.
    pub(crate) fn feed(&self, kind: Kind, id: &Id, op: Op) -> Result<(), Error> {
        if !self.config.feeds(kind) {
            return Ok(());
        }
        feed::push(self.connection, kind, id, op)
    }

    /// Fills in what this handle is bound to, where `scope` says nothing.
    pub(crate) fn fill(&self, scope: &mut Scope) -> Result<(), Error> {
        fill(&self.bound.scope, scope)
    }
}

/// Fills in the parts of `scope` that are bound, and refuses other ones.
pub(crate) fn fill(bound: &Scope, scope: &mut Scope) -> Result<(), Error> {
    let parts = [
        ("user", &bound.user, &mut scope.user),
        ("agent", &bound.agent, &mut scope.agent),
        ("session", &bound.session, &mut scope.session),
    ];
    for (part, bound, given) in parts {
        match (bound, given.as_ref()) {
            (Some(bound), Some(given)) if bound != given => {
                return Err(Error::OutOfScope { part });
            }
            (Some(bound), None) => *given = Some(bound.clone()),
            _ => {}
        }
    }
    Ok(())
}

/// A whole record out of a row of its `select` statement.
pub(crate) fn read<T: Row>(row: &rusqlite::Row<'_>) -> Result<T, Error> {
    T::take(&mut Columns::of(row)).map_err(|source| Error::Damaged {
        kind: T::KIND,
        id: row.get(0).unwrap_or_else(|_| "?".to_owned()),
        source: Box::new(source),
    })
}
