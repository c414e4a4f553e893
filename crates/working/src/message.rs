//! Messages: the content of a session, verbatim and in order.

mod new;

use aios_record::{Id, Identity, Kind, Owner, Record, Timestamp, Trust};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::new::{NewMessage, Receipt};
use crate::{
    Error, Meta, Session, WorkingView,
    access::{Access, Links, identity},
    column::{Column, label},
    feed,
    goal::joined,
    health::count,
    meta::words,
    removal,
    row::{Row, fields},
    session,
};

/// Default number of recent messages of a session, which trimming keeps.
pub const RECENT_MESSAGES: usize = 12;

/// Limit of the positions in a session, so that a double holds each position exactly.
pub(crate) const MESSAGES_MAX: i64 = 1 << 53;

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
    Message in "messages" {
        position, role, name, content, timestamp, tokens, model, external_id, metadata,
    }
}

impl Row for Message {
    const HAPPENED: &'static str = "timestamp";
    const OF_SESSION: bool = true;

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

/// A message in the shape that chat APIs take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatMessage {
    /// Role of the speaker.
    pub role: Role,
    /// The content.
    pub content: String,
}

impl WorkingView {
    /// Appends a message to its session.
    ///
    /// # Errors
    /// As [`add_messages`](WorkingView::add_messages), without the index in the batch.
    pub async fn add_message(&self, message: NewMessage) -> Result<Receipt, Error> {
        self.write(move |access| add(access, message)).await
    }

    /// Appends messages to their sessions, in order, in one transaction. Returns one receipt per
    /// message.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the index of the first message that cannot be stored; then none is
    /// stored. Its source is [`Error::Conflict`] if the owner has a message of the same id in
    /// another session.
    pub async fn add_messages(&self, messages: Vec<NewMessage>) -> Result<Vec<Receipt>, Error> {
        self.write(move |access| {
            let in_batch = |(index, message)| {
                add(access, message)
                    .map_err(|source| Error::InBatch { index, source: Box::new(source) })
            };
            messages.into_iter().enumerate().map(in_batch).collect()
        })
        .await
    }

    /// Returns the message of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn message(&self, id: &str) -> Result<Option<Message>, Error> {
        self.get(id).await
    }

    /// Returns the last `limit` messages of a session (see [`RECENT_MESSAGES`]), oldest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn recent_messages(
        &self,
        session: &str,
        limit: usize,
    ) -> Result<Vec<Message>, Error> {
        let session = session.to_owned();
        self.read(move |access| recent(access, &session, limit)).await
    }

    /// Returns the last `limit` messages of a session, oldest first, in the `[{role, content}]`
    /// shape that chat APIs take.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn conversation_history(
        &self,
        session: &str,
        limit: usize,
    ) -> Result<Vec<ChatMessage>, Error> {
        let messages = self.recent_messages(session, limit).await?;
        let chat = |message: Message| ChatMessage { role: message.role, content: message.content };
        Ok(messages.into_iter().map(chat).collect())
    }

    /// Replaces the content, role, `tokens`, `model` and `metadata` of an existing message by those
    /// of `message`, and its name and time if `message` has them. Its id and position stay. Returns
    /// false if the message does not exist here.
    ///
    /// # Errors
    /// [`Error::NotYours`] if the message is shared and the view belongs to a user; otherwise as
    /// [`store_goal`](WorkingView::store_goal).
    pub async fn amend_message(&self, id: &str, message: &NewMessage) -> Result<bool, Error> {
        let (id, message) = (id.to_owned(), message.clone());
        self.write(move |access| {
            let Some(mut stored) = access.get::<Message>(&id)? else { return Ok(false) };
            access.visible.check_change(&identity(&stored))?;
            stored.content = message.content;
            stored.role = message.role;
            stored.name = message.name.or(stored.name);
            stored.timestamp = message.timestamp.unwrap_or(stored.timestamp);
            stored.tokens = message.tokens;
            stored.model = message.model;
            stored.metadata = message.metadata;
            access.write(&mut stored)?;
            Ok(true)
        })
        .await
    }

    /// Moves out the messages of a session except the last `keep` (see [`RECENT_MESSAGES`]), and
    /// returns their number. Messages with undelivered changes in the feed stay.
    ///
    /// # Errors
    /// [`Error::NotYours`] if the session is shared and the view belongs to a user;
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn trim_messages(&self, session: &str, keep: usize) -> Result<u64, Error> {
        let session = session.to_owned();
        self.free_room(move |access| {
            let Some(session) = access.find::<Session>(&session)? else { return Ok(0) };
            access.visible.check_change(&identity(&session.item))?;
            let keep = i64::try_from(keep).unwrap_or(i64::MAX);
            let is_told = feed::is_told(Kind::Message);
            let which = format!(
                "session_row = ?1
                 AND row NOT IN (
                     SELECT row FROM messages WHERE session_row = ?1
                     ORDER BY position DESC LIMIT ?2
                 )
                 AND {is_told}"
            );
            removal::move_out(access, Kind::Message, &which, &[&session.row, &keep])
        })
        .await
    }

    /// Moves out the given messages of one owner, and returns the number moved. Missing messages
    /// are skipped; messages with undelivered changes in the feed stay.
    ///
    /// # Errors
    /// [`Error::NotYours`] if the view acts for another owner; [`Error::Storage`] if the file
    /// cannot be written.
    pub async fn move_out_messages(&self, owner: &Owner, ids: &[Id]) -> Result<u64, Error> {
        let (owner, ids) = (owner.clone(), ids.to_owned());
        self.free_room(move |access| {
            for id in &ids {
                let identity = Identity::new(owner.clone(), Kind::Message, id.clone());
                access.visible.check_change(&identity)?;
            }
            let is_told = feed::is_told(Kind::Message);
            let which =
                format!("owner = ?1 AND id IN (SELECT value FROM json_each(?2)) AND {is_told}");
            let ids = json!(ids).to_string();
            removal::move_out(access, Kind::Message, &which, &[&owner.as_str(), &ids])
        })
        .await
    }
}

