//! Summaries of goals and sessions that ended, extracted from their own texts.
//!
//! A goal that ended and a session without further activity are summarised before any of their
//! records is moved out. The summary is a record of its own, so that a long-term memory gets it; a
//! session's summary is also its `summary` field. It belongs to the owner of its subject and is
//! made only from that owner's records.

use aios_record::{Id, Identity, Key, Kind, Record, Source, Timestamp};
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

/// Maximum number of messages or tasks read for a summary; the last ones.
const ORIGINALS_MAX: i64 = 1000;

/// Summary of a goal or session that ended, kept when the subject is moved out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Unique among summaries. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The text.
    pub text: String,
    /// Key of the subject, such as `goal/blog`, a record of the same owner. Each subject has one
    /// summary.
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
            // A goal is the first of its own originals.
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
             AND t.last_active <= s.updated_at AND s.text = t.summary
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
    let subject = identity(&session);
    let known = existing(access, &subject)?;
    let given = session.summary.as_ref().filter(|given| !given.trim().is_empty());
    let own = given.filter(|given| known.as_ref().is_none_or(|known| known.text != **given));
    let mut messages: Vec<Message> = access.select(
        "AND session_row = ?6 AND role IN ('user', 'assistant')
         ORDER BY position DESC LIMIT ?7",
        &[&row, &ORIGINALS_MAX],
    )?;
    messages.reverse();
    let text = match own {
        Some(own) => own.clone(),
        None => {
            let said = given.into_iter().cloned().chain(messages.iter().map(said));
            extract(&said.collect::<Vec<_>>(), SUMMARY_CHARS_MAX)
        }
    };
    if text.is_empty() {
        return Ok(false);
    }
    let originals = messages.iter().map(|message| identity(message).key().to_string()).collect();
    put(access, known, &subject, text.clone(), originals, &session.meta)?;
    if session.summary.as_ref() != Some(&text) {
        session.summary = Some(text);
        writing::write(access, &mut session)?;
    }
    Ok(true)
}

/// Summarises the goal in this row: its description, its result, and the most informative sentences
/// of its owner's tasks.
pub(crate) fn of_goal(access: &Access<'_>, row: i64) -> Result<bool, Error> {
    let Some(goal) = access.by_row::<Goal>(row)?.map(|found| found.item) else {
        return Ok(false);
    };
    let subject = identity(&goal);
    let mut tasks: Vec<Task> = access.select(
        "AND goal_row = ?6 AND owner = ?7 ORDER BY row DESC LIMIT ?8",
        &[&row, &subject.owner.as_str(), &ORIGINALS_MAX],
    )?;
    tasks.reverse();
    let mut text = cut(&goal.text(), SUMMARY_CHARS_MAX);
    let left = SUMMARY_CHARS_MAX.saturating_sub(text.chars().count() + 1);
    let done = extract(&tasks.iter().map(Row::text).collect::<Vec<_>>(), left);
    if !done.is_empty() {
        text = format!("{text}\n{done}");
    }
    let mut originals = vec![subject.key().to_string()];
    originals.extend(tasks.iter().map(|task| identity(task).key().to_string()));
    let known = existing(access, &subject)?;
    put(access, known, &subject, text, originals, &goal.meta)?;
    Ok(true)
}

fn said(message: &Message) -> String {
    match &message.name {
        Some(name) => format!("{name}: {}", message.content),
        None => message.content.clone(),
    }
}

fn existing(access: &Access<'_>, subject: &Identity) -> Result<Option<Summary>, Error> {
    let key = subject.key().to_string();
    let params: &[&dyn rusqlite::ToSql] = &[&key, &subject.owner.as_str()];
    Ok(access.select("AND subject = ?6 AND owner = ?7", params)?.pop())
}

fn put(
    access: &Access<'_>,
    known: Option<Summary>,
    subject: &Identity,
    text: String,
    originals: Vec<String>,
    of: &Meta,
) -> Result<(), Error> {
    let id = known.map_or_else(Id::generate, |known| known.id);
    let mut meta = Meta { scope: of.scope.clone(), importance: of.importance, ..Meta::default() };
    "working".clone_into(&mut meta.provenance.module);
    let subject = subject.key().to_string();
    writing::write(access, &mut Summary { id, text, subject, originals, meta })
}
