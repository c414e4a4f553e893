//! One interface to entries, and the two places where they can be kept.

mod json;

use std::{future::Future, str::FromStr};

use serde_json::Value;

pub use self::json::JsonEntries;
use crate::{Entry, EntryFilter, EntryUpdate, Error, WorkingView};

/// The file of the `json` back end, beside `working.db`.
const JSON_FILE: &str = "entries.json";

/// A place where entries are kept. Every back end behaves alike.
pub trait EntryStore: Send + Sync {
    /// Stores a new entry; an id that its owner has already is an [`Error::Conflict`].
    fn create(&self, entry: Entry) -> impl Future<Output = Result<Entry, Error>> + Send;

    /// Stores an entry in place of its owner's entry of the same category, key and entity, if there
    /// is one.
    fn put(&self, entry: Entry) -> impl Future<Output = Result<Entry, Error>> + Send;

    /// The entry of this id: the owner's own, or else the shared one.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    /// Changes an entry; `false` if it does not exist. A shared entry is [`Error::NotYours`] to a
    /// user.
    fn update(
        &self,
        id: &str,
        update: EntryUpdate,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Removes an entry for good; `false` if there was none. A shared entry is [`Error::NotYours`]
    /// to a user.
    fn delete(&self, id: &str) -> impl Future<Output = Result<bool, Error>> + Send;

    /// The visible entries that `filter` lets through, newest first.
    fn search(&self, filter: EntryFilter)
    -> impl Future<Output = Result<Vec<Entry>, Error>> + Send;

    /// Removes every visible entry that the view may change for good; returns their number.
    fn clear_all(&self) -> impl Future<Output = Result<u64, Error>> + Send;

    /// The newest entry of this key.
    fn get_by_key(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        let key = Some(key.to_owned());
        let filter = EntryFilter { key, limit: Some(1), ..EntryFilter::default() };
        async { Ok(self.search(filter).await?.pop()) }
    }

    /// Sets what a user prefers under `key`, in place of what was there.
    fn set_user_preference(
        &self,
        user: &str,
        key: &str,
        value: Value,
    ) -> impl Future<Output = Result<Entry, Error>> + Send {
        self.put(about(PREFERENCE, key.to_owned(), "user", user, value))
    }

    /// The preferences of a user, newest first.
    fn user_preferences(
        &self,
        user: &str,
    ) -> impl Future<Output = Result<Vec<Entry>, Error>> + Send {
        self.search(all_about(PREFERENCE, "user", user))
    }

    /// Sets what is known of a device, in place of what was known.
    fn set_device_info(
        &self,
        device: &str,
        info: Value,
    ) -> impl Future<Output = Result<Entry, Error>> + Send {
        self.put(about(DEVICE, format!("device_{device}"), "device", device, info))
    }

    /// The information about a device.
    fn device_info(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        let filter = EntryFilter { limit: Some(1), ..all_about(DEVICE, "device", device) };
        async { Ok(self.search(filter).await?.pop()) }
    }

    /// Notes a task under the key `task_ID`, tagged `executed` if `tags` is empty.
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

    /// Copies every visible entry to another place, with ids and times, and returns the number of
    /// those that were not there yet. Those that were stay as they are.
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

/// Entries as tables of the working memory: searched by word, and told to the feed.
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

/// Where entries are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntriesBackend {
    /// In the working memory's own file. The default.
    #[default]
    Sqlite,
    /// In a file of JSON that a person can read, `entries.json` beside it. For small numbers of
    /// entries: each change writes the whole file. It is not searched by word and does not feed.
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

/// The entries of a working memory, wherever they are kept.
#[derive(Debug, Clone)]
pub enum Entries {
    /// In SQLite.
    Sqlite(WorkingView),
    /// In a file of JSON.
    Json(JsonEntries),
}

impl WorkingView {
    /// The entries in `backend`, through this view's gate.
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

/// Calls the same method of whichever back end it is.
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
