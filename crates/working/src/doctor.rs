//! Health checks of the whole memory, with advice for each finding. Following the advice is not
//! done here.

use std::{
    fs::{Metadata, metadata},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use serde::Serialize;

use crate::{
    Error, Problem, SCHEMA_VERSION,
    access::Access,
    file::{beside, size},
    health::{damage, dangling, out_of_step_all},
    message,
    upkeep::Upkeep,
};

/// Log size from which the log is not being emptied.
const LOG_BYTES_HIGH: u64 = 64 * 1024 * 1024;
/// Share of free pages from which a vacuum is advised, in percent ...
const FREE_PERCENT_HIGH: u64 = 25;
/// ... if it also frees this many bytes.
const FREE_BYTES_HIGH: u64 = 1024 * 1024;
/// Number of changes in the feed from which nothing seems to consume it.
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
    /// Advice; `None` if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// State of a checked part, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// No problem.
    Good,
    /// It works, but following the advice improves it.
    Warning,
    /// Something is lost, wrong or unsafe.
    Bad,
}

impl Check {
    fn good(name: &'static str, finding: impl Into<String>) -> Check {
        Check { name, health: Health::Good, finding: finding.into(), advice: None }
    }

    fn warning(self, advice: impl Into<String>) -> Check {
        Check { health: Health::Warning, advice: Some(advice.into()), ..self }
    }

    fn bad(self, advice: impl Into<String>) -> Check {
        Check { health: Health::Bad, advice: Some(advice.into()), ..self }
    }
}

impl Upkeep<'_> {
    /// Checks the whole memory, of every owner: always the same checks in the same order, including
    /// those without a problem. Changes nothing. Takes as long as reading the whole file; other
    /// calls continue meanwhile.
    ///
    /// # Errors
    /// [`Error::Closed`] after [`Working::close`](crate::Working::close). Any other failure is a
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
                let check = Check::good(name, format!("the check failed: {}", whole(&error)));
                check.bad(RESTORE_OR_REPAIR)
            })
        })
        .collect();
    checks.push(queue(waiting, access.config.queue));
    checks
}

/// Advice for a file that cannot be read completely.
const RESTORE_OR_REPAIR: &str =
    "restore a backup, or run `aios-memory repair` to keep the readable part";

/// Returns an error and its sources, on one line.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    format!("{error}{causes}")
}

fn file_mode(path: &Path) -> Check {
    let others = |file: Metadata| file.permissions().mode() & 0o077 != 0;
    let files = ["", "-wal", "-shm"].map(|suffix| beside(path, suffix));
    let open: Vec<String> = files
        .iter()
        .filter(|file| metadata(file).is_ok_and(others))
        .map(|file| format!("'{}'", file.display()))
        .collect();
    if open.is_empty() {
        return Check::good("file_mode", "only its owner can access the file");
    }
    Check::good("file_mode", format!("other users can access {}", open.join(", ")))
        .bad(format!("run: chmod 600 {}", open.join(" ")))
}

fn log(path: &Path) -> Check {
    let bytes = size(&beside(path, "-wal"));
    let check = Check::good("log", format!("the write-ahead log takes {bytes} bytes"));
    if bytes < LOG_BYTES_HIGH {
        return check;
    }
    check.warning("a long-running reader keeps the log from shrinking; end its process")
}

fn free_pages(access: &Access<'_>) -> Result<Check, Error> {
    let (pages, page_bytes) = (pragma(access, "page_count")?, pragma(access, "page_size")?);
    let free = pragma(access, "freelist_count")?;
    let check = Check::good("free_pages", format!("{free} of {pages} pages are free"));
    let worth = FREE_BYTES_HIGH <= free * page_bytes;
    if worth && pages * FREE_PERCENT_HIGH <= free * 100 {
        let bytes = free * page_bytes;
        let advice = format!("run `aios-memory maintain --vacuum` to free {bytes} bytes");
        return Ok(check.warning(advice));
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
    Ok(check.warning("remove records, shorten their retention, or raise `file_bytes_max`"))
}

fn schema(access: &Access<'_>) -> Result<Check, Error> {
    let (version, known) = (pragma(access, "user_version")?, u64::from(SCHEMA_VERSION));
    let check = Check::good("schema", format!("version {version}; current is version {known}"));
    if version == known {
        return Ok(check);
    }
    Ok(check.bad("a newer program has migrated the file; restart this process with that version"))
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
    Ok(Check::good("integrity", finding).bad(RESTORE_OR_REPAIR))
}

fn foreign_keys(access: &Access<'_>) -> Result<Check, Error> {
    let dangling = dangling(access)?;
    let finding = match dangling.first() {
        None => return Ok(Check::good("foreign_keys", "no dangling reference")),
        Some(Problem::Dangling { table, parent }) => {
            format!("{} dangling references, such as one from {table} to {parent}", dangling.len())
        }
        Some(other) => format!("{other:?}"),
    };
    let advice = "another program wrote to the file; restore a backup, or remove those records";
    Ok(Check::good("foreign_keys", finding).bad(advice))
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
    Ok(Check::good("word_index", finding).bad("rebuild the word index (`Upkeep::reindex`)"))
}

fn message_counts(access: &Access<'_>) -> Result<Check, Error> {
    let sessions = message::miscounted(access)?;
    if sessions == 0 {
        return Ok(Check::good("message_counts", "every message count is correct"));
    }
    let finding = format!("the message count of {sessions} sessions is too low");
    Ok(Check::good("message_counts", finding)
        .warning("run `aios-memory maintain`, or add a message to each of them"))
}

fn feed(access: &Access<'_>) -> Result<Check, Error> {
    let pending = access.count("SELECT count(*) FROM feed", [])?;
    let check = Check::good("feed", format!("{pending} changes not in long-term memory yet"));
    if pending < FEED_HIGH {
        return Ok(check);
    }
    Ok(check.warning("run a process that opens this memory; until then no record ages out"))
}

fn queue(waiting: usize, limit: usize) -> Check {
    let check = Check::good("queue", format!("{waiting} of {limit} slots in use"));
    if (waiting as u64) * 100 < (limit.max(1) as u64) * NEAR_PERCENT {
        return check;
    }
    check.warning("callers wait; write less often or in batches, or raise `queue`")
}

fn pragma(access: &Access<'_>, name: &str) -> Result<u64, Error> {
    access.count(&format!("PRAGMA {name}"), [])
}
