//! Preferences of users, and the persona that an agent shows.

use std::collections::BTreeMap;

use aios_record::{Id, Kind, Record, Scope, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Error, RecordPage, Working,
    access::{Access, fill},
    column::{Column, label},
};

/// Whose preferences are meant where no user is given.
pub const DEFAULT_USER: &str = "default";

/// The preferences with names that everybody knows; any other key may be set too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// How code should look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding_style: Option<Value>,
    /// How to talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication_tone: Option<Value>,
    /// What to work with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favorite_tools: Option<Value>,
    /// What is being worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_context: Option<Value>,
    /// Everything else, by key.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl Working {
    /// Sets what a user ([`DEFAULT_USER`] if none is given) prefers under `key`.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] when this handle is bound to another user, [`Error::TooLong`] when
    /// the user or the value is, [`Error::Record`] when the key has not 1 to 128 bytes.
    pub async fn set_preference(
        &self,
        user: Option<&str>,
        key: &str,
        value: Value,
    ) -> Result<(), Error> {
        let (user, key) = (user.map(str::to_owned), key.to_owned());
        self.write(move |access| {
            let user = whose(access, user)?;
            label(&user, "user")?;
            Id::new(key.as_str())?;
            value.check("value", access.config.text_bytes_max)?;
            let sql = "INSERT INTO preferences (user, key, value, updated_at)
                VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
            let now = access.now.as_microsecond();
            access.connection.prepare_cached(sql)?.execute((user, key, value.bind(), now))?;
            Ok(())
        })
        .await
    }

    /// What a user prefers under `key`.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] when this handle is bound to another user.
    pub async fn preference(&self, user: Option<&str>, key: &str) -> Result<Option<Value>, Error> {
        let (user, key) = (user.map(str::to_owned), key.to_owned());
        self.read(move |access| {
            let user = whose(access, user)?;
            let sql = "SELECT value FROM preferences WHERE user = ?1 AND key = ?2";
            let mut statement = access.connection.prepare_cached(sql)?;
            let value = statement.query_row((user, key), |row| Ok(Value::decode(row.get_ref(0)?)?));
            Ok(value.optional()?)
        })
        .await
    }

    /// All that a user prefers.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] when this handle is bound to another user.
    pub async fn preferences(&self, user: Option<&str>) -> Result<Preferences, Error> {
        let user = user.map(str::to_owned);
        self.read(move |access| {
            let user = whose(access, user)?;
            let sql = "SELECT key, value FROM preferences WHERE user = ?1 ORDER BY key";
            let mut statement = access.connection.prepare_cached(sql)?;
            let pair = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(String, Value)> {
                Ok((row.get(0)?, Value::decode(row.get_ref(1)?)?))
            };
            let mut other: BTreeMap<String, Value> =
                statement.query_map([user], pair)?.collect::<Result<_, _>>()?;
            Ok(Preferences {
                coding_style: other.remove("coding_style"),
                communication_tone: other.remove("communication_tone"),
                favorite_tools: other.remove("favorite_tools"),
                project_context: other.remove("project_context"),
                other,
            })
        })
        .await
    }

    /// Removes what a user prefers under `key`; whether there was anything.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] when this handle is bound to another user.
    pub async fn remove_preference(&self, user: Option<&str>, key: &str) -> Result<bool, Error> {
        let (user, key) = (user.map(str::to_owned), key.to_owned());
        self.free_room(move |access| delete(access, &whose(access, user)?, &key)).await
    }

    /// Sets one trait of the persona.
    ///
    /// # Errors
    /// [`Error::TooLong`] when the value is too long, [`Error::Record`] when the key has not 1 to
    /// 128 bytes.
    pub async fn set_persona(&self, key: &str, value: impl Into<String>) -> Result<(), Error> {
        let (key, value) = (key.to_owned(), value.into());
        self.write(move |access| {
            Id::new(key.as_str())?;
            value.check("value", access.config.text_bytes_max)?;
            let sql = "INSERT INTO persona (key, value, updated_at) VALUES (?1, ?2, ?3)
                ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
            let now = access.now.as_microsecond();
            access.connection.prepare_cached(sql)?.execute((key, value, now))?;
            Ok(())
        })
        .await
    }

    /// Removes one trait of the persona; whether there was one.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn remove_persona(&self, key: &str) -> Result<bool, Error> {
        let key = key.to_owned();
        self.free_room(move |access| delete_trait(access, &key)).await
    }

    /// The persona, by trait.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn persona(&self) -> Result<BTreeMap<String, String>, Error> {
        self.read(|access| {
            let sql = "SELECT key, value FROM persona";
            let mut statement = access.connection.prepare_cached(sql)?;
            let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(pairs.collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// The user that is meant: as given, else as bound, else the default one.
fn whose(access: &Access<'_>, user: Option<String>) -> Result<String, Error> {
    let mut scope = aios_record::Scope { user, ..Default::default() };
    fill(&access.bound.scope, &mut scope)?;
    Ok(scope.user.unwrap_or_else(|| DEFAULT_USER.to_owned()))
}

fn delete(access: &Access<'_>, user: &str, key: &str) -> Result<bool, Error> {
    let sql = "DELETE FROM preferences WHERE user = ?1 AND key = ?2";
    Ok(0 < access.connection.prepare_cached(sql)?.execute((user, key))?)
}

fn delete_trait(access: &Access<'_>, key: &str) -> Result<bool, Error> {
    Ok(0 < access
        .connection
        .prepare_cached("DELETE FROM persona WHERE key = ?1")?
        .execute([key])?)
}

/// Some preferences after row `after`, of the user that is bound, or else of all.
pub(crate) fn page(access: &Access<'_>, after: i64, limit: usize) -> Result<RecordPage, Error> {
    let sql = "SELECT key, value, updated_at, user, row FROM preferences
        WHERE ?1 < row AND (?2 IS NULL OR user = ?2) ORDER BY row LIMIT ?3";
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    records(access, sql, params![after, &access.bound.scope.user, wanted], limit)
}

/// What the user who is meant prefers under `key`.
pub(crate) fn by_key(access: &Access<'_>, key: &str) -> Result<Option<Record>, Error> {
    let sql = "SELECT key, value, updated_at, user, row FROM preferences
        WHERE user = ?1 AND key = ?2";
    let user = whose(access, None)?;
    Ok(records(access, sql, params![user, key], usize::MAX)?.records.pop())
}

/// Some traits of the persona after row `after`.
pub(crate) fn persona_page(
    access: &Access<'_>,
    after: i64,
    limit: usize,
) -> Result<RecordPage, Error> {
    let sql = "SELECT key, json_quote(value), updated_at, NULL, row FROM persona
        WHERE ?1 < row ORDER BY row LIMIT ?2";
    records(access, sql, params![after, i64::try_from(limit).unwrap_or(i64::MAX)], limit)
}

/// One trait of the persona.
pub(crate) fn persona_by_key(access: &Access<'_>, key: &str) -> Result<Option<Record>, Error> {
    let sql = "SELECT key, json_quote(value), updated_at, NULL, row FROM persona WHERE key = ?1";
    Ok(records(access, sql, params![key], usize::MAX)?.records.pop())
}

/// The travelling form of rows of key, value, time and user; traits of the persona have no user.
fn records(
    access: &Access<'_>,
    sql: &str,
    params: impl rusqlite::Params,
    limit: usize,
) -> Result<RecordPage, Error> {
    let mut statement = access.connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let (mut records, mut last) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        records.push(record(row)?);
        last = Some(row.get("row")?);
    }
    Ok(RecordPage::new(records, last, limit))
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let (key, value) = (Id::decode(row.get_ref(0)?)?, Value::decode(row.get_ref(1)?)?);
    let updated_at = Timestamp::decode(row.get_ref(2)?)?;
    let user: Option<String> = row.get(3)?;
    let kind = if user.is_some() { Kind::Preference } else { Kind::Persona };
    let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = format!("{key}: {said}");
    let mut payload = json!({"key": key, "value": value, "updated_at": updated_at});
    if let Some(user) = &user {
        payload["user"] = user.as_str().into();
    }
    let scope = Scope { user, ..Scope::default() };
    Ok(Record { payload, recorded_at: updated_at, ..Record::new(kind, key, text, scope) })
}

/// Removes what the user who is meant prefers under `key`.
pub(crate) fn remove(
    access: &Access<'_>,
    key: &str,
    removed: &mut Vec<(Kind, Id)>,
) -> Result<(), Error> {
    if delete(access, &whose(access, None)?, key)? {
        removed.push((Kind::Preference, Id::new(key)?));
    }
    Ok(())
}

/// Removes one trait of the persona.
pub(crate) fn remove_trait(
    access: &Access<'_>,
    key: &str,
    removed: &mut Vec<(Kind, Id)>,
) -> Result<(), Error> {
    if delete_trait(access, key)? {
        removed.push((Kind::Persona, Id::new(key)?));
    }
    Ok(())
}
