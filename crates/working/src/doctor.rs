//! Health checks of the whole memory, with a remedy for each finding. Not here: changes.

use std::{
    fs::{Metadata, metadata},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use aios_record::Remedy;
use serde::Serialize;

use crate::{
    Error, Problem, SCHEMA_VERSION,
    access::Access,
    file::{beside, size},
    health::{damage, dangling, out_of_step_all},
    message,
    upkeep::Upkeep,
};

/// Log size from which checkpoints are assumed to fail.
const LOG_BYTES_HIGH: u64 = 64 * 1024 * 1024;
/// Share of free pages from which a vacuum is advised, in percent, ...
const FREE_PERCENT_HIGH: u64 = 25;
/// ... if it also frees this many bytes.
const FREE_BYTES_HIGH: u64 = 1024 * 1024;
/// Number of changes in the feed from which it is assumed to have no consumer.
const FEED_HIGH: u64 = 10_000;
/// Share of a limit from which it counts as nearly reached, in percent.
const NEAR_PERCENT: u64 = 90;

/// Result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Name of the check: `file_mode`, `log`, `free_pages`, `room`, `schema`, `integrity`,
    /// `foreign_keys`, `word_index`, `message_counts`, `feed` or `queue`.
    pub name: &'static str,
    /// State of the checked part.
    pub health: Health,
    /// The finding, for a person to read.
    pub finding: String,
    /// The next step; `None` if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

/// State of a checked part, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// No problem.
    Good,
    /// It works, but the remedy improves it.
    Warning,
    /// Something is lost, wrong or unsafe.
    Bad,
}

impl Check {
    fn good(name: &'static str, finding: impl Into<String>) -> Check {
        Check { name, health: Health::Good, finding: finding.into(), remedy: None }
    }

    fn warning(self, remedy: Remedy) -> Check {
        Check { health: Health::Warning, remedy: Some(remedy), ..self }
    }

    fn bad(self, remedy: Remedy) -> Check {
        Check { health: Health::Bad, remedy: Some(remedy), ..self }
    }
}

impl Upkeep<'_> {
    /// Checks the whole memory, of every owner: always the same checks in the same order, including
    /// those without a problem. Changes nothing. Takes as long as reading the whole file; other
    /// calls are not blocked.
    ///
    /// # Errors
    /// [`Error::Storage`] after [`Working::close`](crate::Working::close). Any other failure is a
    /// finding.
    pub async fn doctor(self) -> Result<Vec<Check>, Error> {
        let (path, waiting) = (self.view.ledger.path().to_owned(), self.view.ledger.waiting());
        self.view.read(move |access| Ok(examine(access, &path, waiting))).await
    }
}

fn examine(access: &Access<'_>, path: &Path, waiting: usize) -> Vec<Check> {
    type Look = fn(&Access<'_>, &Path) -> Result<Check, Error>;
    const LOOKS: &[(&str, Look)] = &[
        ("file_mode", |_, path| Ok(file_mode(path))),
        ("log", |_, path| Ok(log(path))),
        ("free_pages", |access, _| free_pages(access)),
        ("room", |access, _| room(access)),
        ("schema", |access, _| schema(access)),
        ("integrity", |access, _| integrity(access)),
        ("foreign_keys", |access, _| foreign_keys(access)),
        ("word_index", |access, _| word_index(access)),
        ("message_counts", |access, _| message_counts(access)),
        ("feed", |access, _| feed(access)),
    ];
    let mut checks: Vec<Check> = LOOKS
        .iter()
        .map(|(name, look)| {
            look(access, path).unwrap_or_else(|error| {
                let remedy = error.remedy().unwrap_or(Remedy::RestoreOrRepair);
                Check::good(name, format!("the check failed: {}", whole(&error))).bad(remedy)
            })
        })
        .collect();
    checks.push(queue(waiting, access.config.queue));
    checks
}

/// Returns an error and its sources, on one line.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    format!("{error}{causes}")
}

fn file_mode(path: &Path) -> Check {
    let others = |file: Metadata| file.permissions().mode() & 0o077 != 0;
    let files = ["", "-wal", "-shm"].map(|suffix| beside(path, suffix));
    let open: Vec<PathBuf> =
        files.into_iter().filter(|file| metadata(file).is_ok_and(others)).collect();
    if open.is_empty() {
        return Check::good("file_mode", "only its owner can access the file");
    }
    let shown: Vec<String> = open.iter().map(|file| format!("'{}'", file.display())).collect();
    Check::good("file_mode", format!("other users can access {}", shown.join(", ")))
        .bad(Remedy::SetMode { mode: 0o600, paths: open })
}

