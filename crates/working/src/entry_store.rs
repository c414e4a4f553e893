//! A common interface to the back ends of entries.

use std::future::Future;

use aios_record::Id;
use serde_json::Value;

use crate::{Entry, EntryFilter, EntryUpdate, Error};

/// A store of entries. All back ends behave alike.
pub trait EntryStore: Send + Sync {
    /// Stores a new entry. Returns [`Error::Conflict`] if its owner already has an entry of this
    /// id.
    fn add(&self, entry: Entry) -> impl Future<Output = Result<Entry, Error>> + Send;

    /// Stores an entry; replaces its owner's entry of the same category, key and entity.
    fn put(&self, entry: Entry) -> impl Future<Output = Result<Entry, Error>> + Send;

    /// Returns the entry of this id: the owner's own, or else the shared one.
    fn get(&self, id: &Id) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    /// Updates an entry; returns false if it does not exist. Returns [`Error::NotYours`] if it is
    /// shared and the view belongs to a user.
    fn update(
        &self,
        id: &Id,
        update: EntryUpdate,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Removes an entry permanently; returns false if it does not exist. Returns
    /// [`Error::NotYours`] if it is shared and the view belongs to a user.
    fn remove(&self, id: &Id) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Returns the visible entries that match `filter`, newest first.
    fn list(&self, filter: EntryFilter) -> impl Future<Output = Result<Vec<Entry>, Error>> + Send;

    /// Removes, permanently, every visible entry that the view may change; returns their number.
    fn clear(&self) -> impl Future<Output = Result<u64, Error>> + Send;

    /// Returns the newest visible entry with this key.
    fn get_by_key(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        let key = Some(key.to_owned());
        let filter = EntryFilter { key, limit: Some(1), ..EntryFilter::default() };
        async { Ok(self.list(filter).await?.pop()) }
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
        self.list(all_about(PREFERENCE, "user", user))
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
        async { Ok(self.list(filter).await?.pop()) }
    }

    /// Creates an entry for a task under the key `task_ID`, tagged `executed` if `tags` is empty.
    fn record_task(
        &self,
        task_id: &str,
        value: Value,
        tags: Vec<String>,
    ) -> impl Future<Output = Result<Entry, Error>> + Send {
        let tags = if tags.is_empty() { vec![EXECUTED.to_owned()] } else { tags };
        self.add(Entry { tags, ..about(TASK, format!("task_{task_id}"), "task", task_id, value) })
    }

    /// Copies every visible entry to another store, with ids and times, and returns the number of
    /// entries created. Existing entries are not changed.
    fn copy_to<S: EntryStore>(&self, other: &S) -> impl Future<Output = Result<u64, Error>> + Send {
        async {
            let mut copied = 0;
            for entry in self.list(EntryFilter::default()).await?.into_iter().rev() {
                match other.add(entry).await {
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
