//! `doctor`, `verify`, `repair`, `reindex`, `maintain`, `migrate`: checks and upkeep of the data
//! directory.

use aios_memory::{
    Administrator, ConfigError, Effective, Examined, Health, RebuildProgress, Repaired,
    migrate as schemas, migrate::Schema,
};
use serde_json::{Value, json};

use crate::{
    args::{Maintain, Migrate, Reindex},
    failure::Failure,
    output::{Output, Progress, line, shown as shown_path},
    remedy::words,
};

const PROGRESS: &str = "{bar:40} {pos}/{len} records";
const WHERE_TO_SET: &str = "`aios-memory config path` says where";

/// Runs all checks. Fails if one of them does.
pub(crate) async fn doctor(
    settings: Result<Effective, Failure>,
    output: Output,
) -> Result<(), Failure> {
    let found = match settings {
        Ok(settings) => {
            let config = Examined::good("config", "settings", "every setting is understood");
            let rest = aios_memory::doctor(&settings.config).await;
            [config].into_iter().chain(rest).collect()
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
        writeln!(out, "{} checks, {warnings} warnings, {bad} failed", found.len())
    })?;
    match bad {
        0 => Ok(()),
        1 => Err(Failure::Unsound { what: "1 check failed".to_owned() }),
        bad => Err(Failure::Unsound { what: format!("{bad} checks failed") }),
    }
}

/// Returns a check as JSON, with its remedy in words as `advice`.
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
    let verified = memory.verify(move |progress| show(&watched, progress)).await;
    bar.end();
    let verified = verified?;
    output.result(&verified, |out| {
        for name in &verified.older {
            writeln!(out, "{name} is older than what lies beside it")?;
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
                "sound: the pages of both databases, working memory's references and word index, \
                 and {} records of the library",
                verified.library.checked
            )?;
        }
        Ok(())
    })?;
    if verified.is_clean() {
        return Ok(());
    }
    Err(Failure::Unsound { what: format!("{} problems were found", verified.problems()) })
}

fn show(bar: &Progress, progress: RebuildProgress) {
    bar.set_length(progress.total);
    bar.set_position(progress.done);
}

/// Rebuilds the library with the given model, or the configured one.
pub(crate) async fn reindex(
    arguments: Reindex,
    settings: Effective,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress(PROGRESS, Some(0));
    let watched = bar.clone();
    // The setting must find the directory from any working directory.
    let model = arguments.model.map(|name| match std::fs::canonicalize(&name) {
        Ok(path) if path.is_dir() => path.display().to_string(),
        _ => name,
    });
    let progress = move |progress| show(&watched, progress);
    let done = aios_memory::reindex(settings.config, model, progress).await;
    bar.end();
    let done = done?;
    output.result(&done, |out| {
        writeln!(out, "{}: {} records, {} embedded", done.model, done.records, done.embedded)?;
        match &done.setting {
            Some(model) => writeln!(out, "now set embedding.model = {model:?}; {WHERE_TO_SET}"),
            None => Ok(()),
        }
    })?;
    Ok(())
}

