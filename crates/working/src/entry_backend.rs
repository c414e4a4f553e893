//! The choice between the back ends of entries.

use std::str::FromStr;

use aios_record::Id;

use crate::{Entry, EntryFilter, EntryStore, EntryUpdate, Error, JsonEntries, WorkingView};

/// File name of the `json` back end, beside `working.db`.
const JSON_FILE: &str = "entries.json";

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
pub enum AnyEntries {
    /// In SQLite.
    Sqlite(SqliteEntries),
    /// In a JSON file.
    Json(JsonEntries),
}

/// Entries in a table of the working memory: searchable, and included in the feed.
#[derive(Debug, Clone)]
pub struct SqliteEntries {
    view: WorkingView,
}

impl AnyEntries {
    /// Returns the entries in `backend`, through the gate of `view`.
    pub(crate) fn new(backend: EntriesBackend, view: &WorkingView) -> AnyEntries {
        match backend {
            EntriesBackend::Sqlite => AnyEntries::Sqlite(SqliteEntries { view: view.clone() }),
            EntriesBackend::Json => {
                let path = view.ledger.path().with_file_name(JSON_FILE);
                AnyEntries::Json(JsonEntries::new(path, view))
            }
        }
    }
}

impl EntryStore for SqliteEntries {
    async fn add(&self, entry: Entry) -> Result<Entry, Error> {
        self.view.entries().add(entry).await
    }

    async fn put(&self, entry: Entry) -> Result<Entry, Error> {
        self.view.entries().put(entry).await
    }

    async fn get(&self, id: &Id) -> Result<Option<Entry>, Error> {
        self.view.entries().get(id).await
    }

    async fn update(&self, id: &Id, update: EntryUpdate) -> Result<bool, Error> {
        self.view.entries().update(id, update).await
    }

    async fn remove(&self, id: &Id) -> Result<bool, Error> {
        self.view.entries().remove(id).await
    }

    async fn list(&self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        self.view.entries().list(filter).await
    }

    async fn clear(&self) -> Result<u64, Error> {
        self.view.entries().clear().await
    }
}

/// Calls the same method of the selected back end.
macro_rules! delegate {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match $self {
            AnyEntries::Sqlite(store) => EntryStore::$method(store $(, $argument)*).await,
            AnyEntries::Json(store) => EntryStore::$method(store $(, $argument)*).await,
        }
    };
}

impl EntryStore for AnyEntries {
    async fn add(&self, entry: Entry) -> Result<Entry, Error> {
        delegate!(self.add(entry))
    }

    async fn put(&self, entry: Entry) -> Result<Entry, Error> {
        delegate!(self.put(entry))
    }

    async fn get(&self, id: &Id) -> Result<Option<Entry>, Error> {
        delegate!(self.get(id))
    }

    async fn update(&self, id: &Id, update: EntryUpdate) -> Result<bool, Error> {
        delegate!(self.update(id, update))
    }

    async fn remove(&self, id: &Id) -> Result<bool, Error> {
        delegate!(self.remove(id))
    }

    async fn list(&self, filter: EntryFilter) -> Result<Vec<Entry>, Error> {
        delegate!(self.list(filter))
    }

    async fn clear(&self) -> Result<u64, Error> {
        delegate!(self.clear())
    }
}
