//! Summaries of goals, sessions and days that ended, extracted from their own texts.
//!
//! A goal that ended, a session without further activity and a day are summarised before any of
//! their records is moved out. The summary is a separate record, so that a long-term memory
//! receives it; a session's summary is also its `summary` field. It belongs to the owner of its
//! subject and is made only from that owner's records.
//!
//! A day has a summary if its messages are of several sessions; for a single session, the session's
//! summary suffices. Days are those of UTC.

use aios_record::{Id, Key, Kind, Owner, Record, Scope, Source, Timestamp};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Goal, Message, Meta, Session, Task,
    access::{Access, identity},
    extract::{cut, extract},
    row::{Row, fields},
    writing::{self, Writable},
};

/// Maximum length of a summary made here, in characters.
pub const SUMMARY_CHARS_MAX: usize = 1000;

/// Maximum number of messages or tasks that are read for a summary: the last ones.
const ORIGINALS_MAX: i64 = 1000;

/// Microseconds of a day.
const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// The word `day` in the subject of a day's summary, instead of a kind.
const DAY: &str = "day";

/// Summary of a goal, session or day that ended, kept when the subject is moved out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Unique among summaries. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The text.
    pub text: String,
    /// Key of the subject, such as `goal/blog`, a record of the same owner. For a day: `day/` and
    /// its date, such as `day/2026-11-30`; in a project `day/2026-11-30/atlas`. Each subject has
    /// one summary.
    pub subject: String,
    /// Keys of the records that were read for it, of the same owner.
    #[serde(default)]
    pub originals: Vec<String>,
    /// Scope (that of the subject), provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

fields! { Summary { text, subject, originals } }

impl Row for Summary {
    const MOVES: bool = true;

    fn text(&self) -> String {
        self.text.clone()
    }

    fn describe(&self, record: &mut Record) {
        let subject = self.subject.split_once('/');
        record.source = subject.map(|(kind, id)| Source { kind: kind.to_owned(), id: id.into() });
        let keys = std::iter::once(&self.subject).chain(&self.originals);
        let owner = self.meta.scope.owner();
        for key in keys.filter_map(|key| key.parse::<Key>().ok()) {
            let reference = key.of(owner.clone());
            // A goal is the first of its summary's originals.
            if !record.references.contains(&reference) {
                record.references.push(reference);
            }
        }
    }
}

impl Writable for Summary {}

/// Returns true if the owner has a summary of the same subject with another id.
pub(crate) fn is_summed_up(access: &Access<'_>, summary: &Summary) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM summaries WHERE subject = ?1 AND owner = ?2 AND id <> ?3";
    let owner = summary.meta.scope.owner();
    let params = (&summary.subject, owner.as_str(), summary.id.as_str());
    Ok(access.connection.prepare_cached(sql)?.exists(params)?)
}

/// Returns the sessions after row `after` that the gate may change, were last active before
/// `before`, and have no current summary.
pub(crate) fn sessions_due(
    access: &Access<'_>,
    before: Timestamp,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let sql = format!(
        "SELECT row FROM sessions AS t WHERE NOT stub AND ?2 < row AND last_active < ?3 AND {}
         AND (summary <> '' OR EXISTS (SELECT 1 FROM messages WHERE session_row = t.row))
         AND NOT EXISTS (
             SELECT 1 FROM summaries AS s
             WHERE s.subject = 'session/' || t.id AND s.owner = t.owner
             AND t.last_active <= s.updated_at
             AND (s.text = t.summary OR s.scope_project IS NOT t.scope_project)
         )
         ORDER BY row LIMIT ?4",
        access.visible.changeable()
    );
    rows(access, &sql, (access.visible.owner(), after, before.as_microsecond(), limit))
}

/// Returns the goals after row `after` that ended and have no summary, or changed since.
pub(crate) fn goals_due(access: &Access<'_>, after: i64, limit: i64) -> Result<Vec<i64>, Error> {
    rows(
        access,
        "SELECT row FROM goals AS t WHERE NOT stub AND ?1 < row AND completed_at IS NOT NULL
         AND NOT EXISTS (
             SELECT 1 FROM summaries AS s
             WHERE s.subject = 'goal/' || t.id AND s.owner = t.owner
             AND t.updated_at <= s.updated_at
         )
         ORDER BY row LIMIT ?2",
        (after, limit),
    )
}

