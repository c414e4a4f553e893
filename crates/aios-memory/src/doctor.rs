//! The examination of a whole data directory, tier by tier, with a remedy for each finding, and the
//! verification of stored data. Not here: carrying out remedies.

mod examined;

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use aios_longterm::{Access, Verification};
use aios_record::{Progress, Remedy};
use aios_working::{Check, Health, Problem};
use jiff::Timestamp;
use serde::Serialize;

pub use self::examined::Examined;
use crate::{
    Administrator, AgentMemory, Config, Error, backup,
    limits::in_settings,
    maintenance::Upkeep,
    migrate, model as models,
    together::{Generations, WORKING},
};

/// The mode bits that give others access.
const OTHERS: u32 = 0o077;
/// Free disk space below this, in GB or in percent, is low.
const ROOM_GB_LOW: f64 = 1.0;
const ROOM_PERCENT_LOW: f64 = 5.0;
/// Free disk space, in GB, below which writes are about to fail.
const ROOM_GB_OUT: f64 = 0.1;
/// Number of pending changes above which there is a warning.
const PENDING_HIGH: u64 = 100_000;

/// Examines the memory that `config` describes: the data directory, its databases, the model, and,
/// if it can be opened, every tier. Takes as long as reading all stored data. Errors become
/// findings. A missing data directory is not created.
pub async fn doctor(config: &Config) -> Vec<Examined> {
    let dir = &config.memory.data_dir;
    let mut found = vec![directory(dir)];
    found.push(model(config).await);
    if !dir.is_dir() {
        return found;
    }
    found.push(owner(dir));
    let schemas = schemas(config).await;
    let is_usable = schemas.iter().all(|schema| schema.check.health != Health::Bad);
    found.extend(schemas);
    if !is_usable {
        return found;
    }
    let opened = match AgentMemory::open(config.clone()).await {
        Err(error) if error.is_unwritable() => {
            found.push(failed("memory", "write", &error));
            AgentMemory::open(config.clone().with_access(Access::ReadOnly)).await
        }
        opened => opened,
    };
    let after = directory_after(dir, &found[0]);
    found.splice(..1, [after]);
    match opened {
        Ok(memory) => {
            found.push(Examined::good(
                "memory",
                "open",
                match memory.access() {
                    Access::ReadWrite => "opens for reading and writing",
                    Access::ReadOnly => "opens read-only; nothing in it is moved or repaired",
                },
            ));
            found.extend(tiers(&memory.administrator()).await);
            if let Err(error) = memory.shutdown().await {
                found.push(failed("memory", "close", &error));
            }
        }
        Err(error) => found.push(failed("memory", "open", &error)),
    }
    found
}

/// The result of verifying the stores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verified {
    /// Databases that are older than the others, or belong to another store. Restore all files of
    /// one backup, or accept them with [`repair`](crate::upkeep::repair).
    pub older: Vec<&'static str>,
    /// Problems of working memory: pages, references, the word index.
    pub working: Vec<Problem>,
    /// Damage of the journal of long-term memory. If there is any, the library is not checked.
    pub journal: Vec<String>,
    /// Problems of the library of long-term memory.
    #[serde(flatten)]
    pub library: Verification,
}

impl Verified {
    /// Returns `true` if there are no problems.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems() == 0
    }

    /// Returns the number of problems.
    #[must_use]
    pub fn problems(&self) -> usize {
        let library = self.library.findings();
        self.older.len()
            + self.working.len()
            + self.journal.len()
            + library.iter().map(|(_, found)| found.len()).sum::<usize>()
    }

    /// Returns the next step for each store with a problem.
    #[must_use]
    pub fn remedies(&self) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        if !self.older.is_empty() {
            remedies.push(Remedy::RestoreTogether);
        }
        let is_damage =
            |it: &Problem| matches!(it, Problem::Damaged { .. } | Problem::Unreadable { .. });
        if self.working.iter().any(is_damage) || !self.journal.is_empty() {
            remedies.push(Remedy::RestoreOrRepair);
        } else if !self.working.is_empty() {
            remedies.push(Remedy::Examine);
        }
        if self.library.is_mended() {
            remedies.push(Remedy::VerifyAgain);
        } else if !self.library.is_clean() {
            remedies.push(Remedy::Repair);
        }
        remedies
    }
}

