//! Taking records back in the form in which they travel, as they were: with their ids and times.

use std::collections::HashSet;

use aios_record::{Id, Kind, Record};
use rusqlite::params;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Error, Message, Session, Working, access::Access, column::Column, message, records::for_kind,
    row::Row, session, summary,
};

/// What became of a record that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// It is here as it was.
    Added,
    /// It is here without its reference to a record that is not.
    Detached {
        /// What it referred to.
        kind: Kind,
        /// Which one.
        id: Id,
    },
    /// There is a record of its kind and id already, which stays as it is.
    Known,
    /// It cannot be here: its kind is not kept here, or it lacks fields of its kind.
    Elsewhere,
}

impl Working {
    /// Takes records back, all in one transaction, and says of each what became of it. What they
    /// refer to must come before them: goals, then tasks and the rest. What `strangers` names is
    /// not what they refer to, though it is here: the keys of those that could not be given back
    /// because others have their ids. The feed tells of what is taken.
    ///
    /// A message whose place in its session another one has gets the next place. A session that is
    /// here without a summary gets the one that is given.
    ///
    /// # Errors
    /// Of a record: [`Error::Conflict`] when its id is in use in another scope, or its session is
    /// another user's; one that [`is_invalid`](Error::is_invalid) when a field of it cannot be
    /// stored. Of all: [`Error::Storage`] and [`Error::Full`] when the file takes nothing; nothing
    /// is done then.
    pub async fn restore(
        &self,
        records: Vec<Record>,
        strangers: HashSet<String>,
    ) -> Result<Vec<Result<Restored, Error>>, Error> {
        let of_one = |done: Result<Restored, Error>| match done {
            Err(error) if !error.is_invalid() => Err(error),
            done => Ok(done),
        };
        self.write(move |access| {
            records.iter().map(|record| of_one(restore(access, record, &strangers))).collect()
        })
        .await
    }
}

/// Fails before it writes anything where the record is at fault.
fn restore(
    access: &Access<'_>,
    record: &Record,
    strangers: &HashSet<String>,
) -> Result<Restored, Error> {
    match record.kind {
        Kind::Preference | Kind::Persona => setting(access, record),
        Kind::Session => of_session(access, record),
        Kind::Message => of_message(access, record),
        Kind::Summary if summary::is_summed_up(access, record)? => Ok(Restored::Known),
        kind => for_kind!(kind, item(access, record, strangers), Ok(Restored::Elsewhere)),
    }
}

fn item<T: Row + DeserializeOwned>(
    access: &Access<'_>,
    record: &Record,
    strangers: &HashSet<String>,
) -> Result<Restored, Error> {
    let Some(mut item) = read::<T>(record, record.payload.clone()) else {
        return Ok(Restored::Elsewhere);
    };
    if is_here(access, &item)? {
        return Ok(Restored::Known);
    }
    let mut restored = Restored::Added;
    if let Some((field, kind, id)) = lost_parent(access, &item, strangers)? {
        let mut payload = record.payload.clone();
        payload[field] = Value::Null;
        item = read::<T>(record, payload).expect("a reference can be left out");
        restored = Restored::Detached { kind, id };
    }
    access.check(&item)?;
    session::ensure_for(access, item.meta())?;
    access.insert(&item)?;
    Ok(restored)
}

fn of_session(access: &Access<'_>, record: &Record) -> Result<Restored, Error> {
    let Some(given) = read::<Session>(record, record.payload.clone()) else {
        return Ok(Restored::Elsewhere);
    };
    access.check(&given)?;
    let Some(owner) = access.scope_of::<Session>(&given.id)? else {
        access.insert(&given)?;
        return Ok(Restored::Added);
    };
    session::agree(&owner, &given.meta.scope, &given.id)?;
    let is_filled = session::fill_in(access, &given)?;
    Ok(if is_filled { Restored::Added } else { Restored::Known })
}

fn of_message(access: &Access<'_>, record: &Record) -> Result<Restored, Error> {
    let read = read::<Message>(record, record.payload.clone());
    let Some(mut message) = read.filter(|message| !message.session_id().is_empty()) else {
        return Ok(Restored::Elsewhere);
    };
    access.check(&message)?;
    let is_known = is_here(access, &message)? || message::has_external_id(access, &message)?;
    if is_known {
        return Ok(Restored::Known);
    }
    session::ensure_for(access, &message.meta)?;
    message.position = message::take_position(access, &message)?;
    access.insert(&message)?;
    Ok(Restored::Added)
}

/// The typed form of a record, with the times that it lacks; none if it lacks more.
fn read<T: Row + DeserializeOwned>(record: &Record, payload: Value) -> Option<T> {
    let mut item: T = serde_json::from_value(payload).ok()?;
    let meta = item.meta_mut();
    for time in [&mut meta.created_at, &mut meta.updated_at, &mut meta.recorded_at] {
        time.get_or_insert(record.recorded_at);
    }
    item.settle(record.recorded_at);
    Some(item)
}

/// Whether there is a record of this id; one of another scope is another record.
fn is_here<T: Row>(access: &Access<'_>, item: &T) -> Result<bool, Error> {
    match access.scope_of::<T>(item.id())? {
        None => Ok(false),
        Some(scope) if scope == item.meta().scope => Ok(true),
        Some(_) => Err(Error::Conflict { kind: T::KIND, id: item.id().clone() }),
    }
}

/// The field of `item` that refers to what is not here, if one does; a kind has one at most.
fn lost_parent<T: Row>(
    access: &Access<'_>,
    item: &T,
    strangers: &HashSet<String>,
) -> Result<Option<(&'static str, Kind, Id)>, Error> {
    let Some((field, kind, id)) = item.parents().pop() else { return Ok(None) };
    let is_stranger = strangers.contains(&format!("{kind}/{id}"));
    let is_lost = is_stranger || !access.has_parent(item, kind, id)?;
    Ok(is_lost.then(|| (field, kind, id.clone())))
}

/// A preference or a trait of the persona.
fn setting(access: &Access<'_>, record: &Record) -> Result<Restored, Error> {
    let (key, value) = (record.id.as_str(), &record.payload["value"]);
    value.check("value", access.config.text_bytes_max)?;
    record.recorded_at.check("recorded_at", access.config.text_bytes_max)?;
    let updated_at = record.recorded_at.as_microsecond();
    let added = match (&record.scope.user, value.as_str()) {
        (Some(user), _) => access.connection.execute(
            "INSERT INTO preferences (user, key, value, updated_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![user, key, value.bind(), updated_at],
        )?,
        (None, Some(text)) => access.connection.execute(
            "INSERT INTO persona (key, value, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            params![key, text, updated_at],
        )?,
        (None, None) => return Ok(Restored::Elsewhere),
    };
    Ok(if 0 < added { Restored::Added } else { Restored::Known })
}
