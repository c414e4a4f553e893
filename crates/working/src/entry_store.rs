//! A common interface to entries, and its two back ends.

mod json;

use std::{future::Future, str::FromStr};

use serde_json::Value;

pub use self::json::JsonEntries;
use crate::{Entry, EntryFilter, EntryUpdate, Error, WorkingView};

/// File name of the `json` back end, beside `working.db`.
const JSON_FILE: &str = "entries.json";

/// A store of entries. All back ends behave alike.
pub trait EntryStore: Send + Sync {
    /// Stores a new entry. Returns [`Error::Conflict`] if its owner already has an entry of this
    /// id.
    fn create(&self, entry: Entry) -> impl Future<Output = Result<Entry, Error>> + Send;

    /// Stores an entry; replaces its owner's entry of the same category, key and entity.
    fn put(&self, entry: Entry) -> impl Future<Output = Result<Entry, Error>> + Send;

    /// Returns the entry of this id: the owner's own, or else the shared one.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    /// Updates an entry; returns false if it does not exist. Returns [`Error::NotYours`] if it is
    /// shared and the view belongs to a user.
    fn update(
        &self,
        id: &str,
        update: EntryUpdate,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Removes an entry permanently; returns false if it does not exist. Returns
    /// [`Error::NotYours`] if it is shared and the view belongs to a user.
    fn delete(&self, id: &str) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Returns the visible entries that match `filter`, newest first.
    fn search(&self, filter: EntryFilter)
    -> impl Future<Output = Result<Vec<Entry>, Error>> + Send;

    /// Removes, permanently, every visible entry that the view may change; returns their number.
    fn clear_all(&self) -> impl Future<Output = Result<u64, Error>> + Send;

    /// Returns the newest visible entry with this key.
    fn get_by_key(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        let key = Some(key.to_owned());
        let filter = EntryFilter { key, limit: Some(1), ..EntryFilter::default() };
        async { Ok(self.search(filter).await?.pop()) }
    }

    /// Sets a user's preference under `key`; replaces the previous one.
    fn set_user_preference(
        &self,
        user: &str,
        key: &str,
        value: Value,
    ) -> impl Future<Output = Result<Entry, Error>> + Send {
        self.put(about(PREFERENCE, key.to_owned(), "user", user, value))
    }

    /// Returns the preferences of a user, newest first.
    fn user_preferences(
        &self,
        user: &str,
    ) -> impl Future<Output = Result<Vec<Entry>, Error>> + Send {
        self.search(all_about(PREFERENCE, "user", user))
    }

    /// Sets the information about a device; replaces the previous one.
    fn set_device_info(
        &self,
        device: &str,
        info: Value,
    ) -> impl Future<Output = Result<Entry, Error>> + Send {
        self.put(about(DEVICE, format!("device_{device}"), "device", device, info))
    }

    /// Returns the information about a device.
    fn device_info(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        let filter = EntryFilter { limit: Some(1), ..all_about(DEVICE, "device", device) };
        async { Ok(self.search(filter).await?.pop()) }
    }

    /// Creates an entry for a task under the key `task_ID`, tagged `executed` if `tags` is empty.
    fn record_task(
        &self,
        task_id: &str,
        value: Value,
        tags: Vec<String>,
    ) -> impl Future<Output = Result<Entry, Error>> + Send {
        let tags = if tags.is_empty() { vec![EXECUTED.to_owned()] } else { tags };
        self.create(Entry {
            tags,
            ..about(TASK, format!("task_{task_id}"), "task", task_id, value)
        })
    }

    /// Copies every visible entry to another store, with ids and times, and returns the number of
    /// entries created. Existing entries stay unchanged.
    fn copy_to<S: EntryStore>(&self, other: &S) -> impl Future<Output = Result<u64, Error>> + Send {
        async {
            let mut copied = 0;
            for entry in self.search(EntryFilter::default()).await?.into_iter().rev() {
                match other.create(entry).await {
                    Ok(_) => copied += 1,
                    Err(Error::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(copied)
        }
    }
}

const PREFERENCE: &str = "user_preference";
const DEVICE: &str = "device_info";
const TASK: &str = "task";
const EXECUTED: &str = "executed";

fn about(category: &str, key: String, entity_type: &str, entity_id: &str, value: Value) -> Entry {
    Entry {
        entity_type: Some(entity_type.to_owned()),
        entity_id: Some(entity_id.to_owned()),
        ..Entry::new(category, key, value)
    }
}

fn all_about(category: &str, entity_type: &str, entity_id: &str) -> EntryFilter {
    EntryFilter {
        category: Some(category.to_owned()),
        entity_type: Some(entity_type.to_owned()),
        entity_id: Some(entity_id.to_owned()),
        ..EntryFilter::default()
    }
}

/// Entries in a table of the working memory: searchable, and included in the feed.
impl EntryStore for WorkingView {
    async fn create(&self, entry: Entry) -> Result<Entry, Error> {
        self.create_entry(entry).await
    }

    async fn put(&self, entry: Entry) -> Result<Entry, Error> {
        self.put_entry(entry).await
    }

    async fn get(&self, id: &str) -> Result<Option<Entry>, Error> {
        self.entry(id).await
    }

    async fn update(&self, id: &str, update: EntryUpdate) -> Result<bool, Error> {
        self.update_entry(id, update).await
    }

    async fn delete(&self, id: &str) -> Result<bool, Error> {
        self.delete_entry(id).await
    }

    async fn search(&self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        self.search_entries(filter).await
    }

    async fn clear_all(&self) -> Result<u64, Error> {
        self.clear_all_entries().await
    }
}

/// Back end of the entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntriesBackend {
    /// The file of the working memory. The default.
    #[default]
    Sqlite,
    /// A JSON file that a person can read, `entries.json` beside it. For small numbers of entries:
    /// each change rewrites the whole file. Not searchable by word and not included in the feed.
    Json,
}

impl FromStr for EntriesBackend {
    type Err = Error;

    fn from_str(name: &str) -> Result<EntriesBackend, Error> {
        match name {
            "sqlite" => Ok(EntriesBackend::Sqlite),
            "json" => Ok(EntriesBackend::Json),
            other => Err(Error::UnknownBackend { name: other.to_owned() }),
        }
    }
}

/// The entries of a working memory, in either back end.
#[derive(Debug, Clone)]
pub enum Entries {
    /// In SQLite.
    Sqlite(WorkingView),
    /// In a JSON file.
    Json(JsonEntries),
}

impl WorkingView {
    /// Returns the entries in `backend`, through this view's gate.
    #[must_use]
    pub fn entries(&self, backend: EntriesBackend) -> Entries {
        match backend {
            EntriesBackend::Sqlite => Entries::Sqlite(self.clone()),
            EntriesBackend::Json => {
                let path = self.ledger.path().with_file_name(JSON_FILE);
                Entries::Json(JsonEntries::new(path, self))
            }
        }
    }
}

/// Calls the same method of the selected back end.
macro_rules! delegate {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match $self {
            Entries::Sqlite(store) => EntryStore::$method(store $(, $argument)*).await,
            Entries::Json(store) => EntryStore::$method(store $(, $argument)*).await,
        }
    };
}

impl EntryStore for Entries {
    async fn create(&self, entry: Entry) -> Result<Entry, Error> {
        delegate!(self.create(entry))
    }

    async fn put(&self, entry: Entry) -> Result<Entry, Error> {
        delegate!(self.put(entry))
    }

    async fn get(&self, id: &str) -> Result<Option<Entry>, Error> {
        delegate!(self.get(id))
    }

    async fn update(&self, id: &str, update: EntryUpdate) -> Result<bool, Error> {
        delegate!(self.update(id, update))
    }

    async fn delete(&self, id: &str) -> Result<bool, Error> {
        delegate!(self.delete(id))
    }

    async fn search(&self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        delegate!(self.search(filter))
    }

    async fn clear_all(&self) -> Result<u64, Error> {
        delegate!(self.clear_all())
    }
}
