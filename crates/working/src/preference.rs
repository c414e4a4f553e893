//! Preferences of users, and the persona that an agent shows.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Working,
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
    /// the key or the value is.
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
            label(&key, "key")?;
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

    /// Sets one trait of the persona.
    ///
    /// # Errors
    /// [`Error::TooLong`] when the key or the value is too long.
    pub async fn set_persona(&self, key: &str, value: impl Into<String>) -> Result<(), Error> {
        let (key, value) = (key.to_owned(), value.into());
        self.write(move |access| {
            label(&key, "key")?;
            value.check("value", access.config.text_bytes_max)?;
            let sql = "INSERT INTO persona (key, value, updated_at) VALUES (?1, ?2, ?3)
                ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
            let now = access.now.as_microsecond();
            access.connection.prepare_cached(sql)?.execute((key, value, now))?;
            Ok(())
        })
        .await
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