impl Upkeep<'_> {
    /// Checks every page of both databases, every reference and the word index of working memory,
    /// moves pending changes into the library, compares the library's keys with the journal's,
    /// tries its indexes, and reads every row. Changes nothing else; in a read-only memory, pending
    /// changes remain in the journal and are excluded from the comparison. Takes as long as reading
    /// all data; `progress` receives the progress of the library's part.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn verify(
        self,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Verified, Error> {
        let working = self.memory.working().upkeep().verify().await?;
        let journal = self.memory.longterm().upkeep().journal_damage().await?;
        if !journal.is_empty() {
            let library = Verification::default();
            return Ok(Verified { older: Vec::new(), working, journal, library });
        }
        // The feed of a damaged file is unreliable.
        if working.is_empty() {
            self.memory.feed().catch_up().await?;
        }
        if self.memory.access() == Access::ReadWrite {
            match self.memory.longterm().upkeep().drain().await {
                // The pending changes stay in the journal; the damage is among the findings.
                Ok(()) | Err(aios_longterm::Error::DamagedRows { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let older = self.older_databases().await?;
        let library = self.memory.longterm().upkeep().verify_rows(progress).await?;
        Ok(Verified { older, working, journal, library })
    }

    /// Returns the names of the databases that are older than the other files, or missing.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn older_databases(self) -> Result<Vec<&'static str>, Error> {
        let found = Generations::of(self.memory.working(), self.memory.longterm()).await?;
        let mut older = Generations::noted(&self.memory.config().memory.data_dir)?.older(found);
        let told = self.memory.working().feed().head().await?;
        if told < self.memory.longterm().feed().watermark().await? && !older.contains(&WORKING) {
            older.push(WORKING);
        }
        Ok(older)
    }
}

fn directory(dir: &Path) -> Examined {
    let good = |finding: String| Examined::good("data_dir", "mode", finding);
    let shown = dir.display();
    match fs::metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            good(format!("{shown} does not exist yet; created on first use"))
        }
        Err(error) => {
            good(format!("cannot access {shown}: {error}")).but(Health::Bad, Remedy::CheckPath)
        }
        Ok(found) if !found.is_dir() => {
            good(format!("{shown} is not a directory")).but(Health::Bad, Remedy::NameDirectory)
        }
        Ok(found) if found.permissions().mode() & OTHERS != 0 => {
            let mode = found.permissions().mode() & 0o777;
            good(format!("other users can access {shown} (mode {mode:o})"))
                .but(Health::Bad, Remedy::SetMode { mode: 0o700, paths: vec![dir.to_owned()] })
        }
        Ok(_) => good(format!("only its owner can access {shown}")),
    }
}

/// Examines the directory again after opening the memory, which removes the access of other users.
fn directory_after(dir: &Path, before: &Examined) -> Examined {
    let mut after = directory(dir);
    if before.check.health != Health::Good && after.check.health == Health::Good {
        after.check.health = Health::Warning;
        after.check.finding =
            format!("{}; this command removed their access", before.check.finding);
    }
    after
}

/// Reports the process that writes to the library.
fn owner(dir: &Path) -> Examined {
    let good = |finding: String| Examined::good("longterm", "owner", finding);
    let Ok(lock) = File::open(dir.join("owner.lock")) else {
        return good("no process has written to the library yet".to_owned());
    };
    match lock.try_lock_shared() {
        Ok(()) => good("no process holds the lock; the next writer takes it".to_owned()),
        Err(TryLockError::WouldBlock) => good(match holder(&lock) {
            Some(process) => format!("process {process} writes to the library"),
            None => "another process writes to the library".to_owned(),
        }),
        Err(TryLockError::Error(error)) => good(format!("failed to check the lock: {error}"))
            .but(Health::Bad, Remedy::ChangeFileSystem),
    }
}

/// Returns the process that holds the lock, if the kernel reports it.
fn holder(lock: &File) -> Option<String> {
    let inode = format!(":{}", lock.metadata().ok()?.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let place = parts.iter().position(|part| part.ends_with(&inode))?;
        parts.get(place.checked_sub(1)?).map(|process| (*process).to_owned())
    })
}

async fn schemas(config: &Config) -> Vec<Examined> {
    match migrate::databases(config).await {
        Err(error) => vec![failed("memory", "schema", &error)],
        Ok(databases) => databases.iter().map(schema).collect(),
    }
}

fn schema(database: &migrate::Database) -> Examined {
    use migrate::Schema;
    let (path, known) = (database.path.display(), database.known);
    let (health, finding) = match &database.schema {
        Schema::Absent => {
            (Health::Good, format!("{path} does not exist yet; created on first use"))
        }
        Schema::Empty => (
            Health::Warning,
            format!("{path} is being created, or a process was stopped while it created it"),
        ),
        Schema::Current { found } => (Health::Good, format!("{path} has version {found}")),
        Schema::Older { found, .. } => {
            (Health::Warning, format!("{path} has version {found}; current is version {known}"))
        }
        Schema::Newer { found } => {
            let finding =
                format!("{path} has version {found}; this program supports up to {known}");
            (Health::Bad, finding)
        }
        Schema::Foreign { reason } => {
            (Health::Bad, format!("{path} is not a database of this program: {reason}"))
        }
    };
    let examined = Examined::good("memory", "schema", finding);
    match database.remedy() {
        Some(remedy) => examined.but(health, remedy),
        None => examined,
    }
}

async fn model(config: &Config) -> Examined {
    match models::open_model(config).await {
        Ok(model) => Examined::good("model", "present", model.fingerprint().to_string()),
        Err(error) => failed("model", "present", &error),
    }
}

