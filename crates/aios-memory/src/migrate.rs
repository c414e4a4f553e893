//! The database schemas of a data directory: listing them and migrating them.
//!
//! Opening a memory migrates them automatically. This module is for callers that want to check
//! beforehand, or to choose the time. [`databases`] only reads the files; [`migrate`] opens the
//! memory.

use std::path::{Path, PathBuf};

use aios_record::Remedy;
use aios_working::ForeignFile;
use serde::Serialize;
use tokio::task;

use crate::{
    AgentMemory, Config, Error,
    directory::{lock_upkeep, prepare},
};

/// A database of a data directory, and the version of its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Database {
    /// The path of its file.
    #[serde(serialize_with = "crate::written_path::one")]
    pub path: PathBuf,
    /// The state of its schema.
    #[serde(flatten)]
    pub schema: Schema,
    /// The schema version of this program.
    pub known: u32,
}

/// The state of a database's schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "schema", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schema {
    /// The file does not exist; opening creates it.
    Absent,
    /// The file has no schema: a process is creating it, or was stopped while doing so. Opening
    /// completes it.
    Empty,
    /// The schema has this program's version.
    Current {
        /// Its version.
        found: u32,
    },
    /// The schema is older; opening migrates it.
    Older {
        /// Its version.
        found: u32,
        /// The path to which the present file is copied first.
        #[serde(serialize_with = "crate::written_path::one")]
        backup: PathBuf,
    },
    /// A newer program wrote the schema; this one refuses it.
    Newer {
        /// Its version.
        found: u32,
    },
    /// The file belongs to another program, or is not a database.
    Foreign {
        /// The reason.
        reason: String,
    },
}

impl Database {
    /// Returns `true` if this program can open it.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self.schema, Schema::Newer { .. } | Schema::Foreign { .. })
    }

    /// Returns the next step, if there is something to do.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match &self.schema {
            Schema::Absent | Schema::Current { .. } => None,
            Schema::Empty => Some(Remedy::Reopen),
            Schema::Older { .. } => Some(Remedy::Migrate),
            Schema::Newer { .. } => Some(Remedy::UseNewerProgram),
            Schema::Foreign { .. } => Some(Remedy::ImportOrRepair { path: self.path.clone() }),
        }
    }
}

/// Returns the databases of the memory that `config` describes, without changing them.
///
/// # Errors
/// [`Error::NoDirectory`] if the settings name no data directory; [`Error::Foreign`] if a file
/// exists but cannot be read.
pub async fn databases(config: &Config) -> Result<Vec<Database>, Error> {
    if config.memory.data_dir.as_os_str().is_empty() {
        return Err(Error::NoDirectory);
    }
    let (working, journal) = (config.working_path(), config.memory.data_dir.join("journal.db"));
    let copies = config.copies_dir();
    let looking = task::spawn_blocking(move || {
        use {aios_longterm as longterm, aios_working as working_tier};
        let known = (working_tier::APPLICATION_ID, working_tier::SCHEMA_VERSION);
        let working = look(&working, known, &copies)?;
        let known = (longterm::APPLICATION_ID, longterm::SCHEMA_VERSION);
        Ok(vec![working, look(&journal, known, &copies)?])
    });
    looking.await.map_err(|_| Error::Interrupted)?
}

/// Migrates the databases of the memory that `config` describes, after copying each old one to
/// `backup/` beside it, and returns their new state. Does nothing if no database is older, or if
/// one is unusable.
///
/// # Errors
/// As [`databases`] and [`AgentMemory::open`]; [`Error::Place`] while another process migrates or
/// repairs the memory. A database whose migration fails is unchanged.
pub async fn migrate(config: Config) -> Result<Vec<Database>, Error> {
    let before = databases(&config).await?;
    let is_older = |database: &Database| matches!(database.schema, Schema::Older { .. });
    if !before.iter().any(is_older) || !before.iter().all(Database::is_usable) {
        return Ok(before);
    }
    prepare(&config.memory.data_dir)?;
    let _alone = lock_upkeep(&config.memory.data_dir)?;
    AgentMemory::open(config.clone()).await?.shutdown().await?;
    databases(&config).await
}

fn look(
    path: &Path,
    (application_id, known): (i32, u32),
    copies: &Path,
) -> Result<Database, Error> {
    let database = |schema| Database { path: path.to_owned(), schema, known };
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(database(Schema::Absent));
        }
        // SQLite creates a file before it writes to it.
        Ok(file) if file.len() == 0 => return Ok(database(Schema::Empty)),
        _ => {}
    }
    let file = match ForeignFile::open_in(path, copies) {
        Err(error @ aios_working::ForeignError::NotSqlite { .. }) => {
            return Ok(database(Schema::Foreign { reason: error.to_string() }));
        }
        opened => opened?,
    };
    let (id, found) = (file.application_id()?, file.schema_version()?);
    // A concurrent creator may have set the id since it was read.
    if (id, found) == (0, 0)
        && (file.tables()?.is_empty() || file.application_id()? == application_id)
    {
        return Ok(database(Schema::Empty));
    }
    if id != application_id {
        let reason = format!("application id {id:#x}, expected {application_id:#x}");
        return Ok(database(Schema::Foreign { reason }));
    }
    Ok(database(if found == known {
        Schema::Current { found }
    } else if found < known {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".v{found}"));
        Schema::Older { found, backup: path.with_file_name("backup").join(name) }
    } else {
        Schema::Newer { found }
    }))
}
