//! The schemas of a data directory's databases: which there are, and bringing them up to date.
//!
//! Opening a memory does the same by itself. This is for whoever wants to know before, or to do it
//! at a time of their choosing. The files are only read here; it is opening that changes them.

use std::path::{Path, PathBuf};

use aios_working::ForeignFile;
use serde::Serialize;
use tokio::task;

use crate::{
    AgentMemory, Config, Error,
    directory::{for_copies, lock_upkeep, prepare},
};

/// A database of a data directory, and the version of its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Database {
    /// Its file.
    #[serde(serialize_with = "crate::written_path::one")]
    pub path: PathBuf,
    /// How its schema is.
    #[serde(flatten)]
    pub schema: Schema,
    /// The version that this program knows.
    pub known: u32,
}

/// How the schema of a database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "schema", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schema {
    /// There is no file yet; opening makes one.
    Absent,
    /// There is a file without a schema: a process is making it, or was stopped while it did.
    /// Opening completes it.
    Empty,
    /// It is the one that this program knows.
    Current {
        /// Its version.
        found: u32,
    },
    /// It is an older one; opening brings it up to date.
    Older {
        /// Its version.
        found: u32,
        /// Where a copy of the file as it is now goes first.
        #[serde(serialize_with = "crate::written_path::one")]
        backup: PathBuf,
    },
    /// A newer program wrote it; this one refuses it.
    Newer {
        /// Its version.
        found: u32,
    },
    /// It is another program's, or no database at all.
    Foreign {
        /// What shows it.
        reason: String,
    },
}

impl Database {
    /// Whether this program can open it.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self.schema, Schema::Newer { .. } | Schema::Foreign { .. })
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let copies = self.path.with_file_name("backup");
        match &self.schema {
            Schema::Absent | Schema::Current { .. } => None,
            Schema::Empty => Some("try again; opening it completes it".to_owned()),
            Schema::Older { .. } => Some("run `aios-memory migrate`, or just open it".to_owned()),
            Schema::Newer { .. } => Some(format!(
                "use the newer program, or put a copy from {} in its place",
                copies.display()
            )),
            Schema::Foreign { .. } => Some(
                "move it away, or import it with `aios-memory import --from FILE` into another \
                 data directory; if it was this program's, it is damaged, and `aios-memory repair` \
                 goes on with what can be read"
                    .to_owned(),
            ),
        }
    }
}

/// The databases of the memory that `config` describes, as they are. Reads them only.
///
/// # Errors
/// [`Error::NoDirectory`] when the settings name none; [`Error::Foreign`] when a file is there and
/// cannot be read.
pub async fn databases(config: &Config) -> Result<Vec<Database>, Error> {
    if config.memory.data_dir.as_os_str().is_empty() {
        return Err(Error::NoDirectory);
    }
    let (working, journal) = (config.working_path(), config.memory.data_dir.join("journal.db"));
    let copies = for_copies(config);
    let looking = task::spawn_blocking(move || {
        use {aios_longterm as longterm, aios_working as working_tier};
        let known = (working_tier::APPLICATION_ID, working_tier::SCHEMA_VERSION);
        let working = look(&working, known, &copies)?;
        let known = (longterm::APPLICATION_ID, longterm::SCHEMA_VERSION);
        Ok(vec![working, look(&journal, known, &copies)?])
    });
    looking.await.map_err(|_| Error::Interrupted)?
}

/// Brings the databases of the memory that `config` describes up to date, each after a copy of it
/// has gone to `backup/` beside it, and says how they are then. Where there is nothing to do, it
/// does nothing.
///
/// # Errors
/// As [`databases`] and [`AgentMemory::open`]; [`Error::Place`] while another process migrates or
/// repairs it; a database whose migration fails stays as it was.
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
        // SQLite makes a file before it writes to it.
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
    // Whoever makes it may have done so since it was asked for its id.
    if (id, found) == (0, 0)
        && (file.tables()?.is_empty() || file.application_id()? == application_id)
    {
        return Ok(database(Schema::Empty));
    }
    if id != application_id {
        let reason = format!("application id {id:#x} and not {application_id:#x}");
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
