//! Summaries: texts that stand for what has ended, made from its own words.
//!
//! A goal that has ended and a session in which nothing happens any more are summed up before
//! anything of them is moved out. The summary is a record of its own, so that a long-term memory
//! gets it; that of a session is the session's `summary` as well.

use aios_record::{Id, Kind, Record, Source, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Goal, Message, Meta, Session, Task,
    access::Access,
    extract::{cut, extract},
    row::{Row, fields},
};

/// The longest summary that is made here, in characters.
pub const SUMMARY_CHARS_MAX: usize = 1000;

/// So many messages or tasks are read for a summary, the last ones.
const ORIGINALS_MAX: i64 = 1000;

/// A text that stands for a goal or session that ended, and is kept when that goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Unique among summaries. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// What is worth knowing of it, at most [`SUMMARY_CHARS_MAX`] characters.
    pub text: String,
    /// The key of what it is about, such as `goal/blog`; there is one summary of each.
    pub subject: String,
    /// The keys of what was read for it.
    #[serde(default)]
    pub originals: Vec<String>,
    /// Scope (that of the subject), provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

fields! { Summary in "summaries" { text, subject, originals } }

impl Row for Summary {
    fn text(&self) -> String {
        self.text.clone()
    }

    fn describe(&self, record: &mut Record) {
        let subject = self.subject.split_once('/');
        record.source = subject.map(|(kind, id)| Source { kind: kind.to_owned(), id: id.into() });
    }
}

/// Whether what `summary` is about has a summary by another id.
pub(crate) fn is_summed_up(access: &Access<'_>, summary: &Record) -> Result<bool, Error> {
    let subject = summary.payload["subject"].as_str();
    let sql = "SELECT 1 FROM summaries WHERE subject = ?1 AND id <> ?2";
    Ok(access.connection.prepare_cached(sql)?.exists((subject, summary.id.as_str()))?)
}

/// The sessions after row `after` that were last active before `before` and whose summary, if they
/// have one, is of an earlier time; with the row of the last.
pub(crate) fn sessions_due(
    access: &Access<'_>,
    before: Timestamp,
    after: i64,
    limit: i64,
) -> Result<Vec<(Id, i64)>, Error> {
    due(
        access,
        "SELECT id, row FROM sessions AS t WHERE NOT stub AND ?1 < row AND last_active < ?2
         AND (summary <> '' OR EXISTS (SELECT 1 FROM messages WHERE scope_session = t.id))
         AND NOT EXISTS (
             SELECT 1 FROM summaries AS s WHERE s.subject = 'session/' || t.id
             AND t.last_active <= s.updated_at AND s.text = t.summary
         )
         ORDER BY row LIMIT ?3",
        (after, before.as_microsecond(), limit),
    )
}

/// The goals after row `after` that have ended and have no summary, or changed since.
pub(crate) fn goals_due(
    access: &Access<'_>,
    after: i64,
    limit: i64,
) -> Result<Vec<(Id, i64)>, Error> {
    due(
        access,
        "SELECT id, row FROM goals AS t WHERE NOT stub AND ?1 < row AND completed_at IS NOT NULL
         AND NOT EXISTS (
             SELECT 1 FROM summaries AS s
             WHERE s.subject = 'goal/' || t.id AND t.updated_at <= s.updated_at
         )
         ORDER BY row LIMIT ?2",
        (after, limit),
    )
}

/// The sessions or goals without a summary among these rows, which are a list in JSON; none of
/// other kinds.
pub(crate) fn missing(access: &Access<'_>, kind: Kind, rows: &str) -> Result<Vec<Id>, Error> {
    if !matches!(kind, Kind::Session | Kind::Goal) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT id, row FROM {} AS t WHERE row IN (SELECT value FROM json_each(?1))
         AND NOT stub
         AND NOT EXISTS (SELECT 1 FROM summaries AS s WHERE s.subject = '{kind}/' || t.id)",
        kind.collection()
    );
    Ok(due(access, &sql, [rows])?.into_iter().map(|(id, _)| id).collect())
}

fn due(
    access: &Access<'_>,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<(Id, i64)>, Error> {
    use crate::column::Column;
    let mut statement = access.connection.prepare_cached(sql)?;
    let due = statement.query_map(params, |row| Ok((Id::decode(row.get_ref(0)?)?, row.get(1)?)))?;
    Ok(due.collect::<Result<_, _>>()?)
}

/// Sums up a session: as its caller did, where that is newer than what was made here, else from
/// what was said. Whether there was anything to say.
pub(crate) fn of_session(access: &Access<'_>, id: &Id) -> Result<bool, Error> {
    let Some(session) = access.get::<Session>(id.as_str())? else { return Ok(false) };
    let known = existing(access, Kind::Session, id)?;
    let given = session.summary.as_ref().filter(|given| !given.trim().is_empty());
    let own = given.filter(|given| known.as_ref().is_none_or(|known| known.text != **given));
    let mut messages: Vec<Message> = access.select(
        "AND scope_session = ?6 AND role IN ('user', 'assistant')
         ORDER BY position DESC LIMIT ?7",
        &[&id.as_str(), &ORIGINALS_MAX],
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
    let originals = messages.iter().map(|message| key(Kind::Message, &message.id)).collect();
    put(access, known, key(Kind::Session, id), text.clone(), originals, &session.meta)?;
    if session.summary.as_ref() != Some(&text) {
        access.change(id.as_str(), |session: &mut Session| session.summary = Some(text))?;
    }
    Ok(true)
}

/// Sums up a goal: what it was, what came of it, and what its tasks say most.
pub(crate) fn of_goal(access: &Access<'_>, id: &Id) -> Result<bool, Error> {
    let Some(goal) = access.get::<Goal>(id.as_str())? else { return Ok(false) };
    let mut tasks: Vec<Task> = access
        .select("AND goal_id = ?6 ORDER BY row DESC LIMIT ?7", &[&id.as_str(), &ORIGINALS_MAX])?;
    tasks.reverse();
    let mut text = cut(&goal.text(), SUMMARY_CHARS_MAX);
    let left = SUMMARY_CHARS_MAX.saturating_sub(text.chars().count() + 1);
    let done = extract(&tasks.iter().map(Row::text).collect::<Vec<_>>(), left);
    if !done.is_empty() {
        text = format!("{text}\n{done}");
    }
    let mut originals = vec![key(Kind::Goal, id)];
    originals.extend(tasks.iter().map(|task| key(Kind::Task, &task.id)));
    let known = existing(access, Kind::Goal, id)?;
    put(access, known, key(Kind::Goal, id), text, originals, &goal.meta)?;
    Ok(true)
}

fn said(message: &Message) -> String {
    match &message.name {
        Some(name) => format!("{name}: {}", message.content),
        None => message.content.clone(),
    }
}

fn key(kind: Kind, id: &Id) -> String {
    format!("{kind}/{id}")
}

fn existing(access: &Access<'_>, kind: Kind, id: &Id) -> Result<Option<Summary>, Error> {
    Ok(access.select("AND subject = ?6", &[&key(kind, id)])?.pop())
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
    access.store(&mut Summary { id, text, subject, originals, meta }).map(drop)
}
