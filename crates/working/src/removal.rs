//! Removing records permanently, or moving them out of this tier.

use aios_record::{Id, Identity, Kind, Owner};
use rusqlite::ToSql;

use crate::{
    Error,
    access::Access,
    column::Column,
    feed::trace::{self, Op},
    preference,
    search::index,
    tables::{self, KINDS},
    visible::ALIVE,
    writing,
};

/// A record to be removed, and its row number.
struct Member {
    identity: Identity,
    row: i64,
}

/// Removes the record that a bare id resolves to, with the records that belong to it.
pub(crate) fn remove(access: &Access<'_>, kind: Kind, id: &str) -> Result<Vec<Identity>, Error> {
    let meant = meant(access, kind, id)?;
    remove_all(access, meant)
}

/// Removes the record of this identity, with the records that belong to it.
pub(crate) fn remove_exactly(
    access: &Access<'_>,
    identity: &Identity,
) -> Result<Vec<Identity>, Error> {
    let found = candidates(access, identity.kind, identity.id.as_str())?;
    let meant = found.into_iter().find(|member| member.identity == *identity);
    remove_all(access, meant)
}

/// Returns the records that [`remove`] would remove.
pub(crate) fn preview(access: &Access<'_>, kind: Kind, id: &str) -> Result<Vec<Identity>, Error> {
    let meant = meant(access, kind, id)?;
    Ok(family_of(access, meant)?.into_iter().map(|member| member.identity).collect())
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
    disown_children(access, record.kind, row)?;
    take(access, record.kind, row)?;
    index::remove(access, record.owner.as_str(), record.kind, row)?;
    trace::add(access, record, Op::Delete)
}

/// Returns a record and the records that belong to it, itself last.
fn family_of(access: &Access<'_>, root: Option<Member>) -> Result<Vec<Member>, Error> {
    let mut found = Vec::new();
    if let Some(root) = root {
        if root.identity.kind == Kind::Persona {
            access.visible.check_machine_wide(Kind::Persona)?;
        }
        access.visible.check_change(&root.identity)?;
        let named = root.identity.key();
        if !gather(access, root, &mut found)? {
            return Err(Error::BeyondScope { kind: named.kind, id: named.id.to_string() });
        }
    }
    Ok(found)
}

/// Adds to `found` a record after the records that belong to it. Returns false if one of these is
/// outside the gate's scope, which the caller must report.
fn gather(access: &Access<'_>, member: Member, found: &mut Vec<Member>) -> Result<bool, Error> {
    let ([owner, project, agent, session], scope) =
        (access.visible.params(), access.visible.scope());
    for (child, column) in tables::children(member.identity.kind) {
        let (table, changeable) = (child.collection(), access.visible.changeable());
        let stands = tables::stands(child, changeable);
        let which = format!("{column} = ?5 AND {changeable} AND {stands}");
        let params: &[&dyn ToSql] = &[&owner, &project, &agent, &session, &member.row];
        let beyond = format!("SELECT 1 FROM {table} WHERE {which} AND NOT ({scope})");
        if access.connection.prepare_cached(&beyond)?.exists(params)? {
            return Ok(false);
        }
        let sql = format!("SELECT row, owner, id FROM {table} WHERE {which}");
        for child in members(access, child, &sql, params)? {
            if !gather(access, child, found)? {
                return Ok(false);
            }
        }
    }
    found.push(member);
    Ok(true)
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
        _ if tables::leaves_stub(kind) => {
            let stands = tables::stands(kind, access.visible.owners());
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

/// Removes the owner of the stubs that belong to a row. Only other owners' records can still need
/// them, since [`gather`] found all other records. A removal includes these stubs without reporting
/// them.
fn disown_children(access: &Access<'_>, kind: Kind, row: i64) -> Result<(), Error> {
    let owner = access.visible.owner();
    for (child, column) in tables::children(kind).filter(|(child, _)| tables::leaves_stub(*child)) {
        let (table, changeable) = (child.collection(), access.visible.changeable());
        let sql =
            format!("SELECT row, owner FROM {table} WHERE {column} = ?2 AND stub AND {changeable}");
        for (stub, _) in rows(access, &sql, &[&owner, &row])? {
            writing::disown(access, child, stub)?;
        }
    }
    Ok(())
}

/// Deletes a row. If other rows refer to it, leaves a stub without an owner, which no lookup by id
/// finds.
fn take(access: &Access<'_>, kind: Kind, row: i64) -> Result<(), Error> {
    let table = kind.collection();
    if !tables::leaves_stub(kind) {
        let sql = format!("DELETE FROM {table} WHERE row = ?1");
        access.connection.prepare_cached(&sql)?.execute([row])?;
        return Ok(());
    }
    let sql = format!("DELETE FROM {table} WHERE row = ?1 AND NOT {}", tables::has_children(kind));
    match access.connection.prepare_cached(&sql)?.execute([row])? {
        0 => writing::disown(access, kind, row),
        _ => Ok(()),
    }
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
    if let Some(stub) = tables::of(kind).stub {
        moved = rows(access, &stub.moving_out(which), params)?;
    }
    let whole = tables::whole(kind);
    let sql = format!("DELETE FROM {table} WHERE ({which}) AND {whole} RETURNING row, owner");
    moved.extend(rows(access, &sql, params)?);
    for (row, owner) in &moved {
        index::remove(access, owner, kind, *row)?;
    }
    Ok(moved.len() as u64)
}

/// Deletes the stubs that nothing refers to.
pub(crate) fn drop_stubs(access: &Access<'_>) -> Result<(), Error> {
    for kind in tables::with_stubs() {
        let (table, has_children) = (kind.collection(), tables::has_children(kind));
        let sql = format!("DELETE FROM {table} WHERE stub AND NOT {has_children}");
        access.connection.prepare_cached(&sql)?.execute([])?;
    }
    Ok(())
}

/// Runs a statement that selects or returns rows and their owners.
fn rows(
    access: &Access<'_>,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<(i64, String)>, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
