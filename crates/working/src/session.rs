//! Sessions: conversations and their summaries.

use aios_record::{Id, Kind, Record, Scope, Timestamp};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use crate::{
    Error, IMPORTANT, Meta, Task, WorkingView,
    access::{Access, Links, Stored},
    feed,
    message::MESSAGES_MAX,
    removal,
    row::{Row, fields},
    search, summary,
};

/// Default number of hours for which a session counts as active.
pub const SESSION_ACTIVE_HOURS: u32 = 24;
/// Default number of days for which an idle session stays.
pub const SESSION_IDLE_DAYS_MAX: u32 = 90;

/// Default number of recent summaries.
pub const RECENT_SUMMARIES: usize = 3;
/// Default limit of the tokens of recent summaries together.
pub const RECENT_SUMMARIES_TOKENS_MAX: usize = 2000;

/// Characters per token, for truncating summaries.
const TOKEN_CHARS: usize = 4;
/// Minimum length of a truncated summary, in characters.
const CUT_CHARS_MIN: usize = 50;

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
    /// Number of messages that the session has had, including trimmed ones.
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

fields! { Session in "sessions" with stubs { summary, last_active, message_count } }

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

/// Summary of a finished task or of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecentSummary {
    /// [`Kind::Task`] or [`Kind::Session`].
    pub kind: Kind,
    /// Id of the task or session.
    pub id: Id,
    /// The summary, possibly truncated with `...`.
    pub text: String,
    /// The time of the end, or of the last activity.
    pub time: Timestamp,
}

impl WorkingView {
    /// Creates a session. If its owner already has it, returns the existing one unchanged.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner has it in another project or agent.
    pub async fn create_session(&self, session: Session) -> Result<Session, Error> {
        self.write(move |access| {
            let mut session = session;
            access.fill(&mut session.meta.scope)?;
            if let Some(standing) = standing(access, &session.id, session.user_id())? {
                standing.revive(access)?;
                if let Some(existing) = access.by_row::<Session>(standing.row)? {
                    return Ok(existing.item);
                }
            }
            access.write(&mut session)?;
            Ok(session)
        })
        .await
    }

    /// Returns the session of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn session(&self, id: &str) -> Result<Option<Session>, Error> {
        self.get(id).await
    }

    /// Sets the activity time of a session to now.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the session does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user.
    pub async fn touch_session(&self, id: &str) -> Result<(), Error> {
        let id = id.to_owned();
        self.write(move |access| {
            let now = access.now;
            access.change(&id, |session: &mut Session| session.last_active = Some(now)).map(drop)
        })
        .await
    }

    /// Sets the summary of a session.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the session does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user.
    pub async fn set_session_summary(
        &self,
        id: &str,
        summary: impl Into<String>,
    ) -> Result<Session, Error> {
        let (id, summary) = (id.to_owned(), summary.into());
        self.write(move |access| {
            access.change(&id, |session: &mut Session| session.summary = Some(summary))
        })
        .await
    }

    /// Returns the sessions that were active within the last `hours` (see
    /// [`SESSION_ACTIVE_HOURS`]), latest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn active_sessions(&self, hours: u32) -> Result<Vec<Session>, Error> {
        self.read(move |access| {
            let since = before(access.now, i64::from(hours));
            access.select("AND ?6 <= last_active ORDER BY last_active DESC, row DESC", &[&since])
        })
        .await
    }

    /// Summarises the sessions without activity for `days` (see [`SESSION_IDLE_DAYS_MAX`]), moves
    /// them out with their messages, and returns their number. [`IMPORTANT`] sessions, sessions
    /// with undelivered changes in the feed (their own or their messages') and sessions that the
    /// view must not change stay. A session with tasks or important messages leaves a stub.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn cleanup_sessions(&self, days: u32) -> Result<u64, Error> {
        self.free_room(move |access| {
            let since = Timestamp::from_microsecond(before(access.now, i64::from(days) * 24))
                .unwrap_or(Timestamp::UNIX_EPOCH);
            for row in summary::sessions_due(access, since, 0, i64::MAX)? {
                summary::of_session(access, row)?;
            }
            let (changeable, is_told) = (access.visible.changeable(), feed::is_told(Kind::Session));
            let idle = access.read::<Session>(
                &format!(
                    "AND last_active < ?6 AND importance < ?7 AND {changeable} AND {is_told}
                     AND row NOT IN (
                         SELECT m.session_row FROM feed AS f JOIN messages AS m
                         ON m.id = f.id AND m.owner = f.owner WHERE f.kind = 'message'
                     )"
                ),
                &[&since.as_microsecond(), &IMPORTANT],
            )?;
            for session in &idle {
                let of_session = "session_row = ?1 AND importance < ?2";
                let params: &[&dyn rusqlite::ToSql] = &[&session.row, &IMPORTANT];
                removal::move_out(access, Kind::Message, of_session, params)?;
                removal::move_out(access, Kind::Session, "row = ?1", &[&session.row])?;
            }
            removal::drop_stubs(access)?;
            Ok(idle.len() as u64)
        })
        .await
    }

    /// Returns the newest summaries of tasks and sessions, at most `limit` (see
    /// [`RECENT_SUMMARIES`]) and together at most `max_tokens` (see
    /// [`RECENT_SUMMARIES_TOKENS_MAX`]; 4 characters count as one), the last one truncated with
    /// `...` if necessary.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn recent_summaries(
        &self,
        limit: usize,
        max_tokens: usize,
    ) -> Result<Vec<RecentSummary>, Error> {
        self.read(move |access| {
            let count = i64::try_from(limit).unwrap_or(i64::MAX);
            let tasks: Vec<Task> = access.select(
                "AND summary <> '' ORDER BY updated_at DESC, row DESC LIMIT ?6",
                &[&count],
            )?;
            let sessions: Vec<Session> = access.select(
                "AND summary <> '' ORDER BY last_active DESC, row DESC LIMIT ?6",
                &[&count],
            )?;
            let mut summaries: Vec<RecentSummary> = tasks.into_iter().map(of_task).collect();
            summaries.extend(sessions.into_iter().map(of_session));
            summaries.sort_by_key(|summary| std::cmp::Reverse(summary.time));
            summaries.truncate(limit);
            Ok(fit(summaries, max_tokens.saturating_mul(TOKEN_CHARS)))
        })
        .await
    }
}

