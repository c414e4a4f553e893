//! The sections of a page that are tables.

use aios_memory::{
    Report,
    report::{Groups, RecallReport, WorkReport},
    upkeep::BackupStats,
};

use super::{
    chart::{bar, bar_of},
    html::{Column, escaped, section, table},
    numbers::{age, bytes, grouped, share},
};
use crate::output::Output;

pub(super) fn kinds(report: &Report) -> String {
    let most = report.kinds.iter().map(|kind| kind.records).max().unwrap_or(0);
    let mut columns = vec![
        (Column::Name, "Kind"),
        (Column::Plain, ""),
        (Column::Number, "Records"),
        (Column::Number, "New"),
        (Column::Number, "Text"),
    ];
    columns.extend(report.recalls.as_ref().map(|_| (Column::Number, "Recalled")));
    let rows = report.kinds.iter().map(|kind| {
        vec![
            spaced(kind.collection),
            bar(kind.records, most),
            grouped(kind.records),
            grouped(kind.added),
            bytes(kind.text_bytes),
            escaped(&share(kind.recalled, kind.records)),
        ]
    });
    section("Kinds", "", &table("Records by kind", &columns, rows))
}

pub(super) fn groups(heading: &str, nameless: &str, groups: &Groups) -> String {
    let most = groups.rows.first().map_or(0, |row| row.records);
    let columns = [
        (Column::Name, "Name"),
        (Column::Plain, ""),
        (Column::Number, "Records"),
        (Column::Number, "New"),
    ];
    let rows = groups.rows.iter().map(|row| {
        let name = match &row.name {
            Some(name) => escaped(name),
            None => format!("<i>{nameless}</i>"),
        };
        vec![name, bar(row.records, most), grouped(row.records), grouped(row.added)]
    });
    let about = match groups.omitted {
        0 => String::new(),
        others => format!(
            "The {} with the most records. {} others have {} records.",
            groups.rows.len(),
            grouped(others),
            grouped(groups.omitted_records)
        ),
    };
    section(heading, &about, &table(&format!("Records: {heading}"), &columns, rows))
}

pub(super) fn recalls(recalls: &RecallReport, output: Output) -> String {
    let whole = recalls.recalled + recalls.never;
    let mut about = format!(
        "{} of {} records were recalled, {} never.",
        grouped(recalls.recalled),
        grouped(whole),
        grouped(recalls.never)
    );
    if let Some(since) = recalls.counted_since {
        about.push_str(&format!(" Counted since {}.", escaped(&output.minute(since))));
    }
    if recalls.is_cut {
        about.push_str(" The table of counts is full, so recalls of long ago are missing.");
    }
    let most = recalls.top.first().map_or(0, |row| row.recalls);
    let columns = [
        (Column::Name, "Record"),
        (Column::Plain, ""),
        (Column::Number, "Recalls"),
        (Column::Number, "Last"),
    ];
    let rows = recalls.top.iter().map(|row| {
        vec![
            with_key(&row.text, &row.key.to_string(), row.user.as_deref()),
            bar(row.recalls, most),
            grouped(row.recalls),
            escaped(&output.minute(row.last_at)),
        ]
    });
    let listed = match recalls.top.is_empty() {
        true => String::new(),
        false => table("Records with the most recalls", &columns, rows),
    };
    section("Recalls", &about, &format!("{}{listed}", bar(recalls.recalled, whole)))
}

/// Builds the section of patterns or of procedures. Empty if there are none.
pub(super) fn works(heading: &str, works: &WorkReport) -> String {
    if works.total == 0 {
        return String::new();
    }
    let mut about =
        format!("{}, {} of them never used.", grouped(works.total), grouped(works.unused));
    if !works.rows.is_empty() {
        about.push_str(
            " Ordered by the success rate that they have at least, with 95 % confidence.",
        );
    }
    if 0 < works.omitted {
        about.push_str(&format!(" {} were not examined.", grouped(works.omitted)));
    }
    let columns = [
        (Column::Name, "Name"),
        (Column::Plain, ""),
        (Column::Number, "At least"),
        (Column::Number, "Success"),
        (Column::Number, "Uses"),
    ];
    let rows = works.rows.iter().map(|row| {
        let name = if row.name.is_empty() { &row.text } else { &row.name };
        vec![
            with_key(name, &row.key.to_string(), row.user.as_deref()),
            bar_of(row.success_bound * 100.0),
            format!("{:.0} %", row.success_bound * 100.0),
            format!("{:.0} %", row.success_rate * 100.0),
            grouped(row.uses),
        ]
    });
    let listed = match works.rows.is_empty() {
        true => String::new(),
        false => table(&format!("{heading} by success"), &columns, rows),
    };
    section(heading, &about, &listed)
}

pub(super) fn backups(backups: &BackupStats, output: Output) -> String {
    let columns = [(Column::Name, "Backups"), (Column::Number, "")];
    let newest = match backups.newest_at.zip(backups.age_seconds) {
        Some((at, seconds)) => escaped(&format!("{} ({})", output.minute(at), age(seconds))),
        None => "none yet".to_owned(),
    };
    let rows = [
        ("Kept", grouped(backups.kept)),
        ("Newest", newest),
        ("Failures", grouped(backups.failures)),
        ("Failures since the newest", grouped(backups.failed_in_a_row.into())),
    ];
    let rows = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    section("Backups", "", &table("Scheduled backups", &columns, rows))
}

fn with_key(text: &str, key: &str, user: Option<&str>) -> String {
    let user = user.map(|user| format!(" of {}", escaped(user))).unwrap_or_default();
    format!("{}<small>{}{user}</small>", escaped(text), escaped(key))
}

/// Returns the name of a collection as words.
fn spaced(collection: &str) -> String {
    escaped(&collection.replace('_', " "))
}