fn recent(access: &Access<'_>, session: &str, limit: usize) -> Result<Vec<Message>, Error> {
    let Some(session) = access.referred(Kind::Session, session)? else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut messages: Vec<Message> = access
        .select("AND session_row = ?6 ORDER BY position DESC LIMIT ?7", &[&session, &limit])?;
    messages.reverse();
    Ok(messages)
}

fn add(access: &Access<'_>, mut message: NewMessage) -> Result<Receipt, Error> {
    message.scope.session = Some(message.session.to_string());
    access.fill(&mut message.scope)?;
    let ensured = session::ensure(access, &message.scope)?;
    let session = ensured.expect("the scope of a message names a session");
    if let Some(id) = known(access, &message, session)? {
        return Ok(Receipt::Known { id });
    }
    let position = next_position(access, session)?;
    let mut message = message.at(position, access.now);
    access.insert_new(&mut message, Links { session: Some(session), ..Links::default() })?;
    Ok(Receipt::Added { id: message.id, position })
}

/// Returns the id of the same message in the same session, if it is stored.
fn known(access: &Access<'_>, message: &NewMessage, session: i64) -> Result<Option<Id>, Error> {
    if let Some(id) = &message.id {
        match session_of(access, id, &message.scope.owner())? {
            Some(of) if of == session => return Ok(Some(id.clone())),
            Some(_) => return Err(Error::Conflict { kind: Kind::Message, id: id.clone() }),
            None => {}
        }
    }
    let Some(external_id) = &message.external_id else { return Ok(None) };
    label(external_id, "external_id")?;
    by_external_id(access, session, external_id)
}

/// Returns the session of the owner's message of this id.
fn session_of(access: &Access<'_>, id: &Id, owner: &Owner) -> Result<Option<i64>, Error> {
    let sql = "SELECT session_row FROM messages WHERE id = ?1 AND owner = ?2";
    let mut statement = access.connection.prepare_cached(sql)?;
    let params = (id.as_str(), owner.as_str());
    Ok(statement.query_row(params, |row| row.get(0)).optional()?)
}

/// Returns the message of a session with this external id.
fn by_external_id(
    access: &Access<'_>,
    session: i64,
    external_id: &str,
) -> Result<Option<Id>, Error> {
    let sql = "SELECT id FROM messages WHERE session_row = ?1 AND external_id = ?2";
    let mut statement = access.connection.prepare_cached(sql)?;
    let found = statement.query_row((session, external_id), |row| Ok(Id::decode(row.get_ref(0)?)?));
    Ok(found.optional()?)
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
fn next_position(access: &Access<'_>, session: i64) -> Result<i64, Error> {
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
    count(access, sql, [])
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