/// Repairs the library. Fails if records or other data were lost or set aside.
pub(crate) async fn repair(settings: Effective, output: Output) -> Result<(), Failure> {
    let bar = output.progress(PROGRESS, Some(0));
    let watched = bar.clone();
    let progress = move |progress| show(&watched, progress);
    let repaired = aios_memory::repair(settings.config, progress).await;
    bar.end();
    let repaired = repaired?;
    output.result(&repaired, |out| {
        let Repaired { records, repeated, .. } = repaired;
        if repaired.was_sound {
            return writeln!(out, "the library is sound: {records} records");
        }
        writeln!(out, "{records} records; {repeated} repeated rows are gone")?;
        let lists = [
            ("read from the library beside an older journal", &repaired.adopted),
            ("deleted since, left out", &repaired.gone),
            ("recovered from working memory", &repaired.recovered),
            ("an older version", &repaired.outdated),
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
                "what is unknown is in {file}; `aios-memory import --owners-from-file --from \
                 {file}` takes it back"
            )?;
        }
        if 0 < repaired.kept_out {
            writeln!(
                out,
                "{} rows of forgotten or deleted records are left out",
                repaired.kept_out
            )?;
        }
        if !repaired.lost_with_working.is_empty() {
            let kinds: Vec<&str> =
                repaired.lost_with_working.iter().map(|kind| kind.as_str()).collect();
            match &repaired.working_aside {
                Some(path) => writeln!(out, "working.db was damaged, and is {}", shown_path(path))?,
                None => writeln!(out, "working.db was gone")?,
            }
            writeln!(
                out,
                "working memory has {} records again; lost may be what only it kept ({}); a \
                 backup has it",
                repaired.brought_back,
                kinds.join(", ")
            )?;
        }
        for problem in &repaired.working {
            writeln!(out, "working memory: {}", serde_json::to_string(problem)?)?;
        }
        if repaired.has_lost_note {
            writeln!(
                out,
                "generations.json could not be read; both databases are taken as they are, though \
                 one may be older"
            )?;
        }
        if let Some(journal) = &repaired.journal_aside {
            writeln!(
                out,
                "lost with the damaged journal, which is {}: changes that had not reached the \
                 library, older versions of records, and what was known of forgotten ones; a \
                 backup has them",
                shown_path(journal)
            )?;
        }
        if repaired.has_lost_journal {
            writeln!(
                out,
                "lost with journal.db, which was gone: changes that had not reached the library, \
                 older versions of records, and what was known of forgotten ones; a backup has them"
            )?;
        }
        if let Some(directory) = &repaired.quarantined {
            writeln!(
                out,
                "the library as it was, not all of it readable, is in {}",
                shown_path(directory)
            )?;
        }
        Ok(())
    })?;
    match (repaired.lost.len() + repaired.outdated.len()) as u64 + repaired.unreadable {
        0 if repaired.journal_aside.is_some() || repaired.has_lost_journal => {
            Err(Failure::Unsound { what: "the journal could not be saved".to_owned() })
        }
        0 if !repaired.unknown.is_empty() => {
            let count = repaired.unknown.len();
            Err(Failure::Unsound { what: format!("{count} records were set aside") })
        }
        0 if !repaired.lost_with_working.is_empty() => {
            Err(Failure::Unsound { what: "working memory could not be saved as it was".to_owned() })
        }
        0 if !repaired.working.is_empty() => {
            let what = "working memory is not sound; `aios-memory doctor` says what to do";
            Err(Failure::Unsound { what: what.to_owned() })
        }
        0 if repaired.has_lost_note => {
            Err(Failure::Unsound { what: "the note of generations could not be read".to_owned() })
        }
        0 => Ok(()),
        count => Err(Failure::Unsound { what: format!("{count} records could not be saved") }),
    }
}

/// Moves records past their retention out of working memory, and tidies the files.
pub(crate) async fn maintain(
    memory: &Administrator,
    arguments: &Maintain,
    output: Output,
) -> Result<(), Failure> {
    let before = memory.stats().await?.disk_bytes;
    let aged = match arguments.dry_run {
        true => memory.would_age().await?,
        false => memory.maintain().await?,
    };
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
        let would = if arguments.dry_run { "would leave" } else { "left" };
        for (collection, count) in &aged.records {
            writeln!(
                out,
                "{count} {collection} {would} working memory; long-term memory has them"
            )?;
        }
        if aged.records.is_empty() {
            writeln!(out, "nothing is past its retention")?;
        }
        writeln!(out, "{before} bytes on disk before, {after} after")
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
                    "{path}: brought from version {found} to {known}; as it was it is in {}",
                    shown_path(backup)
                )?,
                (_, Schema::Older { found, backup }) => writeln!(
                    out,
                    "{path}: would go from version {found} to {known}, after a copy to {}",
                    shown_path(backup)
                )?,
                (_, Schema::Current { found }) => {
                    writeln!(out, "{path}: version {found}, which is the present one")?;
                }
                (_, Schema::Newer { found }) => {
                    writeln!(out, "{path}: version {found}; this program knows up to {known}")?;
                }
                (_, Schema::Foreign { reason }) => {
                    writeln!(out, "{path}: no database of this program: {reason}")?;
                }
                (_, Schema::Empty) => writeln!(out, "{path}: being created")?,
                _ => writeln!(out, "{path}: not there yet; the first use makes it")?,
            }
            if let Some(advice) = is.remedy().as_ref().and_then(words) {
                writeln!(out, "  -> {}", line(&advice))?;
            }
        }
        Ok(())
    })?;
    match after.iter().filter(|database| !database.is_usable()).count() {
        0 => Ok(()),
        count => Err(Failure::Unsound { what: format!("{count} of the files cannot be used") }),
    }
}