fn of_task(task: Task) -> RecentSummary {
    let time = task.completed_at.or(task.meta.updated_at).unwrap_or_default();
    RecentSummary { kind: Kind::Task, id: task.id, text: task.summary.unwrap_or_default(), time }
}

fn of_session(session: Session) -> RecentSummary {
    RecentSummary {
        kind: Kind::Session,
        id: session.id,
        text: session.summary.unwrap_or_default(),
        time: session.last_active.unwrap_or_default(),
    }
}

/// Returns the summaries that fit into `chars`, the last one truncated.
fn fit(summaries: Vec<RecentSummary>, chars: usize) -> Vec<RecentSummary> {
    const MARK: &str = "...";
    let mut left = chars;
    let mut fitting = Vec::new();
    for mut summary in summaries {
        let length = summary.text.chars().count();
        if length <= left {
            left -= length;
            fitting.push(summary);
            continue;
        }
        let kept = left.saturating_sub(MARK.len());
        if CUT_CHARS_MIN <= kept {
            summary.text = summary.text.chars().take(kept).collect::<String>() + MARK;
            fitting.push(summary);
        }
        break;
    }
    fitting
}

/// Returns the row of the owner's session that `scope` names. A missing session is created; one
/// that was moved out is revived without its summary.
pub(crate) fn ensure(access: &Access<'_>, scope: &Scope) -> Result<Option<i64>, Error> {
    let Some(session) = &scope.session else { return Ok(None) };
    let id = Id::new(session.as_str())?;
    if let Some(standing) = standing(access, &id, scope.user.as_deref())? {
        standing.revive(access)?;
        return Ok(Some(standing.row));
    }
    let mut session = Session::new(id);
    let bound = &access.visible.gate().filter().scope;
    session.meta.scope = Scope { user: scope.user.clone(), session: None, ..bound.clone() };
    access.insert_new(&mut session, Links::default()).map(Some)
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
    session.settle(meta.created_at.unwrap_or(access.now));
    access.insert(&session, Links::default()).map(Some)
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
    access.write(&mut here)?;
    Ok(true)
}

/// Row of a session, possibly a stub.
pub(crate) struct Standing {
    pub(crate) row: i64,
    is_stub: bool,
}

/// Returns the session of this id that belongs to `user`, or that is shared.
pub(crate) fn standing(
    access: &Access<'_>,
    id: &Id,
    user: Option<&str>,
) -> Result<Option<Standing>, Error> {
    let sql = "SELECT row, stub FROM sessions WHERE id = ?1 AND owner = ?2";
    let mut statement = access.connection.prepare_cached(sql)?;
    let standing = statement.query_row((id.as_str(), user.unwrap_or_default()), |row| {
        Ok(Standing { row: row.get(0)?, is_stub: row.get(1)? })
    });
    Ok(standing.optional()?)
}

impl Standing {
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
        search::index(access, &owner, Kind::Session, self.row, "", Stored::Inserted)
    }
}

/// Returns the time `hours` before `now`, in microseconds.
fn before(now: Timestamp, hours: i64) -> i64 {
    now.as_microsecond().saturating_sub(hours.saturating_mul(3_600_000_000))
}
