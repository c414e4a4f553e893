//! Restoring records from their exchange form, with their ids and times.

use aios_record::{Identity, Kind, Record};
use rusqlite::params;
use serde::de::DeserializeOwned;

use crate::{
    Error, Message, Session, Summary,
    access::Access,
    column::Column,
    kinds::for_kind,
    message,
    row::Row,
    session, summary,
    writing::{self, Links, Writable},
};

/// Outcome for one record of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// The record was stored.
    Added,
    /// The record was stored without its reference, because the record that it refers to is
    /// missing.
    Detached {
        /// Identity of the missing record.
        identity: Identity,
    },
    /// The owner already has a record of this kind and id, which is not changed.
    Known,
    /// The record cannot be stored here: its kind is not stored here, or it lacks required fields.
    Elsewhere,
}

/// Restores records in order, each with its own outcome.
pub(crate) fn restore_all(
    access: &Access<'_>,
    records: &[Record],
) -> Result<Vec<Result<RestoreOutcome, Error>>, Error> {
    let of_one = |done: Result<RestoreOutcome, Error>| match done {
        Err(error) if !error.is_invalid() => Err(error),
        done => Ok(done),
    };
    records.iter().map(|record| of_one(restore(access, record))).collect()
}

/// Restores one record. If the record is invalid, fails before writing anything.
fn restore(access: &Access<'_>, record: &Record) -> Result<RestoreOutcome, Error> {
    match record.kind {
        kind if kind.is_setting() => setting(access, record),
        Kind::Session => of_session(access, record),
        Kind::Message => of_message(access, record),
        kind => for_kind!(kind, item(access, record), Ok(RestoreOutcome::Elsewhere)),
    }
}

fn item<T: Writable + DeserializeOwned>(
    access: &Access<'_>,
    record: &Record,
) -> Result<RestoreOutcome, Error> {
    let Some(mut item) = read::<T>(access, record)? else { return Ok(RestoreOutcome::Elsewhere) };
    if is_here(access, &item)? || is_summed_up(access, record)? {
        return Ok(RestoreOutcome::Known);
    }
    let (mut restored, mut links) = (RestoreOutcome::Added, Links::default());
    if let Some(wanted) = parent(record, &item) {
        links.parent = match wanted {
            Wanted::Exactly(ref identity) => access.row_of(identity, &item.meta().scope.owner())?,
            Wanted::OwnOrShared(ref own) => access.parent(own.kind, &own.id, &own.owner)?,
        };
        if links.parent.is_none() {
            item.detach();
            restored = RestoreOutcome::Detached { identity: wanted.into_identity() };
        }
    }
    writing::check(access, &item)?;
    if T::table().of_session {
        links.session = session::ensure_for(access, item.meta())?;
    }
    writing::insert(access, &item, links)?;
    Ok(restored)
}

fn of_session(access: &Access<'_>, record: &Record) -> Result<RestoreOutcome, Error> {
    let Some(given) = read::<Session>(access, record)? else {
        return Ok(RestoreOutcome::Elsewhere);
    };
    writing::check(access, &given)?;
    let Some(standing) = session::standing(access, &given.id, given.user_id())? else {
        writing::insert(access, &given, Links::default())?;
        return Ok(RestoreOutcome::Added);
    };
    if given.summary.as_ref().is_some_and(|summary| !summary.is_empty()) {
        standing.revive(access)?;
    }
    let is_filled = session::fill_in(access, standing.row, &given)?;
    Ok(if is_filled { RestoreOutcome::Added } else { RestoreOutcome::Known })
}

fn of_message(access: &Access<'_>, record: &Record) -> Result<RestoreOutcome, Error> {
    let read = read::<Message>(access, record)?;
    let Some(mut message) = read.filter(|message| !message.session_id().is_empty()) else {
        return Ok(RestoreOutcome::Elsewhere);
    };
    writing::check(access, &message)?;
    let is_known = is_here(access, &message)? || message::has_external_id(access, &message)?;
    if is_known {
        return Ok(RestoreOutcome::Known);
    }
    let ensured = session::ensure_for(access, &message.meta)?;
    let session = ensured.expect("the scope of a message names a session");
    message.position = message::take_position(access, &message, session)?;
    writing::insert(access, &message, Links { session: Some(session), ..Links::default() })?;
    Ok(RestoreOutcome::Added)
}

/// Parses a record into its type and fills in missing times; `None` if other fields are missing.
fn read<T: Row + DeserializeOwned>(
    access: &Access<'_>,
    record: &Record,
) -> Result<Option<T>, Error> {
    let Ok(mut item) = serde_json::from_value::<T>(record.payload.clone()) else {
        return Ok(None);
    };
    let meta = item.meta_mut();
    for time in [&mut meta.created_at, &mut meta.updated_at, &mut meta.recorded_at] {
        time.get_or_insert(record.recorded_at);
    }
    access.fill(&mut meta.scope)?;
    item.settle(record.recorded_at);
    Ok(Some(item))
}

/// Returns true if the owner has this record; fails if it has one of this id in another scope.
fn is_here<T: Row>(access: &Access<'_>, item: &T) -> Result<bool, Error> {
    match writing::existing(access, item)? {
        None => Ok(false),
        Some(existing) if existing.scope == item.meta().scope => Ok(true),
        Some(_) => Err(Error::Conflict { kind: T::KIND, id: item.id().clone() }),
    }
}

fn is_summed_up(access: &Access<'_>, record: &Record) -> Result<bool, Error> {
    if record.kind != Kind::Summary {
        return Ok(false);
    }
    let summary = read::<Summary>(access, record)?;
    summary.map_or(Ok(false), |summary| summary::is_summed_up(access, &summary))
}

/// The record that a record refers to.
enum Wanted {
    Exactly(Identity),
    /// The owner's own record of this id, or else the shared one.
    OwnOrShared(Identity),
}

impl Wanted {
    fn into_identity(self) -> Identity {
        match self {
            Wanted::Exactly(identity) | Wanted::OwnOrShared(identity) => identity,
        }
    }
}

fn parent<T: Row>(record: &Record, item: &T) -> Option<Wanted> {
    let (parent, id) = (T::table().parent?, item.parent()?);
    let owner = item.meta().scope.owner();
    let told = record.references.iter().find(|reference| {
        let fits = reference.kind == parent.kind && reference.id == *id;
        fits && (reference.owner == owner || reference.owner.is_shared())
    });
    Some(match told {
        Some(told) => Wanted::Exactly(told.clone()),
        None => Wanted::OwnOrShared(Identity::new(owner, parent.kind, id.clone())),
    })
}

/// Restores a preference or a persona trait.
fn setting(access: &Access<'_>, record: &Record) -> Result<RestoreOutcome, Error> {
    let (key, value) = (record.id.as_str(), &record.payload["value"]);
    value.check("value", access.config.text_bytes_max)?;
    record.recorded_at.check("recorded_at", access.config.text_bytes_max)?;
    let updated_at = record.recorded_at.as_microsecond();
    let mut scope = record.scope.clone();
    access.fill(&mut scope)?;
    let added = match (record.kind, value.as_str()) {
        (Kind::Preference, _) => access.connection.execute(
            "INSERT INTO preferences (owner, key, value, updated_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![scope.owner().as_str(), key, value.bind(), updated_at],
        )?,
        (_, Some(text)) => access.connection.execute(
            "INSERT INTO persona (key, value, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            params![key, text, updated_at],
        )?,
        (_, None) => return Ok(RestoreOutcome::Elsewhere),
    };
    Ok(if 0 < added { RestoreOutcome::Added } else { RestoreOutcome::Known })
}
