//! Preferences of owners, and the persona of an agent.

use std::collections::BTreeMap;

use aios_record::{Id, Kind, Owner, Record, Scope, Timestamp};
use rusqlite::{Row, ToSql};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Error, FieldProblem, WorkingView,
    access::Access,
    column::Column,
    page::{Place, RecordPage},
};

/// The preferences with the columns of a table of records.
pub(crate) const PREFERENCES: &str = "(
    SELECT row, owner, key AS id, value, updated_at, NULL AS scope_project, NULL AS scope_agent,
        NULL AS scope_session
    FROM preferences
)";

/// The traits of the persona in the same form.
pub(crate) const PERSONA: &str = "(
    SELECT row, '' AS owner, key AS id, json_quote(value) AS value, updated_at FROM persona
)";

/// The values of preferences. The fields are well-known keys; any other key may be set too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PreferenceValues {
    /// Coding style.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding_style: Option<Value>,
    /// Tone of conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication_tone: Option<Value>,
    /// Preferred tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favorite_tools: Option<Value>,
    /// Context of the current work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_context: Option<Value>,
    /// All other preferences, by key.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// The preferences of the owner of a view.
///
/// ```
/// # use aios_working::{Config, Working};
/// # use aios_record::{Gate, Owner};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let ada = working.scoped(Gate::owner(Owner::user("ada")?));
/// ada.preferences().put("tone", serde_json::json!("brief")).await?;
/// assert_eq!(ada.preferences().get("tone").await?, Some(serde_json::json!("brief")));
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Preferences<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Preferences<'_> {
    /// Sets the preference of the view's owner under `key`. An administrator's view sets that of
    /// the user that it is narrowed to, or else the shared one.
    ///
    /// # Errors
    /// [`Error::TooLong`] if the value is too long, [`Error::Record`] if the length of the key is
    /// not 1 to 128 bytes, [`Error::Storage`] if the file cannot be written.
    pub async fn put(self, key: &str, value: Value) -> Result<(), Error> {
        let key = key.to_owned();
        self.view.write(move |access| set(access, &access.visible.acting(), &key, &value)).await
    }

    /// Returns the preference of the view's owner under `key`, or else the shared one.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, key: &str) -> Result<Option<Value>, Error> {
        let key = key.to_owned();
        self.view.read(move |access| Ok(overlaid(access, Some(&key))?.remove(&key))).await
    }

    /// Returns all preferences of the view's owner, merged over the shared ones.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn list(self) -> Result<PreferenceValues, Error> {
        self.view
            .read(move |access| {
                let mut other = overlaid(access, None)?;
                Ok(PreferenceValues {
                    coding_style: other.remove("coding_style"),
                    communication_tone: other.remove("communication_tone"),
                    favorite_tools: other.remove("favorite_tools"),
                    project_context: other.remove("project_context"),
                    other,
                })
            })
            .await
    }

    /// Removes the preference of the view's owner under `key`; returns true if it existed.
    ///
    /// # Errors
    /// [`Error::NotYours`] if only a shared one exists and the view belongs to a user;
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn remove(self, key: &str) -> Result<bool, Error> {
        let key = key.to_owned();
        self.view
            .free_room(move |access| {
                let acting = access.visible.acting();
                let found = find(access, &access.visible.acting(), &key)?;
                let Some(record) = found else { return Ok(false) };
                access.visible.check_change(&record.identity())?;
                if record.owner() != acting {
                    return Ok(false);
                }
                let sql = "DELETE FROM preferences WHERE key = ?1 AND owner = ?2";
                let mut statement = access.connection.prepare_cached(sql)?;
                Ok(0 < statement.execute((key, acting.as_str()))?)
            })
            .await
    }
}