/// Returns the sessions or goals without a summary among the rows in the JSON list `among`; empty
/// for other kinds.
pub(crate) fn missing(access: &Access<'_>, kind: Kind, among: &str) -> Result<Vec<i64>, Error> {
    if !matches!(kind, Kind::Session | Kind::Goal) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT row FROM {} AS t WHERE row IN (SELECT value FROM json_each(?1))
         AND NOT stub
         AND NOT EXISTS (
             SELECT 1 FROM summaries AS s
             WHERE s.subject = '{kind}/' || t.id AND s.owner = t.owner
         )",
        kind.collection()
    );
    rows(access, &sql, [among])
}

fn rows(access: &Access<'_>, sql: &str, params: impl rusqlite::Params) -> Result<Vec<i64>, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Summarises the session in this row: uses its caller's summary if that differs from the one made
/// here, else extracts one from its messages. Returns false if there is no text.
pub(crate) fn of_session(access: &Access<'_>, row: i64) -> Result<bool, Error> {
    let Some(found) = access.by_row::<Session>(row)? else { return Ok(false) };
    let mut session = found.item;
    let subject = identity(&session).key().to_string();
    let owner = session.meta.scope.owner();
    let known = existing(access, &subject, &owner)?;
    let given = session.summary.as_ref().filter(|given| !given.trim().is_empty());
    let own = given.filter(|given| known.as_ref().is_none_or(|known| known.text != **given));
    let mut messages: Vec<Message> = access.select(
        "AND session_row = ?6 AND role IN ('user', 'assistant')
         ORDER BY position DESC LIMIT ?7",
        &[&row, &ORIGINALS_MAX],
    )?;
    messages.reverse();
    let project = project_of(&session, &messages);
    messages.retain(|message| is_of(message.meta.scope.project.as_ref(), project.as_ref()));
    let text = match own {
        Some(own) => own.clone(),
        None => {
            // The former summary covers messages that were moved out.
            let is_whole = session.message_count <= messages_of(access, row)?;
            let former = given.filter(|_| !is_whole).into_iter().cloned();
            let said = former.chain(messages.iter().map(said));
            extract(&said.collect::<Vec<_>>(), SUMMARY_CHARS_MAX)
        }
    };
    if text.is_empty() {
        return Ok(false);
    }
    let originals = messages.iter().map(|message| identity(message).key().to_string()).collect();
    let mut meta = session.meta.clone();
    meta.scope.project.clone_from(&project);
    put(access, known, subject, text.clone(), originals, &meta)?;
    if session.meta.scope.project == project && session.summary.as_ref() != Some(&text) {
        session.summary = Some(text);
        writing::write(access, &mut session)?;
    }
    Ok(true)
}

/// Returns the project of a session's summary: the session's own, or else the one that all of the
/// messages are in. A summary must not reveal texts of a project outside of it.
fn project_of(session: &Session, messages: &[Message]) -> Option<String> {
    let first = messages.first().and_then(|message| message.meta.scope.project.clone());
    let is_one = messages.iter().all(|message| message.meta.scope.project == first);
    session.meta.scope.project.clone().or(first.filter(|_| is_one))
}

/// Returns true if a text of project `of` may be summarised in `project`.
fn is_of(of: Option<&String>, project: Option<&String>) -> bool {
    of.is_none() || of == project
}

/// Summarises the goal in this row: its description, its result, and the most informative sentences
/// of its owner's tasks.
pub(crate) fn of_goal(access: &Access<'_>, row: i64) -> Result<bool, Error> {
    let Some(goal) = access.by_row::<Goal>(row)?.map(|found| found.item) else {
        return Ok(false);
    };
    let (subject, owner) = (identity(&goal).key().to_string(), goal.meta.scope.owner());
    let mut tasks: Vec<Task> = access.select(
        "AND goal_row = ?6 AND owner = ?7 ORDER BY row DESC LIMIT ?8",
        &[&row, &owner.as_str(), &ORIGINALS_MAX],
    )?;
    tasks.reverse();
    let project = goal.meta.scope.project.as_ref();
    tasks.retain(|task| is_of(task.meta.scope.project.as_ref(), project));
    let mut text = cut(&goal.text(), SUMMARY_CHARS_MAX);
    let left = SUMMARY_CHARS_MAX.saturating_sub(text.chars().count() + 1);
    let done = extract(&tasks.iter().map(Row::text).collect::<Vec<_>>(), left);
    if !done.is_empty() {
        text = format!("{text}\n{done}");
    }
    let mut originals = vec![subject.clone()];
    originals.extend(tasks.iter().map(|task| identity(task).key().to_string()));
    let known = existing(access, &subject, &owner)?;
    put(access, known, subject, text, originals, &goal.meta)?;
    Ok(true)
}

/// A day of one owner's messages in one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    owner: String,
    project: Option<String>,
    /// Number of the day since 1970.
    number: i64,
}

