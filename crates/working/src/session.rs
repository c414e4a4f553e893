//! Sessions: conversations. Messages and tasks that name a missing session create it.

use aios_record::{Id, Kind, Record, Scope, Timestamp};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Meta,
    access::Access,
    limits::MESSAGES_MAX,
    row::{Row, fields},
    search::index::{self, Stored},
    tables,
    visible::in_project,
    writing::{self, Links, Writable},
};

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Unique among sessions. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Its subject in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The time of the last activity. Default: when the session is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active: Option<Timestamp>,
    /// Number of messages that the session has had, including trimmed ones. It is derived from the
    /// messages; a given number is ignored.
    #[serde(default)]
    pub message_count: i64,
    /// Scope (the user owns the conversation), provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Session {
    /// Returns an empty session.
    #[must_use]
    pub fn new(id: Id) -> Session {
        Session { id, summary: None, last_active: None, message_count: 0, meta: Meta::default() }
    }

    /// Returns the user who owns the conversation; `None` if it is shared.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.meta.scope.user.as_deref()
    }
}

fields! { Session { summary, last_active, message_count } }

impl Row for Session {
    fn text(&self) -> String {
        self.summary.clone().unwrap_or_default()
    }

    fn settle(&mut self, now: Timestamp) {
        self.meta.scope.session = Some(self.id.to_string());
        self.last_active.get_or_insert(now);
        self.message_count = self.message_count.clamp(0, MESSAGES_MAX);
    }

    fn describe(&self, record: &mut Record) {
        record.payload["user_id"] = self.user_id().into();
    }
}

impl Writable for Session {}

/// Returns the row of the owner's session that `scope` names. A missing session is created, in the
/// project of `scope`; one that was moved out is revived without its summary.
///
/// # Errors
/// As [`standing`].
pub(crate) fn ensure(access: &Access<'_>, scope: &Scope) -> Result<Option<i64>, Error> {
    let Some(session) = &scope.session else { return Ok(None) };
    let id = Id::new(session.as_str())?;
    if let Some(standing) = standing(access, &id, scope.user.as_deref())? {
        standing.revive(access)?;
        return Ok(Some(standing.row));
    }
    let mut session = Session::new(id);
    let bound = &access.visible.gate().filter().scope;
    session.meta.scope = Scope {
        user: scope.user.clone(),
        project: scope.project.clone().or_else(|| bound.project.clone()),
        agent: bound.agent.clone(),
        session: None,
    };
    writing::insert_new(access, &mut session, Links::default()).map(Some)
}

/// Like [`ensure`], for a restored record: a session created for it gets the record's times.
pub(crate) fn ensure_for(access: &Access<'_>, meta: &Meta) -> Result<Option<i64>, Error> {
    let Some(session) = &meta.scope.session else { return Ok(None) };
    let id = Id::new(session.as_str())?;
    if standing(access, &id, meta.scope.user.as_deref())?.is_some() {
        return ensure(access, &meta.scope);
    }
    let mut session = Session::new(id);
    session.meta = Meta {
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        recorded_at: meta.recorded_at,
        ..Meta::default()
    };
    session.meta.scope.user.clone_from(&meta.scope.user);
    session.meta.scope.project.clone_from(&meta.scope.project);
    session.settle(meta.created_at.unwrap_or(access.now));
    writing::insert(access, &session, Links::default()).map(Some)
}

/// Fills in the session in this row from `given` if it has no summary; returns true if that changed
/// it. A session created by messages that were restored before it has no summary.
pub(crate) fn fill_in(access: &Access<'_>, row: i64, given: &Session) -> Result<bool, Error> {
    let Some(found) = access.by_row::<Session>(row)? else { return Ok(false) };
    let mut here = found.item;
    let says = |session: &Session| session.summary.as_ref().is_some_and(|text| !text.is_empty());
    if says(&here) || !says(given) {
        return Ok(false);
    }
    here.summary.clone_from(&given.summary);
    here.message_count = here.message_count.max(given.message_count);
    here.last_active = here.last_active.max(given.last_active);
    writing::write(access, &mut here)?;
    Ok(true)
}

/// Row of a session, possibly a stub.
pub(crate) struct Standing {
    pub(crate) row: i64,
    is_stub: bool,
}

/// Returns the session of this id that belongs to `user`, or that is shared. A stub kept only by
/// other owners' records is ignored, and loses its id.
///
/// # Errors
/// [`Error::Conflict`] if the session is in another project than the view.
pub(crate) fn standing(
    access: &Access<'_>,
    id: &Id,
    user: Option<&str>,
) -> Result<Option<Standing>, Error> {
    let user = user.unwrap_or_default();
    let is_here = in_project(3);
    let sql = format!("SELECT row, stub, {is_here} FROM sessions WHERE id = ?1 AND owner = ?2");
    let mut statement = access.connection.prepare_cached(&sql)?;
    let found = statement.query_row((id.as_str(), user, access.visible.project()), |row| {
        Ok((Standing { row: row.get(0)?, is_stub: row.get(1)? }, row.get(2)?))
    });
    let found: Option<(Standing, bool)> = found.optional()?;
    let Some((session, is_here)) = found else { return Ok(None) };
    if session.is_stub && !session.is_kept_by(access, user)? {
        writing::disown(access, Kind::Session, session.row)?;
        return Ok(None);
    }
    match is_here {
        true => Ok(Some(session)),
        false => Err(Error::Conflict { kind: Kind::Session, id: id.clone() }),
    }
}

impl Standing {
    /// Returns true if records of `owner`, which is its own, keep the stub.
    fn is_kept_by(&self, access: &Access<'_>, owner: &str) -> Result<bool, Error> {
        let stands = tables::stands(Kind::Session, "owner = ?2");
        let sql = format!("SELECT 1 FROM sessions WHERE row = ?1 AND {stands}");
        Ok(access.connection.prepare_cached(&sql)?.exists((self.row, owner))?)
    }

    /// Revives a session that was moved out.
    pub(crate) fn revive(&self, access: &Access<'_>) -> Result<(), Error> {
        if !self.is_stub {
            return Ok(());
        }
        let sql = "UPDATE sessions SET stub = FALSE, last_active = ?2 WHERE row = ?1
             RETURNING owner";
        let mut statement = access.connection.prepare_cached(sql)?;
        let params = (self.row, access.now.as_microsecond());
        let owner: String = statement.query_row(params, |row| row.get(0))?;
        index::put(access, &owner, Kind::Session, self.row, "", Stored::Inserted)
    }
}
