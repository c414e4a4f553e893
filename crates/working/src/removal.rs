//! Removing records permanently, or moving them out of this tier.

use aios_record::{Id, Identity, Kind, Owner};
use rusqlite::ToSql;

use crate::{
    Error, WorkingView,
    access::Access,
    column::Column,
    feed::Op,
    preference,
    records::{KINDS, leaves_stub},
    search,
    visible::{ALIVE, NOBODY},
};

impl WorkingView {
    /// Removes a record permanently, with the records that belong to it: a goal with its tasks, a
    /// task with its tool calls, a session with its messages and tasks, even if it was moved out.
    /// Returns the removed records, the one of this id last; empty if it does not exist.
    ///
    /// Records of other owners stay: removing a shared goal leaves users' tasks, which then have no
    /// goal. An administrator's removal includes them.
    ///
    /// # Errors
    /// [`Error::NotYours`] and [`Error::MachineWide`] if the view must not remove it;
    /// [`Error::Ambiguous`] if several owners have the id; [`Error::Storage`] if the file cannot be
    /// written.
    pub async fn remove(&self, kind: Kind, id: &str) -> Result<Vec<Identity>, Error> {
        let id = id.to_owned();
        self.free_room(move |access| remove(access, kind, &id)).await
    }

    /// Returns the records that [`remove`](WorkingView::remove) would remove now, in the same
    /// order.
    ///
    /// # Errors
    /// As [`remove`](WorkingView::remove).
    pub async fn would_remove(&self, kind: Kind, id: &str) -> Result<Vec<Identity>, Error> {
        let id = id.to_owned();
        let found = self.read(move |access| family(access, kind, &id)).await?;
        Ok(found.into_iter().map(|member| member.identity).collect())
    }

    /// Removes the record of this identity as [`remove`](WorkingView::remove) does, if it is
    /// visible.
    ///
    /// # Errors
    /// As [`remove`](WorkingView::remove), without [`Error::Ambiguous`].
    pub async fn remove_by_identity(&self, identity: &Identity) -> Result<Vec<Identity>, Error> {
        let identity = identity.clone();
        self.free_room(move |access| {
            let found = candidates(access, identity.kind, identity.id.as_str())?;
            let meant = found.into_iter().find(|member| member.identity == identity);
            remove_all(access, meant)
        })
        .await
    }
}

/// A record to be removed, and its row number.
struct Member {
    identity: Identity,
    row: i64,
}

/// Returns the references to records of one kind: the referring kind, and its column.
fn children(kind: Kind) -> &'static [(Kind, &'static str)] {
    match kind {
        Kind::Goal => &[(Kind::Task, "goal_row")],
        Kind::Task => &[(Kind::ToolCall, "task_row")],
        Kind::Session => &[(Kind::Message, "session_row"), (Kind::Task, "session_row")],
        _ => &[],
    }
}

/// Returns the assignments that clear the content of a parent.
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

/// Returns the assignments that clear the references of a removed parent.
fn unlinked(kind: Kind) -> &'static str {
    match kind {
        Kind::Task => "agent = '', goal_id = NULL, goal_row = NULL, session_row = NULL,",
        _ => "",
    }
}

/// The kinds that leave stubs, children first.
const PARENTS: &[Kind] = &[Kind::Task, Kind::Goal, Kind::Session];

/// Builds the condition that a row of a parent's table has children.
fn has_children(kind: Kind) -> String {
    let table = kind.collection();
    let any = children(kind).iter().map(|(child, column)| {
        let children = child.collection();
        format!("EXISTS (SELECT 1 FROM {children} AS c WHERE c.{column} = {table}.row)")
    });
    format!("({})", any.collect::<Vec<_>>().join(" OR "))
}

/// Builds the condition that a row is not a stub, or has a child of the owners that `owners`
/// selects. A stub kept only by other owners' records does not exist for anyone else.
pub(crate) fn stands(kind: Kind, owners: &str) -> String {
    if !PARENTS.contains(&kind) {
        return "TRUE".to_owned();
    }
    let table = kind.collection();
    let any = children(kind).iter().map(|(child, column)| {
        let children = child.collection();
        format!(
            "EXISTS (SELECT 1 FROM {children} AS c WHERE c.{column} = {table}.row AND c.{owners})"
        )
    });
    format!("(NOT stub OR {})", any.collect::<Vec<_>>().join(" OR "))
}

/// Removes the record that a bare id resolves to, with the records that belong to it.
fn remove(access: &Access<'_>, kind: Kind, id: &str) -> Result<Vec<Identity>, Error> {
    let meant = meant(access, kind, id)?;
    remove_all(access, meant)
}

fn remove_all(access: &Access<'_>, root: Option<Member>) -> Result<Vec<Identity>, Error> {
    let mut removed = Vec::new();
    for Member { identity, row } in family_of(access, root)? {
        remove_row(access, &identity, row)?;
        removed.push(identity);
    }
    Ok(removed)
}

/// Removes one record from its table and the search index, and adds its removal to the feed.
pub(crate) fn remove_row(access: &Access<'_>, record: &Identity, row: i64) -> Result<(), Error> {
    take(access, record.kind, row)?;
    search::unindex(access, record.owner.as_str(), record.kind, row)?;
    if preference::is_setting(record.kind) {
        return Ok(());
    }
    access.feed(record, Op::Delete)
}

/// Returns the record that a bare id resolves to and the records that belong to it, itself last;
/// empty if it does not exist.
fn family(access: &Access<'_>, kind: Kind, id: &str) -> Result<Vec<Member>, Error> {
    let meant = meant(access, kind, id)?;
    family_of(access, meant)
}

