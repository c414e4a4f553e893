//! Handle to the journal, and the data of the file as a whole: its model and its copies.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_ledger::{Access, Durability, Ledger, Migration, Options};
use rusqlite::Connection;

use super::{
    edition::{edition, edition_of},
    meta::{meta_text, set_meta},
};
use crate::{
    Error,
    intake::{Rules, Vectors},
    library::Edition,
    owner::Places,
};

/// Application id in the header of the SQLite file: "AMJ1".
pub const APPLICATION_ID: i32 = 0x414d_4a31;

/// Version of the schema that this program knows, and to which it migrates a journal.
#[expect(clippy::cast_possible_truncation, reason = "a program has few migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { name: "journal", sql: include_str!("0001_journal.sql") },
    Migration { name: "refused", sql: include_str!("0002_refused.sql") },
    Migration { name: "history", sql: include_str!("0003_history.sql") },
    Migration { name: "tombstones", sql: include_str!("0004_tombstones.sql") },
    Migration { name: "one embedder", sql: include_str!("0005_one_embedder.sql") },
    Migration { name: "owners", sql: include_str!("0006_owners.sql") },
];

/// Handle to the journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    pub(super) ledger: Ledger,
    access: Access,
    durability: Durability,
    /// The model whose vectors this handle writes and compares.
    pub(super) model: Arc<str>,
    pub(super) rules: Rules,
}

impl Journal {
    /// Opens the journal for a handle with these vectors.
    pub(crate) fn open(
        places: &Places,
        access: Access,
        durability: Durability,
        vectors: &Vectors,
    ) -> Result<Journal, Error> {
        let options = Options {
            access,
            durability,
            // The rows move to this directory.
            beside: vec![places.library.clone()],
            ..Options::new(APPLICATION_ID, MIGRATIONS)
        };
        let (model, rules) = (vectors.fingerprint().into(), Rules::of(vectors));
        let ledger = Ledger::open(&places.journal, options)?;
        Ok(Journal { ledger, access, durability, model, rules })
    }

    pub(crate) async fn close(&self) {
        self.ledger.close().await;
    }

    /// Records that `dir` receives a copy, and drops the directories that no longer exist.
    pub(crate) async fn note_backup(&self, dir: PathBuf) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                let mut dirs = backups(db)?;
                dirs.retain(|noted| *noted != dir && noted.exists());
                dirs.push(dir);
                let json = serde_json::to_string(&dirs);
                set_meta(db, "backups", json.expect("paths were text before"))
            })
            .await
    }

    /// Returns the directories that received a copy and still exist.
    pub(crate) async fn backups(&self) -> Result<Vec<PathBuf>, Error> {
        let mut dirs = self.ledger.read(backups).await?;
        dirs.retain(|dir| dir.exists());
        Ok(dirs)
    }

    /// Copies the current journal to `target`, which must not exist.
    pub(crate) async fn backup(&self, target: &Path) -> Result<(), Error> {
        Ok(self.ledger.backup(target).await?)
    }

    /// Returns the fingerprint of the model of the stored vectors.
    pub(crate) async fn stored_embedder(&self) -> Result<Option<String>, Error> {
        self.ledger.read(|db| meta_text(db, "embedder")).await
    }

    /// Returns the model of the stored vectors. A store without one gets this handle's model,
    /// unless access is read-only.
    pub(crate) async fn claim_embedder(&self) -> Result<String, Error> {
        if let Some(stored) = self.stored_embedder().await? {
            return Ok(stored);
        }
        let given = Arc::clone(&self.model);
        if self.access == Access::ReadOnly {
            return Ok(given.to_string());
        }
        self.ledger
            .write(move |db| {
                if let Some(stored) = meta_text(db, "embedder")? {
                    return Ok(stored);
                }
                set_meta(db, "embedder", &*given)?;
                set_meta(db, "analysis", aios_analysis::VERSION)?;
                Ok(given.to_string())
            })
            .await
    }

    /// Returns the background that was stored last.
    pub(crate) async fn background(&self) -> Result<Option<String>, Error> {
        self.ledger.read(|db| meta_text(db, "background")).await
    }

    /// Stores a background for later handles.
    pub(crate) async fn keep_background(&self, background: String) -> Result<(), Error> {
        self.ledger.write(move |db| set_meta(db, "background", background)).await
    }

    /// Syncs committed writes to disk, unless each acknowledgement does so.
    pub(crate) async fn sync(&self) -> Result<(), Error> {
        if self.durability != Durability::Full {
            self.ledger.sync().await?;
        }
        Ok(())
    }

    /// Returns the damage in the file, and the parts of the schema that it lacks.
    pub(crate) async fn damage(&self) -> Result<Vec<String>, Error> {
        self.ledger
            .read(|db| {
                let mut damage = aios_ledger::damage(db)?;
                damage.extend(aios_ledger::missing(db, MIGRATIONS)?);
                Ok(damage)
            })
            .await
    }

    /// Returns the synced edition of the library.
    pub(crate) async fn edition(&self) -> Result<Edition, Error> {
        let model = Arc::clone(&self.model);
        self.ledger.read(move |db| edition_of(db, &model)).await
    }

    /// As [`edition`](Journal::edition), without a check of the model.
    pub(crate) async fn edition_of_any_model(&self) -> Result<Edition, Error> {
        self.ledger.read(edition).await
    }
}

fn backups(db: &Connection) -> Result<Vec<PathBuf>, Error> {
    let json = meta_text(db, "backups")?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}
