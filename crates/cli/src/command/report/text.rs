//! A report as text.

use std::io::{self, Write};

use aios_memory::{
    Report,
    report::{Groups, WorkReport},
};

use super::{
    numbers::{age, bytes, grouped, share},
    scope::covered,
};
use crate::output::{Output, one_line};

/// Maximum number of rows per list. The page and the JSON have more.
const ROWS: usize = 10;
/// Maximum number of listed days.
const DAYS: usize = 14;
/// Maximum number of characters of a name, and of a text.
const NAME_CHARS: usize = 22;
const TEXT_CHARS: usize = 60;

pub(super) fn write(out: &mut dyn Write, report: &Report, output: Output) -> io::Result<()> {
    let totals = &report.totals;
    writeln!(out, "{:<24} {}", "report on", covered(report))?;
    let (since, until) = (output.minute(report.since), output.minute(report.generated_at));
    writeln!(out, "{:<24} {since} to {until}", "period")?;
    writeln!(
        out,
        "{:<24} {}, {} of them in the period",
        "records",
        grouped(totals.records),
        grouped(totals.added)
    )?;
    writeln!(out, "{:<24} {}", "their texts", bytes(totals.text_bytes))?;
    if let Some(disk) = totals.disk_bytes {
        writeln!(out, "{:<24} {}", "on disk, of all users", bytes(disk))?;
    }
    if totals.records == 0 {
        return writeln!(out, "nothing is stored yet");
    }
    kinds(out, report)?;
    groups(out, "users", "shared", &report.users)?;
    groups(out, "agents", "no agent", &report.agents)?;
    days(out, report)?;
    recalls(out, report)?;
    works(out, "patterns", &report.patterns)?;
    works(out, "procedures", &report.procedures)?;
    let Some(backups) = &report.backups else { return Ok(()) };
    let newest = backups.age_seconds.map_or("none yet".to_owned(), age);
    writeln!(out, "{:<24} {} kept, the newest {newest}", "backups", backups.kept)?;
    match backups.failures {
        0 => Ok(()),
        failures => writeln!(
            out,
            "{:<24} {failures}, {} since the newest",
            "  failures", backups.failed_in_a_row
        ),
    }
}

fn kinds(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    writeln!(out, "\n{:<24} {:>12} {:>12} {:>12}", "kinds", "records", "new", "recalled")?;
    for kind in &report.kinds {
        let recalled = match &report.recalls {
            Some(_) => grouped(kind.recalled),
            None => "-".to_owned(),
        };
        let (records, added) = (grouped(kind.records), grouped(kind.added));
        writeln!(out, "  {:<22} {records:>12} {added:>12} {recalled:>12}", kind.collection)?;
    }
    Ok(())
}

fn groups(out: &mut dyn Write, what: &str, nameless: &str, groups: &Groups) -> io::Result<()> {
    writeln!(out, "\n{what:<24} {:>12} {:>12}", "records", "new")?;
    for row in groups.rows.iter().take(ROWS) {
        let name =
            row.name.as_deref().map_or(format!("({nameless})"), |name| one_line(name, NAME_CHARS));
        let (records, added) = (grouped(row.records), grouped(row.added));
        writeln!(out, "  {name:<22} {records:>12} {added:>12}")?;
    }
    let others = groups.rows.len().saturating_sub(ROWS) as u64 + groups.omitted;
    match others {
        0 => Ok(()),
        others => writeln!(out, "  and {} more", grouped(others)),
    }
}

fn days(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    writeln!(out, "\n{:<24} {:>12} {:>12} {:>12}", "days (UTC)", "new", "records", "texts")?;
    let earlier = report.days.len().saturating_sub(DAYS) as u64 + report.days_omitted;
    if 0 < earlier {
        writeln!(out, "  {} earlier days", grouped(earlier))?;
    }
    for day in report.days.iter().rev().take(DAYS).rev() {
        let (added, records) = (grouped(day.added), grouped(day.records));
        let size = bytes(day.text_bytes);
        writeln!(out, "  {:<22} {added:>12} {records:>12} {size:>12}", day.date)?;
    }
    Ok(())
}

fn recalls(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let Some(recalls) = &report.recalls else { return Ok(()) };
    let whole = recalls.recalled + recalls.never;
    let share = share(recalls.recalled, whole);
    writeln!(
        out,
        "\n{:<24} {} of {} records ({share}), {} never",
        "recalled",
        grouped(recalls.recalled),
        grouped(whole),
        grouped(recalls.never)
    )?;
    for row in recalls.top.iter().take(ROWS) {
        let text = one_line(&row.text, TEXT_CHARS);
        writeln!(out, "  {:>6}  {text}  [{}]", grouped(row.recalls), row.key)?;
    }
    Ok(())
}

fn works(out: &mut dyn Write, what: &str, works: &WorkReport) -> io::Result<()> {
    if works.total == 0 {
        return Ok(());
    }
    let (total, unused) = (grouped(works.total), grouped(works.unused));
    writeln!(out, "\n{what:<24} {total}, {unused} of them never used")?;
    for row in works.rows.iter().take(ROWS) {
        let (bound, rate) = (row.success_bound * 100.0, row.success_rate * 100.0);
        let name = one_line(&row.name, TEXT_CHARS);
        writeln!(
            out,
            "  at least {bound:>3.0} %, {rate:>3.0} % of {} uses  {name}  [{}]",
            grouped(row.uses),
            row.key
        )?;
    }
    Ok(())
}
