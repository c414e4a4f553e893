//! Taking records back in the form in which they travel, as they were: with their ids and times.

use aios_record::{Kind, Record};
use rusqlite::params;
use serde::de::DeserializeOwned;

use crate::{Error, Working, access::Access, column::Column, records::for_kind, row::Row, session};

/// What became of a record that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It is here as it was.
    Added,
    /// There is a record of its kind and id already, which stays as it is.
    Known,
    /// It cannot be here: its kind is not kept here, it refers to what is not here, or it lacks
    /// fields of its kind.
    Elsewhere,
}

impl Working {
    /// Takes records back, all in one transaction. What they refer to must come before them:
    /// sessions first, then goals, tasks and the rest. The feed tells of them.
    ///
    /// # Errors
    /// [`Error::Storage`] and [`Error::Full`] when the file takes nothing; nothing is done then.
    pub async fn restore(&self, records: Vec<Record>) -> Result<Vec<Restored>, Error> {
        self.write(move |access| records.iter().map(|record| restore(access, record)).collect())
            .await
    }
}

fn restore(access: &Access<'_>, record: &Record) -> Result<Restored, Error> {
    match record.kind {
        Kind::Preference | Kind::Persona => setting(access, record),
        kind => for_kind!(kind, item(access, record), Ok(Restored::Elsewhere)),
    }
}

fn item<T: Row + DeserializeOwned>(
    access: &Access<'_>,
    record: &Record,
) -> Result<Restored, Error> {
    let Ok(item) = serde_json::from_value::<T>(record.payload.clone()) else {
        return Ok(Restored::Elsewhere);
    };
    for (_, kind, id) in item.parents() {
        if crate::records::scope_of(access, kind, id)?.is_none() {
            return Ok(Restored::Elsewhere);
        }
    }
    if T::KIND != Kind::Session {
        session::ensure(access, &item.meta().scope)?;
    }
    Ok(if access.restore(&item)? { Restored::Added } else { Restored::Known })
}

/// A preference or a trait of the persona.
fn setting(access: &Access<'_>, record: &Record) -> Result<Restored, Error> {
    let (key, value) = (record.id.as_str(), &record.payload["value"]);
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