async fn tiers(memory: &Administrator) -> Vec<Examined> {
    let mut found = Vec::new();
    match memory.snapshot().await {
        Ok(snapshot) => found.push(room(snapshot.disk_total_gb, snapshot.disk_used_gb)),
        Err(error) => found.push(failed("data_dir", "room", &error)),
    }
    match memory.working().upkeep().doctor().await {
        Ok(checks) => {
            found.extend(checks.into_iter().map(|check| {
                let remedy = check.remedy.and_then(in_settings);
                Examined { part: "working", check: Check { remedy, ..check } }
            }));
        }
        Err(error) => found.push(failed("working", "doctor", &error.into())),
    }
    match memory.working().upkeep().is_scrub_asked_for().await {
        Ok(is_unfinished) => found.push(purge(is_unfinished)),
        Err(error) => found.push(failed("memory", "purge", &error.into())),
    }
    match memory.longterm().stats().await {
        Ok(stats) => {
            found.push(journal(stats.pending));
            found.push(refused(memory, stats.refused).await);
        }
        Err(error) => found.push(failed("longterm", "journal", &error.into())),
    }
    found.extend(backup::examine(memory, Timestamp::now()).await);
    match memory.upkeep().verify(|_| {}).await {
        Ok(verified) => found.push(library(&verified)),
        Err(error) => found.push(failed("longterm", "library", &error)),
    }
    found
}

/// Reports the state of a requested purge.
fn purge(is_unfinished: bool) -> Examined {
    match is_unfinished {
        false => Examined::good("memory", "purge", "no unfinished purge"),
        true => {
            let finding = "a purge is unfinished: files may still hold forgotten records";
            Examined::good("memory", "purge", finding).but(Health::Bad, Remedy::FinishPurge)
        }
    }
}

fn room(total_gb: f64, used_gb: f64) -> Examined {
    let free = (total_gb - used_gb).max(0.0);
    let examined =
        Examined::good("data_dir", "room", format!("{free:.1} of {total_gb:.1} GB free"));
    let percent = free * 100.0 / total_gb.max(f64::MIN_POSITIVE);
    // All values are zero if the machine does not report them.
    if total_gb == 0.0 || (ROOM_GB_LOW <= free && ROOM_PERCENT_LOW <= percent) {
        examined
    } else if free < ROOM_GB_OUT {
        examined.but(Health::Bad, Remedy::FreeDisk)
    } else {
        examined.but(Health::Warning, Remedy::Vacuum)
    }
}

fn journal(pending: u64) -> Examined {
    let finding = format!("{pending} changes not in the library yet");
    let examined = Examined::good("longterm", "journal", finding);
    match PENDING_HIGH < pending {
        true => examined.but(Health::Warning, Remedy::KeepRunning),
        false => examined,
    }
}

/// Reports changes that could not be stored, with the newest of them.
async fn refused(memory: &Administrator, count: u64) -> Examined {
    let good = |finding| Examined::good("longterm", "refused", finding);
    let newest = match memory.longterm().feed().refused(1).await {
        Ok(newest) => newest.into_iter().next(),
        Err(error) => return failed("longterm", "refused", &error.into()),
    };
    let Some(newest) = newest else { return good("no change was rejected".to_owned()) };
    let (identity, reason) = (newest.identity, newest.reason);
    good(format!("{count} changes were rejected; the newest: `{identity}`: {reason}"))
        .but(Health::Warning, Remedy::StoreAgain)
}

fn library(verified: &Verified) -> Examined {
    if !verified.journal.is_empty() {
        let finding = format!("journal.db is damaged: {}", verified.journal.join("; "));
        return Examined::good("longterm", "journal", finding)
            .but(Health::Bad, Remedy::RestoreOrRepair);
    }
    if !verified.older.is_empty() {
        let older = verified.older.join(", ");
        let finding = format!("{older} is older than the other files, or missing");
        return Examined::good("memory", "generation", finding)
            .but(Health::Bad, Remedy::RestoreTogether);
    }
    let found = verified.library.findings().into_iter().filter(|(_, found)| !found.is_empty());
    let found: Vec<String> =
        found.map(|(what, found)| format!("{what}: {}", found.len())).collect();
    if found.is_empty() {
        let finding = format!("all records are present: {}", verified.library.checked);
        return Examined::good("longterm", "library", finding);
    }
    let remedy = match verified.library.is_mended() {
        true => Remedy::VerifyAgain,
        false => Remedy::VerifyAndRepair,
    };
    Examined::good("longterm", "library", found.join(", ")).but(Health::Bad, remedy)
}

fn failed(part: &'static str, name: &'static str, error: &Error) -> Examined {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    let remedy = error.remedy().unwrap_or(match error.is_unwritable() {
        true => Remedy::MakeWritable,
        false => Remedy::RestoreBackup,
    });
    Examined::good(part, name, format!("{error}{causes}")).but(Health::Bad, remedy)
}
