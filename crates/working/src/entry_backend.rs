//! The choice between the back ends of entries.

use std::str::FromStr;

use crate::{Entry, EntryFilter, EntryStore, EntryUpdate, Error, JsonEntries, WorkingView};

/// File name of the `json` back end, beside `working.db`.
const JSON_FILE: &str = "entries.json";

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
