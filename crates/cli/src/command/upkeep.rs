//! `doctor`, `verify`, `repair`, `reindex`, `maintain`, `migrate`: checks and upkeep of the data
//! directory.

use aios_memory::{
    Administrator, Mode,
    config::{Effective, Error as ConfigError},
    migrate as schemas,
    migrate::Schema,
    upkeep::{Examined, Repaired},
    working::Health,
};
use serde_json::{Value, json};

use crate::{
    args::{Maintain, Migrate, Reindex},
    failure::Failure,
    install::agents,
    output::{Output, line, number_of, records as in_words, shown as shown_path},
    remedy::words,
};

const PROGRESS: &str = "{bar:40} {pos}/{len} records";
const WHERE_TO_SET: &str = "in the settings file; `aios-memory config path` prints its path";

/// Runs all checks. Fails if any check fails.
pub(crate) async fn doctor(
    settings: Result<Effective, Failure>,
    output: Output,
) -> Result<(), Failure> {
    let found = match settings {
        Ok(settings) => {
            let config = Examined::good("config", "settings", "all settings are valid");
            let rest = aios_memory::upkeep::doctor(&settings.config).await;
            let agents = agents(&settings.config.memory.data_dir, output);
            [config].into_iter().chain(rest).chain(agents).collect()
        }
        Err(Failure::Config(error)) => vec![misconfigured(&error)],
        Err(other) => return Err(other),
    };
    let count = |health| found.iter().filter(|examined| examined.check.health == health).count();
    let (warnings, bad) = (count(Health::Warning), count(Health::Bad));
    let checks: Vec<Value> = found.iter().map(with_advice).collect();
    let shown = json!({"checks": checks, "warnings": warnings, "failed": bad});
    output.result(&shown, |out| {
        for Examined { part, check } in &found {
            let mark = match check.health {
                Health::Good => "OK  ",
                Health::Warning => "warn",
                Health::Bad => "FAIL",
            };
            let name = format!("{part} {}", check.name);
            writeln!(out, "{mark}  {name:<22} {}", line(&check.finding))?;
            if let Some(advice) = check.remedy.as_ref().and_then(words) {
                writeln!(out, "      {:<22} -> {}", "", line(&advice))?;
            }
        }
        let (checks, warnings) =
            (number_of(found.len() as u64, "check"), number_of(warnings as u64, "warning"));
        writeln!(out, "{checks}, {warnings}, {bad} failed")
    })?;
    match bad {
        0 => Ok(()),
        bad => Err(Failure::Unsound { what: format!("{} failed", number_of(bad as u64, "check")) }),
    }
}

/// Returns a check as JSON, with the text of its remedy as `advice`.
fn with_advice(examined: &Examined) -> Value {
    let mut shown = serde_json::to_value(examined).expect("a check is plain data");
    if let Some(advice) = examined.check.remedy.as_ref().and_then(words) {
        shown["advice"] = advice.into();
    }
    shown
}

fn misconfigured(error: &ConfigError) -> Examined {
    Examined::good("config", "settings", error.to_string()).but(Health::Bad, error.remedy())
}

/// Checks the stored data for consistency. Fails if there is a problem.
pub(crate) async fn verify(memory: &Administrator, output: Output) -> Result<(), Failure> {
    let bar = output.progress(PROGRESS, Some(0));
    let watched = bar.clone();
    let verified = memory.upkeep().verify(move |progress| watched.show(&progress)).await;
    bar.end();
    let verified = verified?;
    output.result(&verified, |out| {
        for name in &verified.older {
            writeln!(out, "{name} is older than the other files, or missing")?;
        }
        for problem in &verified.working {
            writeln!(out, "working memory: {}", serde_json::to_string(problem)?)?;
        }
        for damage in &verified.journal {
            writeln!(out, "journal: {}", line(&damage.to_string()))?;
        }
        for (what, found) in verified.library.findings() {
            found
                .iter()
                .try_for_each(|key| writeln!(out, "library: {what}: {}", line(&key.to_string())))?;
        }
        for advice in verified.remedies().iter().filter_map(words) {
            writeln!(out, "-> {advice}")?;
        }
        if verified.is_clean() {
            writeln!(
                out,
                "no problems found; checked the pages of both databases, the references and word \
                 index of working memory, and {} of the library",
                in_words(verified.library.checked)
            )?;
        }
        Ok(())
    })?;
    if verified.is_clean() {
        return Ok(());
    }
    let problems = number_of(verified.problems() as u64, "problem");
    Err(Failure::Unsound { what: format!("{problems} found") })
}

