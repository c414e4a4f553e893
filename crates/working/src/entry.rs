//! Entries: generic keyed values with a category, tags and perhaps an entity that they belong to.

use aios_record::{Id, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, Working,
    event::strings,
    row::{Row, fields},
};

/// The category of [`Working::set_user_preference`].
pub const CATEGORY_PREFERENCE: &str = "user_preference";
/// The category of [`Working::set_device_info`].
pub const CATEGORY_DEVICE: &str = "device_info";
/// The category of [`Working::record_task`].
pub const CATEGORY_TASK: &str = "task";
/// The tag of a recorded task unless told otherwise.
pub const TAG_EXECUTED: &str = "executed";

/// A generic keyed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Unique among entries. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// What sort of entry.
    pub category: String,
    /// What it is found by; several entries may have the same.
    pub key: String,
    /// What it says.
    #[serde(default)]
    pub value: Value,
    /// Labels to search by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What sort of thing it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// Which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// When. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Entry {
    /// An entry without tags and entity.
    #[must_use]
    pub fn new(category: impl Into<String>, key: impl Into<String>, value: Value) -> Entry {
        Entry {
            id: Id::generate(),
            category: category.into(),
            key: key.into(),
            value,
            tags: Vec::new(),
            entity_type: None,
            entity_id: None,
            timestamp: None,
            meta: Meta::default(),
        }
    }
}

fields! {
    Entry in "entries" { category, key, value, tags, entity_type, entity_id, timestamp }
}

impl Row for Entry {
    fn text(&self) -> String {
        let mut lines = vec![self.key.as_str()];
        lines.extend(strings(&self.value));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    fn settle(&mut self, now: Timestamp) {
        self.timestamp.get_or_insert(now);
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.timestamp;
        record.title = Some(self.key.clone());
        record.tags.clone_from(&self.tags);
    }
}

/// What is to become of an entry; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntryUpdate {
    /// The new value.
    pub value: Option<Value>,
    /// The new tags.
    pub tags: Option<Vec<String>>,
    /// The new category.
    pub category: Option<String>,
    /// The new key.
    pub key: Option<String>,
}

/// Which entries are wanted; what is left out restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only this category.
    pub category: Option<String>,
    /// Only this key.
    pub key: Option<String>,
    /// Only about this sort of thing.
    pub entity_type: Option<String>,
    /// Only about this one.
    pub entity_id: Option<String>,
    /// Only with any of these tags.
    pub tags: Vec<String>,
    /// How many at most. Default: all.
    pub limit: Option<usize>,
}

impl Working {
    /// Stores a new entry.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is an entry of this id; otherwise as
    /// [`store_goal`](Working::store_goal).
    pub async fn create_entry(&self, entry: Entry) -> Result<Entry, Error> {
        self.write(move |access| {
            let mut entry = entry;
            if access.exists::<Entry>(&entry.id)? {
                return Err(Error::Conflict { kind: Kind::Entry, id: entry.id });
            }
            access.store(&mut entry)?;
            Ok(entry)
        })
        .await
    }