fn log(path: &Path) -> Check {
    let bytes = size(&beside(path, "-wal"));
    let check = Check::good("log", format!("the write-ahead log takes {bytes} bytes"));
    if bytes < LOG_BYTES_HIGH {
        return check;
    }
    check.warning(Remedy::EndReader)
}

fn free_pages(access: &Access<'_>) -> Result<Check, Error> {
    let (pages, page_bytes) = (pragma(access, "page_count")?, pragma(access, "page_size")?);
    let free = pragma(access, "freelist_count")?;
    let bytes = free * page_bytes;
    let finding = format!("{free} of {pages} pages are free ({bytes} bytes)");
    let check = Check::good("free_pages", finding);
    if FREE_BYTES_HIGH <= bytes && pages * FREE_PERCENT_HIGH <= free * 100 {
        return Ok(check.warning(Remedy::Vacuum));
    }
    Ok(check)
}

fn room(access: &Access<'_>) -> Result<Check, Error> {
    let used = access.bytes_used()?;
    let Some(limit) = access.config.file_bytes_max else {
        return Ok(Check::good("room", format!("the file takes {used} bytes and has no limit")));
    };
    let check = Check::good("room", format!("the file takes {used} of {limit} bytes"));
    if used * 100 < limit * NEAR_PERCENT {
        return Ok(check);
    }
    Ok(check.warning(Remedy::Purge { setting: "file_bytes_max" }))
}

fn schema(access: &Access<'_>) -> Result<Check, Error> {
    let (version, known) = (pragma(access, "user_version")?, u64::from(SCHEMA_VERSION));
    let check = Check::good("schema", format!("version {version}; current is version {known}"));
    if version == known {
        return Ok(check);
    }
    Ok(check.bad(Remedy::UseNewerProgram))
}

fn integrity(access: &Access<'_>) -> Result<Check, Error> {
    let reports: Vec<String> = damage(access)?
        .into_iter()
        .filter_map(|problem| match problem {
            Problem::Damaged { report } => Some(report),
            _ => None,
        })
        .collect();
    let Some(first) = reports.first() else {
        return Ok(Check::good("integrity", "no damaged page"));
    };
    let finding = format!("{} damaged places, the first: {first}", reports.len());
    Ok(Check::good("integrity", finding).bad(Remedy::RestoreOrRepair))
}

fn foreign_keys(access: &Access<'_>) -> Result<Check, Error> {
    let dangling = dangling(access)?;
    let finding = match dangling.first() {
        None => return Ok(Check::good("foreign_keys", "no dangling reference")),
        Some(Problem::Dangling { table, parent }) => {
            let count = dangling.len();
            format!(
                "{count} dangling references, such as one from {table} to {parent}; another \
                 program wrote to the file"
            )
        }
        Some(other) => format!("{other:?}"),
    };
    Ok(Check::good("foreign_keys", finding).bad(Remedy::RestoreBackup))
}

fn word_index(access: &Access<'_>) -> Result<Check, Error> {
    let problems = out_of_step_all(access)?;
    if problems.is_empty() {
        return Ok(Check::good("word_index", "every searchable text is indexed"));
    }
    let kinds: Vec<String> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::IndexOutOfStep { kind, missing, orphaned } => {
                Some(format!("{} ({missing} missing, {orphaned} orphaned)", kind.collection()))
            }
            _ => None,
        })
        .collect();
    let finding = format!("the word index does not match {}", kinds.join(", "));
    Ok(Check::good("word_index", finding).bad(Remedy::RebuildWordIndex))
}

fn message_counts(access: &Access<'_>) -> Result<Check, Error> {
    let sessions = message::miscounted(access)?;
    if sessions == 0 {
        return Ok(Check::good("message_counts", "every message count is correct"));
    }
    let finding = format!("the message count of {sessions} sessions is too low");
    Ok(Check::good("message_counts", finding).warning(Remedy::Maintain))
}

fn feed(access: &Access<'_>) -> Result<Check, Error> {
    let pending = access.count("SELECT count(*) FROM feed", [])?;
    let check = Check::good("feed", format!("{pending} changes not in long-term memory yet"));
    if pending < FEED_HIGH {
        return Ok(check);
    }
    Ok(check.warning(Remedy::KeepRunning))
}

fn queue(waiting: usize, limit: usize) -> Check {
    let check = Check::good("queue", format!("{waiting} of {limit} slots in use"));
    if (waiting as u64) * 100 < (limit.max(1) as u64) * NEAR_PERCENT {
        return check;
    }
    check.warning(Remedy::ReduceLoad { setting: "queue" })
}

fn pragma(access: &Access<'_>, name: &str) -> Result<u64, Error> {
    access.count(&format!("PRAGMA {name}"), [])
}