/// Rebuilds the library with the given model, or the configured one.
pub(crate) async fn reindex(
    arguments: Reindex,
    settings: Effective,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress(PROGRESS, Some(0));
    let watched = bar.clone();
    // The path in the setting must work from any working directory.
    let model = arguments.model.map(|name| match std::fs::canonicalize(&name) {
        Ok(path) if path.is_dir() => path.display().to_string(),
        _ => name,
    });
    let progress = move |progress| watched.show(&progress);
    let done = aios_memory::upkeep::reindex(settings.config, model, progress).await;
    bar.end();
    let done = done?;
    output.result(&done, |out| {
        writeln!(out, "{}: {}, {} embedded", done.model, in_words(done.records), done.embedded)?;
        match &done.setting {
            Some(model) => writeln!(out, "now set embedding.model = {model:?} {WHERE_TO_SET}"),
            None => Ok(()),
        }
    })?;
    Ok(())
}

/// Repairs the library. Fails if records or other data were lost or quarantined.
pub(crate) async fn repair(settings: Effective, output: Output) -> Result<(), Failure> {
    let bar = output.progress(PROGRESS, Some(0));
    let watched = bar.clone();
    let progress = move |progress| watched.show(&progress);
    let repaired = aios_memory::upkeep::repair(settings.config, progress).await;
    bar.end();
    let repaired = repaired?;
    output.result(&repaired, |out| {
        let Repaired { records, repeated, .. } = repaired;
        if repaired.was_sound {
            return writeln!(out, "no problems found in the library; {}", in_words(records));
        }
        let repeated = number_of(repeated, "repeated row");
        writeln!(out, "{}; {repeated} removed", in_words(records))?;
        let lists = [
            ("missing from the older journal, taken from the library", &repaired.adopted),
            ("deleted since, omitted", &repaired.gone),
            ("recovered from working memory", &repaired.recovered),
            ("only an older version left", &repaired.outdated),
            ("unknown, set aside", &repaired.unknown),
            ("lost", &repaired.lost),
        ];
        for (what, keys) in lists {
            keys.iter()
                .try_for_each(|key| writeln!(out, "library: {what}: {}", line(&key.to_string())))?;
        }
        if let Some(file) = &repaired.unknown_rows {
            let file = shown_path(file);
            writeln!(
                out,
                "the unknown records are in {file}; `aios-memory import --owners-from-file --from \
                 {file}` imports them"
            )?;
        }
        if 0 < repaired.kept_out {
            writeln!(out, "{} rows of forgotten or deleted records omitted", repaired.kept_out)?;
        }
        if !repaired.lost_with_working.is_empty() {
            let kinds: Vec<&str> =
                repaired.lost_with_working.iter().map(|kind| kind.as_str()).collect();
            match &repaired.working_aside {
                Some(path) => {
                    writeln!(out, "working.db was damaged; it was moved to {}", shown_path(path))?;
                }
                None => writeln!(out, "working.db was missing")?,
            }
            writeln!(
                out,
                "restored {} to working memory; kinds stored only there may be lost ({}) unless a \
                 backup has them",
                in_words(repaired.brought_back),
                kinds.join(", ")
            )?;
        }
        for problem in &repaired.working {
            writeln!(out, "working memory: {}", serde_json::to_string(problem)?)?;
        }
        if repaired.has_lost_note {
            writeln!(
                out,
                "generations.json could not be read; both databases are used as they are, though \
                 one may be older"
            )?;
        }
        if let Some(journal) = &repaired.journal_aside {
            writeln!(
                out,
                "lost with the damaged journal, which was moved to {}: changes that had not \
                 reached the library, older versions of records, and the list of forgotten \
                 records; only a backup has them",
                shown_path(journal)
            )?;
        }
        if repaired.has_lost_journal {
            writeln!(
                out,
                "lost with journal.db, which was missing: changes that had not reached the \
                 library, older versions of records, and the list of forgotten records; only a \
                 backup has them"
            )?;
        }
        if let Some(directory) = &repaired.quarantined {
            writeln!(
                out,
                "the former library, which is partly unreadable, was moved to {}",
                shown_path(directory)
            )?;
        }
        Ok(())
    })?;
    match (repaired.lost.len() + repaired.outdated.len()) as u64 + repaired.unreadable {
        0 if repaired.journal_aside.is_some() || repaired.has_lost_journal => {
            Err(Failure::Unsound { what: "the journal could not be recovered".to_owned() })
        }
        0 if !repaired.unknown.is_empty() => {
            let count = repaired.unknown.len();
            Err(Failure::Unsound { what: format!("set aside {}", in_words(count as u64)) })
        }
        0 if !repaired.lost_with_working.is_empty() => {
            let what = "working memory could not be recovered completely";
            Err(Failure::Unsound { what: what.to_owned() })
        }
        0 if !repaired.working.is_empty() => {
            let what = "working memory has problems; run `aios-memory doctor` for advice";
            Err(Failure::Unsound { what: what.to_owned() })
        }
        0 if repaired.has_lost_note => {
            Err(Failure::Unsound { what: "generations.json could not be read".to_owned() })
        }
        0 => Ok(()),
        count => Err(Failure::Unsound { what: format!("failed to recover {}", in_words(count)) }),
    }
}

