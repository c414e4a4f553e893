//! Entries: generic keyed values with a category, tags and optionally an entity.

use aios_record::{Id, Key, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    access::identity,
    event::strings,
    removal,
    row::{Row, fields},
    writing::{self, Links, Writable},
};

/// A generic keyed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Unique among entries. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Category of the entry.
    pub category: String,
    /// Lookup key; not necessarily unique.
    pub key: String,
    /// The value.
    #[serde(default)]
    pub value: Value,
    /// Labels to search by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Type of the entity that the entry describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// Id of that entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// The time of the entry. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Entry {
    /// Returns an entry without tags and entity.
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

    pub(crate) fn updated(self, update: EntryUpdate) -> Entry {
        Entry {
            value: update.value.unwrap_or(self.value),
            tags: update.tags.unwrap_or(self.tags),
            category: update.category.unwrap_or(self.category),
            key: update.key.unwrap_or(self.key),
            ..self
        }
    }

    /// Returns the content of `newer` with the id and scope of this entry.
    pub(crate) fn replaced_by(self, newer: Entry) -> Entry {
        Entry { id: self.id, meta: Meta { scope: self.meta.scope, ..newer.meta }, ..newer }
    }
}

fields! {
    Entry { category, key, value, tags, entity_type, entity_id, timestamp }
}

impl Row for Entry {
    const HAPPENED: &'static str = "timestamp";
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

impl Writable for Entry {}

/// Update of an entry. `None` leaves a field unchanged.
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

/// Filter for entries. Fields that are `None` or empty match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only entries of this category.
    pub category: Option<String>,
    /// Only entries with this key.
    pub key: Option<String>,
    /// Only entries about this type of entity.
    pub entity_type: Option<String>,
    /// Only entries about this entity.
    pub entity_id: Option<String>,
    /// Only entries with any of these tags.
    pub tags: Vec<String>,
    /// Maximum number of entries. Default: all.
    pub limit: Option<usize>,
}

/// The entries in the file of a memory, as a view shows them. They are searchable, and included
/// in the feed. [`EntryStore`](crate::EntryStore) is the same over both back ends.
///
/// ```
/// # use aios_working::{Config, Entry, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let entry = Entry::new("place", "home", serde_json::json!("Lisbon"));
/// working.entries().put(entry).await?;
/// let entry = working.entries().get_by_key("home").await?.expect("it is stored");
/// assert_eq!(entry.value, "Lisbon");
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Entries<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Entries<'_> {
    /// Stores a new entry.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner has an entry of this id; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn add(self, entry: Entry) -> Result<Entry, Error> {
        self.view
            .write(move |access| {
                let mut entry = entry;
                access.fill(&mut entry.meta.scope)?;
                if writing::existing(access, &entry)?.is_some() {
                    return Err(Error::Conflict { kind: Kind::Entry, id: entry.id });
                }
                writing::insert_new(access, &mut entry, Links::default())?;
                Ok(entry)
            })
            .await
    }

    /// Stores an entry; replaces the owner's entry of the same id, and no other.
    ///
    /// # Errors
    /// As [`Goals::put`](crate::Goals::put).
    pub async fn put_by_id(self, entry: Entry) -> Result<Entry, Error> {
        self.view.store(entry).await
    }

    /// Returns the entry of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Entry>, Error> {
        self.view.get(id).await
    }

    /// Returns the newest visible entry with this key.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get_by_key(self, key: &str) -> Result<Option<Entry>, Error> {
        let filter =
            EntryFilter { key: Some(key.to_owned()), limit: Some(1), ..EntryFilter::default() };
        Ok(self.list(filter).await?.pop())
    }

    /// Updates an entry; returns false if it does not exist.
    ///
    /// # Errors
    /// [`Error::NotYours`] if it is shared and the view belongs to a user; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn update(self, id: &Id, update: EntryUpdate) -> Result<bool, Error> {
        let id = id.clone();
        self.view
            .write(move |access| {
                let Some(entry) = access.get::<Entry>(id.as_str())? else { return Ok(false) };
                access.visible.check_change(&identity(&entry))?;
                writing::write(access, &mut entry.updated(update))?;
                Ok(true)
            })
            .await
    }

    /// Removes an entry permanently; returns false if it does not exist.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<bool, Error> {
        Ok(!self.view.records().remove(&Key::new(Kind::Entry, id.clone())).await?.is_empty())
    }

    /// Returns the visible entries that match `filter`, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn list(self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        self.view
            .read(move |access| {
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

    /// Removes, permanently, every visible entry that the view may change, and returns their
    /// number. A user's view does not remove shared entries.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn clear(self) -> Result<u64, Error> {
        self.view
            .free_room(|access| {
                let changeable = format!("AND {}", access.visible.changeable());
                let entries = access.read::<Entry>(&changeable, &[])?;
                for entry in &entries {
                    removal::remove_row(access, &identity(&entry.item), entry.row)?;
                }
                Ok(entries.len() as u64)
            })
            .await
    }

    /// Stores an entry; replaces its owner's entry of the same category, key and entity.
    ///
    /// # Errors
    /// As [`Goals::put`](crate::Goals::put).
    pub async fn put(self, entry: Entry) -> Result<Entry, Error> {
        self.view
            .write(move |access| {
                let mut entry = entry;
                access.fill(&mut entry.meta.scope)?;
                let owner = entry.meta.scope.owner();
                let existing: Option<Entry> = access
                    .select(
                        "AND category = ?6 AND key = ?7 AND entity_type IS ?8 AND entity_id IS ?9
                     AND owner = ?10 ORDER BY row DESC LIMIT 1",
                        &[
                            &entry.category,
                            &entry.key,
                            &entry.entity_type,
                            &entry.entity_id,
                            &owner.as_str(),
                        ],
                    )?
                    .pop();
                if let Some(existing) = existing {
                    entry = existing.replaced_by(entry);
                }
                writing::write(access, &mut entry)?;
                Ok(entry)
            })
            .await
    }
}