impl Day {
    /// Returns the subject of its summary.
    fn subject(&self) -> Option<String> {
        let start = Timestamp::from_microsecond(self.number.checked_mul(DAY_US)?).ok()?;
        let date = start.to_zoned(TimeZone::UTC).date();
        Some(match &self.project {
            Some(project) => format!("{DAY}/{date}/{project}"),
            None => format!("{DAY}/{date}"),
        })
    }
}

/// Returns the days that have ended, with messages of several sessions, and without a summary that
/// includes all of them, at most `limit`. Messages that were recorded before `since`, in
/// microseconds, are ignored, because their summary may have been moved out.
pub(crate) fn days_due(access: &Access<'_>, since: i64, limit: usize) -> Result<Vec<Day>, Error> {
    let today = access.now.as_microsecond().div_euclid(DAY_US);
    let sql = format!(
        "SELECT owner, scope_project, timestamp / {DAY_US} AS day FROM messages AS m
         WHERE 0 <= timestamp AND timestamp < ?1 AND ?2 <= recorded_at
         AND role IN ('user', 'assistant')
         GROUP BY owner, scope_project, day
         HAVING 1 < count(DISTINCT session_row) AND coalesce((
             SELECT max(s.updated_at) FROM summaries AS s
             WHERE s.owner = m.owner AND s.subject = '{DAY}/' || date(day * 86400, 'unixepoch')
             || iif(m.scope_project IS NULL, '', '/' || m.scope_project)
         ), -1) < max(recorded_at)
         ORDER BY day LIMIT ?3"
    );
    let mut statement = access.connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params = (today * DAY_US, since, limit);
    let days = statement.query_map(params, |row| {
        Ok(Day { owner: row.get(0)?, project: row.get(1)?, number: row.get(2)? })
    })?;
    Ok(days.collect::<Result<_, _>>()?)
}

/// Summarises a day: the most informative sentences of its messages, in order, after its date.
/// Returns false if there is no text.
pub(crate) fn of_day(access: &Access<'_>, day: &Day) -> Result<bool, Error> {
    let Some(subject) = day.subject() else { return Ok(false) };
    let start = day.number * DAY_US;
    let mut messages: Vec<Message> = access.select(
        "AND owner = ?6 AND scope_project IS ?7 AND ?8 <= timestamp AND timestamp < ?9
         AND role IN ('user', 'assistant') ORDER BY timestamp DESC, row DESC LIMIT ?10",
        &[&day.owner, &day.project, &start, &(start + DAY_US), &ORIGINALS_MAX],
    )?;
    messages.reverse();
    let date = subject.split('/').nth(1).unwrap_or_default();
    let left = SUMMARY_CHARS_MAX.saturating_sub(date.len() + 2);
    let said = extract(&messages.iter().map(said).collect::<Vec<_>>(), left);
    if said.is_empty() {
        return Ok(false);
    }
    let text = format!("{date}: {said}");
    let originals = messages.iter().map(|message| identity(message).key().to_string()).collect();
    let owner = Owner::from_stored(day.owner.clone());
    let scope = Scope { project: day.project.clone(), ..Scope::default().with_owner(&owner) };
    let meta = Meta { scope, ..Meta::default() };
    let known = existing(access, &subject, &owner)?;
    put(access, known, subject, text, originals, &meta)?;
    Ok(true)
}

/// Returns the number of stored messages of the session in this row.
fn messages_of(access: &Access<'_>, row: i64) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM messages WHERE session_row = ?1";
    Ok(access.connection.prepare_cached(sql)?.query_row([row], |row| row.get(0))?)
}

fn said(message: &Message) -> String {
    match &message.name {
        Some(name) => format!("{name}: {}", message.content),
        None => message.content.clone(),
    }
}

fn existing(access: &Access<'_>, subject: &str, owner: &Owner) -> Result<Option<Summary>, Error> {
    let params: &[&dyn rusqlite::ToSql] = &[&subject, &owner.as_str()];
    Ok(access.select("AND subject = ?6 AND owner = ?7", params)?.pop())
}

fn put(
    access: &Access<'_>,
    known: Option<Summary>,
    subject: String,
    text: String,
    originals: Vec<String>,
    of: &Meta,
) -> Result<(), Error> {
    let id = known.map_or_else(Id::generate, |known| known.id);
    let mut meta = Meta { scope: of.scope.clone(), importance: of.importance, ..Meta::default() };
    "working".clone_into(&mut meta.provenance.module);
    writing::write(access, &mut Summary { id, text, subject, originals, meta })
}
