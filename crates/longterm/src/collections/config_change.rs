//! History of configuration files: each change with its author and reason.

use aios_record::{Id, Kind, Record, Timestamp};
use lancedb::expr::{col, lit};
use serde::{Deserialize, Serialize};

use super::item::{Item, Meta, read};
use crate::{Error, LongtermView};

/// One change of a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigChange {
    /// Unique among changes. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Path of the file.
    #[serde(default)]
    pub file_path: String,
    /// Content of the file after the change.
    #[serde(default)]
    pub content: String,
    /// Author of the change.
    #[serde(default)]
    pub changed_by: String,
    /// Reason for the change.
    #[serde(default)]
    pub reason: String,
    /// Time of the change. Default: the time at which it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Common fields: scope, provenance, importance, expiry and others.
    #[serde(flatten)]
    pub meta: Meta,
}

impl ConfigChange {
    /// Creates a change after which the file holds `content`.
    #[must_use]
    pub fn new(file_path: impl Into<String>, content: impl Into<String>) -> ConfigChange {
        ConfigChange {
            id: Id::generate(),
            file_path: file_path.into(),
            content: content.into(),
            changed_by: String::new(),
            reason: String::new(),
            timestamp: None,
            meta: Meta::default(),
        }
    }
}

impl Item for ConfigChange {
    const KIND: Kind = Kind::ConfigChange;

    fn id(&self) -> &Id {
        &self.id
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn prose(&self) -> Vec<&str> {
        vec![&self.file_path, &self.reason]
    }

    fn shape(&self, record: Record) -> Record {
        // `of_file` filters by the column of titles.
        Record { title: Some(self.file_path.clone()), occurred_at: self.timestamp, ..record }
    }
}

/// The changes of configuration files, as a view shows them.
///
/// ```
/// # use aios_longterm::{Config, Longterm, ConfigChange};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let change = ConfigChange::new("/etc/gateway.toml", "port = 8443");
/// longterm.config_changes().put(change).await?;
///
/// let changes = longterm.config_changes().of_file("/etc/gateway.toml").await?;
/// assert_eq!(changes[0].content, "port = 8443");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct ConfigChanges<'a> {
    view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the changes of configuration files.
    #[must_use]
    pub fn config_changes(&self) -> ConfigChanges<'_> {
        ConfigChanges { view: self }
    }
}

impl ConfigChanges<'_> {
    /// Stores a change of a configuration file, and returns its id. A change without a `timestamp`
    /// gets the current time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has neither a path nor a reason; as [`store`](LongtermView::store).
    pub async fn put(self, change: ConfigChange) -> Result<Id, Error> {
        let timestamp = change.timestamp.or_else(|| Some(self.view.parts.intake.now()));
        self.view.store_item(&ConfigChange { timestamp, ..change }).await
    }

    /// Returns the change with this id, or `None` if it is not stored.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the record is not a change; [`Error::Journal`], [`Error::Library`] if
    /// a store cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<ConfigChange>, Error> {
        self.view.item(id).await
    }

    /// Returns the changes of the file `path`, newest first, at most the newest
    /// [`LIMIT_MAX`](crate::LIMIT_MAX).
    ///
    /// # Errors
    /// [`Error::Damaged`] if a change cannot be read; [`Error::Journal`], [`Error::Library`] if a
    /// store cannot be read.
    pub async fn of_file(self, path: &str) -> Result<Vec<ConfigChange>, Error> {
        let of_path = col("title").eq(lit(path));
        let is_of_path = |record: &Record| record.title.as_deref() == Some(path);
        let mut found = self.view.matching(Kind::ConfigChange, of_path, is_of_path).await?;
        found.sort_by_key(|record| std::cmp::Reverse((record.time(), record.id.clone())));
        found.iter().take(crate::LIMIT_MAX).map(read).collect()
    }
}
