//! The sessions of a memory, and the newest summaries.

use aios_record::{Id, Identity, Key, Kind, Timestamp};
use serde::Serialize;

use crate::{
    Error, Session, Task, WorkingView, feed::trace, meta::IMPORTANT, removal, session::standing,
    summary, writing,
};

/// Default number of days for which an idle session is kept.
pub const SESSION_IDLE_DAYS_MAX: u32 = 90;

/// Default number of recent summaries.
pub const RECENT_SUMMARIES: usize = 3;
/// Default maximum number of tokens of all recent summaries together.
pub const RECENT_SUMMARIES_TOKENS_MAX: usize = 2000;

/// Characters per token, for truncating summaries.
const TOKEN_CHARS: usize = 4;
/// Minimum length of a truncated summary, in characters.
const CUT_CHARS_MIN: usize = 50;

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

/// The sessions of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Session, Working};
/// # use aios_record::Id;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let standup: Id = "standup".parse()?;
/// working.sessions().add(Session::new(standup.clone())).await?;
/// let session = working.sessions().set_summary(&standup, "the parser is done").await?;
/// assert_eq!(session.summary.as_deref(), Some("the parser is done"));
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Sessions<'_> {
    /// Creates a session without messages. If its owner already has it, returns the existing one
    /// unchanged.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner has it in another project or agent.
    pub async fn add(self, session: Session) -> Result<Session, Error> {
        self.view
            .write(move |access| {
                let mut session = session;
                access.fill(&mut session.meta.scope)?;
                session.message_count = 0;
                if let Some(standing) = standing(access, &session.id, session.user_id())? {
                    standing.revive(access)?;
                    if let Some(existing) = access.by_row::<Session>(standing.row)? {
                        return Ok(existing.item);
                    }
                }
                writing::write(access, &mut session)?;
                Ok(session)
            })
            .await
    }

    /// Returns the session of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Session>, Error> {
        self.view.get(id).await
    }

    /// Sets the activity time of a session to now.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the session does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn touch(self, id: &Id) -> Result<(), Error> {
        let id = id.clone();
        self.view
            .write(move |access| {
                let now = access.now;
                writing::change(access, id.as_str(), |session: &mut Session| {
                    session.last_active = Some(now)
                })
                .map(drop)
            })
            .await
    }

    /// Sets the summary of a session.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the session does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn set_summary(self, id: &Id, summary: impl Into<String>) -> Result<Session, Error> {
        let (id, summary) = (id.clone(), summary.into());
        self.view
            .write(move |access| {
                writing::change(access, id.as_str(), |session: &mut Session| {
                    session.summary = Some(summary)
                })
            })
            .await
    }

    /// Returns the sessions that were active within the last `hours` (see
    /// [`SESSION_ACTIVE_HOURS`](crate::SESSION_ACTIVE_HOURS)), latest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn active(self, hours: u32) -> Result<Vec<Session>, Error> {
        self.view
            .read(move |access| {
                let since = before(access.now, i64::from(hours));
                access
                    .select("AND ?6 <= last_active ORDER BY last_active DESC, row DESC", &[&since])
            })
            .await
    }

    /// Summarises the sessions without activity for `days` (see [`SESSION_IDLE_DAYS_MAX`]), moves
    /// them out with their messages, and returns their number. [`IMPORTANT`] sessions, sessions
    /// with undelivered changes in the feed (their own or their messages') and sessions that the
    /// view must not change are kept. A session with tasks or important messages leaves a stub.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn clean_up(self, days: u32) -> Result<u64, Error> {
        self.view
            .free_room(move |access| {
                let since = Timestamp::from_microsecond(before(access.now, i64::from(days) * 24))
                    .unwrap_or(Timestamp::UNIX_EPOCH);
                for row in summary::sessions_due(access, since, 0, i64::MAX)? {
                    summary::of_session(access, row)?;
                }
                let (changeable, is_told) =
                    (access.visible.changeable(), trace::is_told(Kind::Session));
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
        self,
        limit: usize,
        max_tokens: usize,
    ) -> Result<Vec<RecentSummary>, Error> {
        self.view
            .read(move |access| {
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

    /// Removes a session, its messages and its tasks, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Session, id.clone())).await
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

/// Returns the time `hours` before `now`, in microseconds.
fn before(now: Timestamp, hours: i64) -> i64 {
    now.as_microsecond().saturating_sub(hours.saturating_mul(3_600_000_000))
}