/// Moves records past their retention out of working memory, and cleans up the files.
pub(crate) async fn maintain(
    memory: &Administrator,
    arguments: &Maintain,
    output: Output,
) -> Result<(), Failure> {
    let before = memory.stats().await?.disk_bytes;
    let mode = if arguments.dry_run { Mode::DryRun } else { Mode::Apply };
    let aged = memory.upkeep().maintain_with(mode).await?;
    if arguments.vacuum {
        memory.working().upkeep().vacuum().await.map_err(aios_memory::Error::from)?;
    }
    let after = memory.stats().await?.disk_bytes;
    let done = json!({
        "dry_run": arguments.dry_run,
        "aged": aged.records,
        "summed_up": aged.summed_up,
        "vacuumed": arguments.vacuum || aged.vacuumed,
        "disk_bytes_before": before,
        "disk_bytes": after,
    });
    output.result(&done, |out| {
        let verb = if arguments.dry_run { "would leave" } else { "left" };
        for (collection, count) in &aged.records {
            writeln!(out, "{count} {collection} {verb} working memory: old, expired or too many")?;
        }
        if aged.records.is_empty() {
            writeln!(out, "no records are past their retention")?;
        }
        writeln!(out, "disk usage: {before} bytes before, {after} bytes after")
    })?;
    Ok(())
}

/// Migrates the files to the schema of this program. With `--dry-run`, only prints what would be
/// done.
pub(crate) async fn migrate(
    arguments: &Migrate,
    settings: Effective,
    output: Output,
) -> Result<(), Failure> {
    let before = schemas::databases(&settings.config).await?;
    let after = match arguments.dry_run {
        true => before.clone(),
        false => schemas::migrate(settings.config).await?,
    };
    let shown = json!({"dry_run": arguments.dry_run, "before": before, "databases": after});
    output.result(&shown, |out| {
        for (was, is) in before.iter().zip(&after) {
            let (path, known) = (shown_path(&is.path), is.known);
            match (&was.schema, &is.schema) {
                (Schema::Older { found, backup }, Schema::Current { .. }) => writeln!(
                    out,
                    "{path}: migrated from version {found} to {known}; backup: {}",
                    shown_path(backup)
                )?,
                (_, Schema::Older { found, backup }) => writeln!(
                    out,
                    "{path}: would be migrated from version {found} to {known}; backup: {}",
                    shown_path(backup)
                )?,
                (_, Schema::Current { found }) => {
                    writeln!(out, "{path}: version {found}, current")?;
                }
                (_, Schema::Newer { found }) => {
                    writeln!(out, "{path}: version {found}; this program supports up to {known}")?;
                }
                (_, Schema::Foreign { reason }) => {
                    writeln!(out, "{path}: not a database of this program: {reason}")?;
                }
                (_, Schema::Empty) => writeln!(out, "{path}: being created")?,
                _ => writeln!(out, "{path}: does not exist yet; created on first use")?,
            }
            if let Some(advice) = is.remedy().as_ref().and_then(words) {
                writeln!(out, "  -> {}", line(&advice))?;
            }
        }
        Ok(())
    })?;
    match after.iter().filter(|database| !database.is_usable()).count() {
        0 => Ok(()),
        count => {
            Err(Failure::Unsound { what: format!("{} unusable", number_of(count as u64, "file")) })
        }
    }
}
