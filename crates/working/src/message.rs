//! Messages: the content of a session, verbatim and in order.

use aios_record::{Id, Kind, Record, Timestamp, Trust};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta,
    access::Access,
    column::Column,
    goal::joined,
    limits::MESSAGES_MAX,
    meta::words,
    row::{Row, fields},
    session,
    visible::in_project,
    writing::Writable,
};

/// One message of a session. Its scope names the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Unique among messages.
    pub id: Id,
    /// Position in the session, from 0.
    pub position: i64,
    /// Role of the speaker.
    pub role: Role,
    /// Name of the speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The content.
    pub content: String,
    /// The time of the message.
    pub timestamp: Timestamp,
    /// Number of tokens, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// The model that wrote the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Id of the message in the system that it came from; unique in its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Additional data.
    #[serde(default)]
    pub metadata: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

words! {
    /// Role of a message's speaker.
    Role {
        /// Instructions to the agent.
        System = "system",
        /// The person, or another party that talks with the agent.
        User = "user",
        /// The agent.
        Assistant = "assistant",
        /// The output of a tool.
        Tool = "tool",
    }
}

impl Message {
    /// Returns the id of the message's session; empty if it has none.
    #[must_use]
    pub fn session_id(&self) -> &str {
        self.meta.scope.session.as_deref().unwrap_or_default()
    }
}

fields! {
    Message {
        position, role, name, content, timestamp, tokens, model, external_id, metadata,
    }
}

impl Row for Message {
    const HAPPENED: &'static str = "timestamp";

    fn text(&self) -> String {
        joined([self.name.as_ref(), Some(&self.content)])
    }

    fn describe(&self, record: &mut Record) {
        record.text.clone_from(&self.content);
        record.speaker = Some(self.name.clone().unwrap_or_else(|| self.role.to_string()));
        record.position = Some(self.position);
        record.external_id.clone_from(&self.external_id);
        record.occurred_at = Some(self.timestamp);
        record.payload["session_id"] = self.session_id().into();
        if self.role == Role::Tool {
            record.trust = Trust::Low;
        }
    }
}

impl Writable for Message {
    fn session(&self, access: &Access<'_>) -> Result<Option<i64>, Error> {
        session::ensure(access, &self.meta.scope)
    }
}

/// Returns the message of a session with this external id.
///
/// # Errors
/// [`Error::Conflict`] if the message is in another project than the view.
pub(crate) fn by_external_id(
    access: &Access<'_>,
    session: i64,
    external_id: &str,
) -> Result<Option<Id>, Error> {
    let is_here = in_project(3);
    let sql =
        format!("SELECT id, {is_here} FROM messages WHERE session_row = ?1 AND external_id = ?2");
    let mut statement = access.connection.prepare_cached(&sql)?;
    let found = statement.query_row((session, external_id, access.visible.project()), |row| {
        Ok((Id::decode(row.get_ref(0)?)?, row.get(1)?))
    });
    match found.optional()? {
        Some((id, true)) => Ok(Some(id)),
        // The hidden message has a different id, which the caller does not know.
        Some(_) => Err(Error::Conflict { kind: Kind::Message, id: Id::new(external_id)? }),
        None => Ok(None),
    }
}

/// Returns true if the session of `message` has a message with the same external id.
pub(crate) fn has_external_id(access: &Access<'_>, message: &Message) -> Result<bool, Error> {
    let Some(external_id) = &message.external_id else { return Ok(false) };
    let id = Id::new(message.session_id())?;
    let scope = &message.meta.scope;
    match session::standing(access, &id, scope.user.as_deref())? {
        Some(session) => Ok(by_external_id(access, session.row, external_id)?.is_some()),
        None => Ok(false),
    }
}

/// The first position after all that were ever assigned in a session. The session's count includes
/// trimmed messages; the messages correct a count that is too low.
macro_rules! next_place {
    () => {
        "max(message_count, (
             SELECT coalesce(max(position) + 1, 0) FROM messages WHERE session_row = sessions.row
         ))"
    };
}

/// Assigns the next position in a session and updates its activity time.
pub(crate) fn next_position(access: &Access<'_>, session: i64) -> Result<i64, Error> {
    let sql = concat!(
        "UPDATE sessions SET message_count = 1 + ",
        next_place!(),
        ", last_active = ?2, updated_at = ?2 WHERE row = ?1 RETURNING message_count - 1"
    );
    let mut statement = access.connection.prepare_cached(sql)?;
    let params = (session, access.now.as_microsecond());
    Ok(statement.query_row(params, |row| row.get(0))?)
}

/// Assigns the position that an imported message had, or the next one if it is occupied, and
/// updates the session's activity time.
pub(crate) fn take_position(
    access: &Access<'_>,
    message: &Message,
    session: i64,
) -> Result<i64, Error> {
    let position = message.position;
    let sql = "SELECT 1 FROM messages WHERE session_row = ?1 AND position = ?2";
    let is_taken = access.connection.prepare_cached(sql)?.exists((session, position))?;
    let is_place = (0..MESSAGES_MAX).contains(&position);
    let own = (is_place && !is_taken).then_some(position);
    let sql = concat!(
        "UPDATE sessions SET message_count = max(message_count, 1 + coalesce(?2, ",
        next_place!(),
        ")), last_active = max(last_active, ?3) WHERE row = ?1 RETURNING message_count - 1"
    );
    let mut statement = access.connection.prepare_cached(sql)?;
    let params = (session, own, message.timestamp.as_microsecond());
    let last: i64 = statement.query_row(params, |row| row.get(0))?;
    Ok(own.unwrap_or(last))
}

/// Counts the sessions whose message count is too low.
pub(crate) fn miscounted(access: &Access<'_>) -> Result<u64, Error> {
    let sql = concat!("SELECT count(*) FROM sessions WHERE message_count < ", next_place!());
    access.count(sql, [])
}

/// Corrects [counts that are too low](miscounted).
pub(crate) fn count_anew(access: &Access<'_>) -> Result<(), Error> {
    let sql = concat!(
        "UPDATE sessions SET message_count = ",
        next_place!(),
        " WHERE message_count < ",
        next_place!()
    );
    access.connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
