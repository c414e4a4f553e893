//! The messages of a memory, by session.

use aios_record::{Id, Identity, Key, Kind, Owner};
use rusqlite::OptionalExtension;
use serde::Serialize;
use serde_json::json;

use crate::{
    Error, Message, MessageReceipt, NewMessage, Role, Session, WorkingView,
    access::{Access, identity},
    column::label,
    feed::trace,
    message::{by_external_id, next_position},
    removal, session,
    visible::in_project,
    writing::{self, Links},
};

/// Default number of recent messages of a session, and of messages that trimming keeps.
pub const RECENT_MESSAGES: usize = 12;

/// A message in the shape that chat APIs take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatMessage {
    /// Role of the speaker.
    pub role: Role,
    /// The content.
    pub content: String,
}

/// The messages of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, NewMessage, Role, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let message = NewMessage::new("standup".parse()?, Role::User, "The parser is done.");
/// working.messages().add(message).await?;
/// let recent = working.messages().recent(&"standup".parse()?, 10).await?;
/// assert_eq!(recent[0].content, "The parser is done.");
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Messages<'_> {
    /// Appends a message to its session.
    ///
    /// # Errors
    /// As [`add_all`](Messages::add_all), without the index in the batch.
    pub async fn add(self, message: NewMessage) -> Result<MessageReceipt, Error> {
        self.view.write(move |access| add(access, message)).await
    }

    /// Appends messages to their sessions, in order, in one transaction. Returns one receipt per
    /// message.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the index of the first message that cannot be stored; in that case
    /// no message is stored. Its source is [`Error::Conflict`] if the owner has a message of the
    /// same id in another session, or the message or its session is in another project than this
    /// view.
    pub async fn add_all(self, messages: Vec<NewMessage>) -> Result<Vec<MessageReceipt>, Error> {
        self.view
            .write(move |access| {
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
    pub async fn get(self, id: &Id) -> Result<Option<Message>, Error> {
        self.view.get(id).await
    }

    /// Returns the last `limit` messages of a session (see [`RECENT_MESSAGES`]), oldest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn recent(self, session: &Id, limit: usize) -> Result<Vec<Message>, Error> {
        let session = session.clone();
        self.view.read(move |access| recent(access, &session, limit)).await
    }

    /// Returns the last `limit` messages of a session, oldest first, in the `[{role, content}]`
    /// shape that chat APIs take.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn chat_history(self, session: &Id, limit: usize) -> Result<Vec<ChatMessage>, Error> {
        let messages = self.recent(session, limit).await?;
        let chat = |message: Message| ChatMessage { role: message.role, content: message.content };
        Ok(messages.into_iter().map(chat).collect())
    }

    /// Replaces the content, role, `tokens`, `model` and `metadata` of an existing message by the
    /// values of `message`, and its name and time if `message` has them. Its id and position do not
    /// change. Returns false if the message does not exist here.
    ///
    /// # Errors
    /// [`Error::NotYours`] if the message is shared and the view belongs to a user; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn amend(self, id: &Id, message: &NewMessage) -> Result<bool, Error> {
        let (id, message) = (id.clone(), message.clone());
        self.view
            .write(move |access| {
                let Some(mut stored) = access.get::<Message>(id.as_str())? else {
                    return Ok(false);
                };
                access.visible.check_change(&identity(&stored))?;
                stored.content = message.content;
                stored.role = message.role;
                stored.name = message.name.or(stored.name);
                stored.timestamp = message.timestamp.unwrap_or(stored.timestamp);
                stored.tokens = message.tokens;
                stored.model = message.model;
                stored.metadata = message.metadata;
                writing::write(access, &mut stored)?;
                Ok(true)
            })
            .await
    }

    /// Moves out the messages of a session except the last `keep` (see [`RECENT_MESSAGES`]), and
    /// returns their number. Messages with undelivered changes in the feed are kept.
    ///
    /// # Errors
    /// [`Error::NotYours`] if the session is shared and the view belongs to a user;
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn trim(self, session: &Id, keep: usize) -> Result<u64, Error> {
        let session = session.clone();
        self.view
            .free_room(move |access| {
                let Some(session) = access.find::<Session>(session.as_str())? else { return Ok(0) };
                access.visible.check_change(&identity(&session.item))?;
                let keep = i64::try_from(keep).unwrap_or(i64::MAX);
                let is_told = trace::is_told(Kind::Message);
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
    /// are skipped; messages with undelivered changes in the feed are kept.
    ///
    /// # Errors
    /// [`Error::NotYours`] if the view acts for another owner; [`Error::Storage`] if the file
    /// cannot be written.
    pub async fn move_out(self, owner: &Owner, ids: &[Id]) -> Result<u64, Error> {
        let (owner, ids) = (owner.clone(), ids.to_owned());
        self.view
            .free_room(move |access| {
                for id in &ids {
                    let identity = Identity::new(owner.clone(), Kind::Message, id.clone());
                    access.visible.check_change(&identity)?;
                }
                let is_told = trace::is_told(Kind::Message);
                let which =
                    format!("owner = ?1 AND id IN (SELECT value FROM json_each(?2)) AND {is_told}");
                let ids = json!(ids).to_string();
                removal::move_out(access, Kind::Message, &which, &[&owner.as_str(), &ids])
            })
            .await
    }

    /// Removes a message, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Message, id.clone())).await
    }
}

fn recent(access: &Access<'_>, session: &Id, limit: usize) -> Result<Vec<Message>, Error> {
    let session = access.referred(Kind::Session, session.as_str())?;
    let Some(session) = session else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut messages: Vec<Message> = access
        .select("AND session_row = ?6 ORDER BY position DESC LIMIT ?7", &[&session, &limit])?;
    messages.reverse();
    Ok(messages)
}

fn add(access: &Access<'_>, mut message: NewMessage) -> Result<MessageReceipt, Error> {
    message.scope.session = Some(message.session.to_string());
    access.fill(&mut message.scope)?;
    let ensured = session::ensure(access, &message.scope)?;
    let session = ensured.expect("the scope of a message names a session");
    if let Some(id) = known(access, &message, session)? {
        return Ok(MessageReceipt::Known { id });
    }
    let position = next_position(access, session)?;
    let mut message = message.at(position, access.now);
    writing::insert_new(
        access,
        &mut message,
        Links { session: Some(session), ..Links::default() },
    )?;
    Ok(MessageReceipt::Added { id: message.id, position })
}

/// Returns the id of the same message in the same session, if it is stored.
fn known(access: &Access<'_>, message: &NewMessage, session: i64) -> Result<Option<Id>, Error> {
    if let Some(id) = &message.id {
        match session_of(access, id, &message.scope.owner())? {
            Some((of, true)) if of == session => return Ok(Some(id.clone())),
            Some(_) => return Err(Error::Conflict { kind: Kind::Message, id: id.clone() }),
            None => {}
        }
    }
    let Some(external_id) = &message.external_id else { return Ok(None) };
    label(external_id, "external_id")?;
    by_external_id(access, session, external_id)
}

/// Returns the session of the owner's message of this id, and whether the view may refer to the
/// message.
fn session_of(access: &Access<'_>, id: &Id, owner: &Owner) -> Result<Option<(i64, bool)>, Error> {
    let is_here = in_project(3);
    let sql = format!("SELECT session_row, {is_here} FROM messages WHERE id = ?1 AND owner = ?2");
    let mut statement = access.connection.prepare_cached(&sql)?;
    let params = (id.as_str(), owner.as_str(), access.visible.project());
    Ok(statement.query_row(params, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
