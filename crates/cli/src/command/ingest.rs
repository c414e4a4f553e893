//! `ingest`: reads conversations, documents and records from files.

use std::{fs, io::ErrorKind, path::Path, pin::pin, time::Duration};

use aios_exchange::{
    Error, InputProblem, Walk,
    ingest::{self, IngestOptions, IngestReport, Thinking},
    walk,
};
use aios_memory::{MemoryView, Remedy, admission::Tally};
use serde_json::json;

use crate::{
    args::Ingest,
    failure::Failure,
    following::{Amount, Following},
    output::{Output, number_of},
};

/// Polling interval of a followed file.
const PAUSE: Duration = Duration::from_secs(1);

/// Maximum number of consecutive polls at which a followed file may be absent. Other programs
/// replace a file by removing it first.
const ABSENT_LOOKS_MAX: u32 = 10;

pub(crate) async fn ingest(
    memory: &MemoryView,
    arguments: &Ingest,
    output: Output,
) -> Result<(), Failure> {
    if arguments.follow {
        return follow(memory, arguments, output).await;
    }
    let mut total = IngestReport::default();
    let mut walked = None;
    for file in &arguments.files {
        if !file.is_dir() {
            total.add(take(memory, file, arguments, output).await?);
            continue;
        }
        let found = walk(file, &arguments.includes)?;
        for problem in &found.unreadable {
            output.warn("unreadable", problem);
        }
        for file in &found.files {
            // In a directory, an unusable file does not affect the others.
            total.add(take(memory, file, arguments, output).await?);
        }
        let sum: &mut Walk = walked.get_or_insert_default();
        sum.files.extend(found.files);
        sum.skipped += found.skipped;
        sum.unreadable.extend(found.unreadable);
    }
    let mut shown = serde_json::to_value(&total).expect("a report is plain data");
    if let Some(Walk { files, skipped, unreadable }) = &walked {
        let unreadable = unreadable.len();
        shown["directories"] =
            json!({"files": files.len(), "skipped": skipped, "unreadable": unreadable});
    }
    output.result(&shown, |out| {
        writeln!(
            out,
            "{}, {}, {} failed ({:.1} s)",
            counted(&total.tally),
            number_of(total.sessions, "session"),
            total.failed_count,
            total.elapsed_ms / 1e3
        )?;
        if let Some(Walk { files, skipped, unreadable }) = &walked {
            let (files, unreadable) = (files.len(), unreadable.len());
            writeln!(
                out,
                "directories: {files} files read, {skipped} skipped (empty or not text), \
                 {unreadable} unreadable"
            )?;
        }
        Ok(())
    })?;
    let unreadable = walked.map_or(0, |walked| walked.unreadable.len() as u64);
    // If two records in a file have the same id, the second is not stored.
    match total.failed_count + total.tally.conflicting_count + unreadable {
        0 => Ok(()),
        failed => Err(Failure::Partial { failed }),
    }
}

/// Follows a session file to its end, or until the command is interrupted.
async fn follow(memory: &MemoryView, arguments: &Ingest, output: Output) -> Result<(), Failure> {
    let [file] = arguments.files.as_slice() else {
        return Err(Failure::Usage {
            message: "--follow reads one session file".to_owned(),
            hint: "name one file, such as ~/.claude/projects/PROJECT/SESSION.jsonl",
        });
    };
    let thinking = if arguments.thinking { Thinking::Kept } else { Thinking::LeftOut };
    let following = Following::new(memory, file, arguments.format)?.with_thinking(thinking);
    let mut ends = pin!(tokio::signal::ctrl_c());
    let mut absent_looks = ABSENT_LOOKS_MAX;
    loop {
        let report = match following.read(Amount::All).await {
            Err(failure) if is_absent(file, &failure) && absent_looks < ABSENT_LOOKS_MAX => {
                if absent_looks == 0 {
                    output.note(&format!("{} is absent; waiting for it", file.display()));
                }
                absent_looks += 1;
                IngestReport::default()
            }
            read => {
                absent_looks = 0;
                read?
            }
        };
        output
            .warn_of("failed", report.failed.iter().map(|it| (it.to_string(), it.remedy.as_ref())));
        if arguments.once || 0 < report.tally.read {
            output.result(&report, |out| {
                writeln!(out, "{}, {} failed", counted(&report.tally), report.failed_count)
            })?;
        }
        if arguments.once {
            return match report.failed_count {
                0 => Ok(()),
                failed => Err(Failure::PassedOver { failed }),
            };
        }
        if tokio::time::timeout(PAUSE, &mut ends).await.is_ok() {
            return Ok(());
        }
    }
}

/// Returns true if a file could not be read because it does not exist, or is still empty.
fn is_absent(file: &Path, failure: &Failure) -> bool {
    let Failure::Exchange(Error::Input { problem, .. }) = failure else { return false };
    match problem {
        InputProblem::Unopened { cause } => cause.kind() == ErrorKind::NotFound,
        InputProblem::NoSession => fs::metadata(file).is_ok_and(|about| about.len() == 0),
        _ => false,
    }
}

/// Ingests one file and prints its notes and warnings.
async fn take(
    memory: &MemoryView,
    file: &Path,
    arguments: &Ingest,
    output: Output,
) -> Result<IngestReport, Failure> {
    let bytes = fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|m| m.len());
    let bar = output.progress("{msg} {wide_bar} {bytes}/{total_bytes} {eta}", bytes);
    bar.name(file.display());
    let watched = bar.clone();
    let options = IngestOptions::default()
        .with_format(arguments.format)
        .with_thinking(if arguments.thinking { Thinking::Kept } else { Thinking::LeftOut })
        .with_progress(move |progress| watched.show(&progress));
    let report = match file == Path::new("-") {
        true => ingest::reader(memory, std::io::stdin(), None, options).await,
        false => ingest::file(memory, file, options).await,
    };
    bar.end();
    let report = report?;
    for mending in &report.tally.mended {
        output.note(&format!("{}: {mending}", file.display()));
    }
    for detail in &report.tally.details {
        output.note(&format!("{}: {detail}", file.display()));
    }
    let failed = report.failed.iter();
    output.warn_of("failed", failed.map(|it| (it.to_string(), it.remedy.as_ref())));
    let is_of_others = report.failed.iter().any(|it| it.remedy == Some(Remedy::WidenScope));
    if is_of_others && !arguments.owners_from_file {
        output.note("to store what a file has of every user, pass --owners-from-file, not --user");
    }
    Ok(report)
}

/// Formats the counts of a report: added and known, then every other count that is not zero.
pub(super) fn counted(tally: &Tally) -> String {
    let mut counted = format!("{} added, {} already known", tally.added, tally.known);
    let others = [
        (tally.updated, "updated"),
        (tally.retired, "retired"),
        (tally.conflicting_count, "conflicting"),
        (tally.forgotten, "forgotten before"),
        (tally.skipped, "skipped"),
        (tally.mended_count, "repaired"),
    ];
    for (count, what) in others.into_iter().filter(|(count, _)| 0 < *count) {
        counted.push_str(&format!(", {count} {what}"));
    }
    if !tally.unknown.is_empty() {
        let names: Vec<String> =
            tally.unknown.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        let (names, read) = (names.join(", "), tally.read);
        counted.push_str(&format!("; unknown fields in {read} records: {names}"));
    }
    counted
}