    /// The entry of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn entry(&self, id: &str) -> Result<Option<Entry>, Error> {
        self.get(id).await
    }

    /// The newest entry of this key.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn entry_by_key(&self, key: &str) -> Result<Option<Entry>, Error> {
        let filter =
            EntryFilter { key: Some(key.to_owned()), limit: Some(1), ..EntryFilter::default() };
        Ok(self.search_entries(filter).await?.pop())
    }

    /// Changes an entry; whether there is one.
    ///
    /// # Errors
    /// As [`store_goal`](Working::store_goal).
    pub async fn update_entry(&self, id: &str, update: EntryUpdate) -> Result<bool, Error> {
        let id = id.to_owned();
        self.write(move |access| {
            let Some(mut entry) = access.get::<Entry>(&id)? else { return Ok(false) };
            entry.value = update.value.unwrap_or(entry.value);
            entry.tags = update.tags.unwrap_or(entry.tags);
            entry.category = update.category.unwrap_or(entry.category);
            entry.key = update.key.unwrap_or(entry.key);
            access.store(&mut entry)?;
            Ok(true)
        })
        .await
    }

    /// Removes an entry for good; whether there was one.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn delete_entry(&self, id: &str) -> Result<bool, Error> {
        Ok(!self.remove(Kind::Entry, id).await?.is_empty())
    }

    /// The entries that `filter` lets through, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn search_entries(&self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        self.read(move |access| {
            let tags = Value::from(filter.tags.as_slice()).to_string();
            let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
            access.select(
                "AND (?6 IS NULL OR category = ?6) AND (?7 IS NULL OR key = ?7)
                 AND (?8 IS NULL OR entity_type = ?8) AND (?9 IS NULL OR entity_id = ?9)
                 AND (?10 = '[]' OR EXISTS (
                     SELECT 1 FROM json_each(t.tags) AS has JOIN json_each(?10) AS wanted
                     ON has.value = wanted.value
                 ))
                 ORDER BY timestamp DESC, row DESC LIMIT ?11",
                &[
                    &filter.category,
                    &filter.key,
                    &filter.entity_type,
                    &filter.entity_id,
                    &tags,
                    &limit,
                ],
            )
        })
        .await
    }

    /// Removes every entry that is visible here for good, and says how many.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn clear_all_entries(&self) -> Result<u64, Error> {
        self.write(|access| {
            let entries: Vec<Entry> = access.select("", &[])?;
            for entry in &entries {
                crate::removal::remove(access, Kind::Entry, entry.id.as_str(), &mut Vec::new())?;
            }
            Ok(entries.len() as u64)
        })
        .await
    }

    /// Sets what a user prefers under `key`, in place of what was there.
    ///
    /// # Errors
    /// As [`store_goal`](Working::store_goal).
    pub async fn set_user_preference(
        &self,
        user: &str,
        key: &str,
        value: Value,
    ) -> Result<Entry, Error> {
        self.set_entity_entry(CATEGORY_PREFERENCE, key, "user", user, value).await
    }

    /// What a user prefers, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn user_preferences(&self, user: &str) -> Result<Vec<Entry>, Error> {
        self.search_entries(about(CATEGORY_PREFERENCE, "user", user)).await
    }

    /// Sets what is known of a device, in place of what was known.
    ///
    /// # Errors
    /// As [`store_goal`](Working::store_goal).
    pub async fn set_device_info(&self, device: &str, info: Value) -> Result<Entry, Error> {
        let key = format!("device_{device}");
        self.set_entity_entry(CATEGORY_DEVICE, &key, "device", device, info).await
    }

    /// What is known of a device.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn device_info(&self, device: &str) -> Result<Option<Entry>, Error> {
        let found = self.search_entries(about(CATEGORY_DEVICE, "device", device)).await?;
        Ok(found.into_iter().next())
    }

    /// Notes a task under the key `task_ID`, tagged [`TAG_EXECUTED`] if `tags` is empty.
    ///
    /// # Errors
    /// As [`store_goal`](Working::store_goal).
    pub async fn record_task(
        &self,
        task_id: &str,
        value: Value,
        tags: Vec<String>,
    ) -> Result<Entry, Error> {
        let tags = if tags.is_empty() { vec![TAG_EXECUTED.to_owned()] } else { tags };
        let key = format!("task_{task_id}");
        self.create_entry(Entry {
            tags,
            entity_type: Some("task".to_owned()),
            entity_id: Some(task_id.to_owned()),
            ..Entry::new(CATEGORY_TASK, key, value)
        })
        .await
    }

    /// Stores the one entry of a category, key and entity.
    async fn set_entity_entry(
        &self,
        category: &str,
        key: &str,
        entity_type: &str,
        entity_id: &str,
        value: Value,
    ) -> Result<Entry, Error> {
        let wanted = Entry {
            entity_type: Some(entity_type.to_owned()),
            entity_id: Some(entity_id.to_owned()),
            ..Entry::new(category, key, value)
        };
        self.write(move |access| {
            let existing: Option<Entry> = access
                .select(
                    "AND category = ?6 AND key = ?7 AND entity_type = ?8 AND entity_id = ?9
                     ORDER BY row DESC LIMIT 1",
                    &[&wanted.category, &wanted.key, &wanted.entity_type, &wanted.entity_id],
                )?
                .pop();
            let mut entry = match existing {
                Some(existing) => {
                    Entry { value: wanted.value, timestamp: Some(access.now), ..existing }
                }
                None => wanted,
            };
            access.store(&mut entry)?;
            Ok(entry)
        })
        .await
    }
}

fn about(category: &str, entity_type: &str, entity_id: &str) -> EntryFilter {
    EntryFilter {
        category: Some(category.to_owned()),
        entity_type: Some(entity_type.to_owned()),
        entity_id: Some(entity_id.to_owned()),
        ..EntryFilter::default()
    }
}