/// The persona, which belongs to the whole machine.
///
/// ```
/// # use aios_working::{Config, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// working.persona().put("name", "Robin").await?;
/// assert_eq!(working.persona().list().await?["name"], "Robin");
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Persona<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Persona<'_> {
    /// Sets a trait of the persona, which belongs to the whole machine.
    ///
    /// # Errors
    /// [`Error::MachineWide`] if the view belongs to a user, [`Error::TooLong`] if the value is too
    /// long, [`Error::Record`] if the length of the key is not 1 to 128 bytes, [`Error::Storage`]
    /// if the file cannot be written.
    pub async fn put(self, key: &str, value: impl Into<String>) -> Result<(), Error> {
        let (key, value) = (key.to_owned(), value.into());
        self.view.write(move |access| set_trait(access, &key, &value)).await
    }

    /// Removes a trait of the persona; returns true if it existed.
    ///
    /// # Errors
    /// [`Error::MachineWide`] if the view belongs to a user.
    pub async fn remove(self, key: &str) -> Result<bool, Error> {
        let key = key.to_owned();
        self.view
            .free_room(move |access| {
                access.visible.check_machine_wide(Kind::Persona)?;
                let sql = "DELETE FROM persona WHERE key = ?1";
                Ok(0 < access.connection.prepare_cached(sql)?.execute([key])?)
            })
            .await
    }

    /// Returns the persona, by trait.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn list(self) -> Result<BTreeMap<String, String>, Error> {
        self.view
            .read(|access| {
                let sql = "SELECT key, value FROM persona";
                let mut statement = access.connection.prepare_cached(sql)?;
                let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(pairs.collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn set(access: &Access<'_>, owner: &Owner, key: &str, value: &Value) -> Result<(), Error> {
    Id::new(key)?;
    value.check("value", access.config.text_bytes_max)?;
    let sql = "INSERT INTO preferences (owner, key, value, updated_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    let row = (owner.as_str(), key, value.bind(), access.now.as_microsecond());
    access.connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn set_trait(access: &Access<'_>, key: &str, value: &String) -> Result<(), Error> {
    access.visible.check_machine_wide(Kind::Persona)?;
    Id::new(key)?;
    value.check("value", access.config.text_bytes_max)?;
    let sql = "INSERT INTO persona (key, value, updated_at) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    let now = access.now.as_microsecond();
    access.connection.prepare_cached(sql)?.execute((key, value, now))?;
    Ok(())
}

/// Returns the values under `key`, or all, for the acting owner: its own merged over the shared
/// ones.
fn overlaid(access: &Access<'_>, key: Option<&str>) -> Result<BTreeMap<String, Value>, Error> {
    // Ordered so that the owner's own values come last.
    let sql = format!(
        "SELECT id, value, updated_at, owner, row FROM {PREFERENCES}
         WHERE {} AND owner IN ('', ?5) AND (?6 IS NULL OR id = ?6) ORDER BY owner",
        access.visible.scope()
    );
    let acting = access.visible.acting();
    let found = records(access, Kind::Preference, &sql, &[&acting.as_str(), &key])?;
    let value = |mut record: Record| (record.id.to_string(), record.payload["value"].take());
    Ok(found.into_iter().map(|(record, _)| value(record)).collect())
}

/// Returns a page of visible preferences after row `after`.
pub(crate) fn page(access: &Access<'_>, after: i64, limit: usize) -> Result<RecordPage, Error> {
    let sql = format!(
        "SELECT id, value, updated_at, owner, row FROM {PREFERENCES}
         WHERE {} AND ?5 < row ORDER BY row LIMIT ?6",
        access.visible.scope()
    );
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(paged(records(access, Kind::Preference, &sql, &[&after, &wanted])?, limit))
}

/// Returns a page of visible preferences after a position by time.
pub(crate) fn page_by_time(
    access: &Access<'_>,
    after: Place,
    limit: usize,
) -> Result<Vec<(Record, i64)>, Error> {
    let sql = format!(
        "SELECT id, value, updated_at, owner, row FROM {PREFERENCES}
         WHERE {} AND (?5, ?6) < (updated_at, row) ORDER BY updated_at, row LIMIT ?7",
        access.visible.scope()
    );
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    records(access, Kind::Preference, &sql, &[&after.time, &after.row, &wanted])
}

/// Returns the preference that a bare key resolves to.
pub(crate) fn by_key(access: &Access<'_>, key: &str) -> Result<Option<Record>, Error> {
    let found = with_key(access, key)?;
    access.visible.meant(Kind::Preference, key, found, Record::owner)
}

/// Returns the preference of this owner and key, if it is visible.
pub(crate) fn identified(
    access: &Access<'_>,
    owner: &Owner,
    key: &str,
) -> Result<Option<Record>, Error> {
    let found = with_key(access, key)?;
    Ok(found.into_iter().find(|record| record.owner() == *owner))
}

/// Returns the visible preferences under `key`.
fn with_key(access: &Access<'_>, key: &str) -> Result<Vec<Record>, Error> {
    let sql = format!(
        "SELECT id, value, updated_at, owner, row FROM {PREFERENCES}
         WHERE {} AND id = ?5",
        access.visible.scope()
    );
    let found = records(access, Kind::Preference, &sql, &[&key])?;
    Ok(found.into_iter().map(|(record, _)| record).collect())
}

/// Returns the preference under `key` for `acting`: its own, or else the shared one.
fn find(access: &Access<'_>, acting: &Owner, key: &str) -> Result<Option<Record>, Error> {
    let mut found = with_key(access, key)?;
    found.retain(|record| record.owner() == *acting || record.owner().is_shared());
    Ok(found.into_iter().max_by_key(Record::owner))
}

/// Returns a page of persona traits after row `after`.
pub(crate) fn persona_page(
    access: &Access<'_>,
    after: i64,
    limit: usize,
) -> Result<RecordPage, Error> {
    let sql = format!(
        "SELECT id, value, updated_at, owner, row FROM {PERSONA}
         WHERE ?5 < row ORDER BY row LIMIT ?6"
    );
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(paged(records(access, Kind::Persona, &sql, &[&after, &wanted])?, limit))
}

/// Returns a page of persona traits after a position by time.
pub(crate) fn persona_page_by_time(
    access: &Access<'_>,
    after: Place,
    limit: usize,
) -> Result<Vec<(Record, i64)>, Error> {
    let sql = format!(
        "SELECT id, value, updated_at, owner, row FROM {PERSONA}
         WHERE (?5, ?6) < (updated_at, row) ORDER BY updated_at, row LIMIT ?7"
    );
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    records(access, Kind::Persona, &sql, &[&after.time, &after.row, &wanted])
}

/// Returns a trait of the persona.
pub(crate) fn persona_by_key(access: &Access<'_>, key: &str) -> Result<Option<Record>, Error> {
    let sql = format!("SELECT id, value, updated_at, owner, row FROM {PERSONA} WHERE id = ?5");
    Ok(records(access, Kind::Persona, &sql, &[&key])?.pop().map(|(record, _)| record))
}

/// Sets the value of the existing preference or trait that a bare key resolves to.
pub(crate) fn update(
    access: &Access<'_>,
    kind: Kind,
    key: &str,
    changes: &Map<String, Value>,
) -> Result<Record, Error> {
    let get = |key| match kind {
        Kind::Persona => persona_by_key(access, key),
        _ => by_key(access, key),
    };
    let missing = || Error::NotFound { kind, id: key.to_owned() };
    let record = get(key)?.ok_or_else(missing)?;
    if kind == Kind::Persona {
        access.visible.check_machine_wide(kind)?;
    }
    access.visible.check_change(&record.identity())?;
    for (field, value) in changes {
        if !kind.mutability().admits(field) && record.payload.get(field) != Some(value) {
            let problem = FieldProblem::Kept { field: field.clone(), changes: "value" };
            return Err(Error::Fields { kind, problem });
        }
    }
    let Some(value) = changes.get("value") else { return Ok(record) };
    match kind {
        Kind::Persona => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            set_trait(access, key, &text)?;
        }
        _ => set(access, &record.owner(), key, value)?,
    }
    let changed = match kind {
        Kind::Persona => persona_by_key(access, key)?,
        _ => identified(access, &record.owner(), key)?,
    };
    changed.ok_or_else(missing)
}

/// Returns the exchange form of rows of key, value, time, owner and row number, with that number.
/// `own` are the parameters from `?5` on.
fn records(
    access: &Access<'_>,
    kind: Kind,
    sql: &str,
    own: &[&dyn ToSql],
) -> Result<Vec<(Record, i64)>, Error> {
    let [owner, project, agent, session] = access.visible.params();
    let scope: [&dyn ToSql; 4] = [&owner, &project, &agent, &session];
    let params = rusqlite::params_from_iter(scope.iter().chain(own));
    let mut statement = access.connection.prepare_cached(sql)?;
    let found = statement.query_map(params, |row| Ok((record(kind, row)?, row.get("row")?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn paged(found: Vec<(Record, i64)>, limit: usize) -> RecordPage {
    let last = found.last().map(|(_, row)| *row);
    RecordPage::new(found.into_iter().map(|(record, _)| record).collect(), last, limit)
}

fn record(kind: Kind, row: &Row<'_>) -> rusqlite::Result<Record> {
    let (key, value) = (Id::decode(row.get_ref(0)?)?, Value::decode(row.get_ref(1)?)?);
    let updated_at = Timestamp::decode(row.get_ref(2)?)?;
    let scope = Scope::default().with_owner(&Owner::from_stored(row.get::<_, String>(3)?));
    let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = format!("{key}: {said}");
    let mut payload = json!({"key": key, "value": value, "updated_at": updated_at});
    if let Some(user) = &scope.user {
        payload["user"] = user.as_str().into();
    }
    Ok(Record { payload, recorded_at: updated_at, ..Record::new(kind, key, text, scope) })
}