fn family_of(access: &Access<'_>, root: Option<Member>) -> Result<Vec<Member>, Error> {
    let mut found = Vec::new();
    if let Some(root) = root {
        if root.identity.kind == Kind::Persona {
            access.visible.check_machine_wide(Kind::Persona)?;
        }
        access.visible.check_change(&root.identity)?;
        gather(access, root, &mut found)?;
    }
    Ok(found)
}

fn gather(access: &Access<'_>, member: Member, found: &mut Vec<Member>) -> Result<(), Error> {
    for &(child, column) in children(member.identity.kind) {
        let (table, changeable) = (child.collection(), access.visible.changeable());
        let sql =
            format!("SELECT row, owner, id FROM {table} WHERE {column} = ?2 AND {changeable}");
        let owner = access.visible.owner();
        for child in members(access, child, &sql, &[&owner, &member.row])? {
            gather(access, child, found)?;
        }
    }
    found.push(member);
    Ok(())
}

/// Returns the record that a bare id resolves to, visible or moved out.
fn meant(access: &Access<'_>, kind: Kind, id: &str) -> Result<Option<Member>, Error> {
    let found = candidates(access, kind, id)?;
    access.visible.meant(kind, id, found, |member| member.identity.owner.clone())
}

/// Returns the records of this kind and id in the gate's scope.
fn candidates(access: &Access<'_>, kind: Kind, id: &str) -> Result<Vec<Member>, Error> {
    let scope = access.visible.scope();
    let (source, which) = match kind {
        Kind::Persona => (preference::PERSONA, "TRUE".to_owned()),
        Kind::Preference => (preference::PREFERENCES, scope.to_owned()),
        _ if !KINDS.contains(&kind) => return Ok(Vec::new()),
        _ if leaves_stub(kind) => {
            let stands = stands(kind, access.visible.owners());
            (kind.collection(), format!("{scope} AND {stands} AND (stub OR {ALIVE})"))
        }
        _ => (kind.collection(), format!("{scope} AND {ALIVE}")),
    };
    let sql = format!("SELECT row, owner, id FROM {source} WHERE id = ?6 AND {which}");
    let ([owner, project, agent, session], time) = (access.visible.params(), access.alive_at());
    members(access, kind, &sql, &[&owner, &project, &agent, &session, &time, &id])
}

/// Runs a statement that selects row, owner and id.
fn members(
    access: &Access<'_>,
    kind: Kind,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<Member>, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let id = Id::decode(row.get_ref(2)?).map_err(rusqlite::Error::from)?;
        let identity = Identity::new(Owner::from_stored(row.get::<_, String>(1)?), kind, id);
        members.push(Member { identity, row: row.get(0)? });
    }
    Ok(members)
}

/// Deletes a row. If other rows refer to it, leaves a stub without owner, which no id finds.
fn take(access: &Access<'_>, kind: Kind, row: i64) -> Result<(), Error> {
    let table = kind.collection();
    if !PARENTS.contains(&kind) {
        let sql = format!("DELETE FROM {table} WHERE row = ?1");
        access.connection.prepare_cached(&sql)?.execute([row])?;
        return Ok(());
    }
    let sql = format!("DELETE FROM {table} WHERE row = ?1 AND NOT {}", has_children(kind));
    match access.connection.prepare_cached(&sql)?.execute([row])? {
        0 => disown(access, kind, row),
        _ => Ok(()),
    }
}

/// Turns a row into a stub without owner, which no id finds, for the rows that refer to it.
pub(crate) fn disown(access: &Access<'_>, kind: Kind, row: i64) -> Result<(), Error> {
    let (table, blank, unlinked) = (kind.collection(), blank(kind), unlinked(kind));
    let sql = format!(
        "UPDATE {table} SET stub = TRUE, {blank}, {unlinked} id = CAST(row AS TEXT),
             owner = {NOBODY}, scope_project = NULL, scope_agent = NULL, scope_session = NULL,
             module = '', client = NULL, provenance_task_id = NULL, updated_by = NULL,
             expires_at = NULL
         WHERE row = ?1"
    );
    access.connection.prepare_cached(&sql)?.execute([row])?;
    Ok(())
}

/// Moves records out without a change in the feed, since a long-term memory keeps them; returns
/// their number. A record that others refer to leaves a stub, which no read shows.
pub(crate) fn move_out(
    access: &Access<'_>,
    kind: Kind,
    which: &str,
    params: &[&dyn ToSql],
) -> Result<u64, Error> {
    let table = kind.collection();
    let mut moved = Vec::new();
    let mut whole = String::new();
    if PARENTS.contains(&kind) {
        let (blank, has_children) = (blank(kind), has_children(kind));
        whole.push_str(" AND NOT stub");
        let sql = format!(
            "UPDATE {table} SET stub = TRUE, {blank} WHERE ({which}){whole} AND {has_children}
             RETURNING row, owner"
        );
        moved = rows(access, &sql, params)?;
    }
    let sql = format!("DELETE FROM {table} WHERE ({which}){whole} RETURNING row, owner");
    moved.extend(rows(access, &sql, params)?);
    for (row, owner) in &moved {
        search::unindex(access, owner, kind, *row)?;
    }
    Ok(moved.len() as u64)
}

/// Deletes the stubs that nothing refers to.
pub(crate) fn drop_stubs(access: &Access<'_>) -> Result<(), Error> {
    for &kind in PARENTS {
        let (table, has_children) = (kind.collection(), has_children(kind));
        let sql = format!("DELETE FROM {table} WHERE stub AND NOT {has_children}");
        access.connection.prepare_cached(&sql)?.execute([])?;
    }
    Ok(())
}

/// Runs a statement and returns the changed rows with their owners.
fn rows(
    access: &Access<'_>,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<(i64, String)>, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
