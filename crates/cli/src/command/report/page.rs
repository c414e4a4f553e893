//! A report as an HTML page that loads no script, image, font or other file. Charts are inline SVG,
//! each with its numbers as a table.

use aios_memory::{Report, report::DayRow};

use super::{
    chart::{Point, area, columns, summed, thinned},
    html::{BEGIN, Column, details, escaped, section, table},
    numbers::{age, bytes, grouped, share},
    scope::covered,
    tables,
};
use crate::output::Output;

const STYLE: &str = include_str!("page.css");
/// Content security policy: nothing is loaded or run, even if the text of a record requests it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'";

/// Builds the page.
pub(super) fn page(report: &Report, output: Output) -> String {
    let covered = escaped(&covered(report));
    let period = format!(
        "{} to {}",
        escaped(&output.minute(report.since)),
        escaped(&output.minute(report.generated_at))
    );
    let content = match report.totals.records {
        0 => EMPTY.to_owned(),
        _ => sections(report, output),
    };
    let version = env!("CARGO_PKG_VERSION");
    let tiles = tiles(report);
    format!(
        "{BEGIN}<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Memory report: {covered}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>Memory report</h1>\n<p>{covered} &middot; {period}</p>\n</header>\n\
         {tiles}{content}<footer>aios-memory {version}. New means recorded in the period. Days are \
         in UTC. Forgotten and deleted records are not counted.</footer>\n</main>\n</body>\n</html>\n"
    )
}

const EMPTY: &str = "<section class=\"empty\"><strong>Nothing is stored yet</strong>\
                     Records appear here once there are any.</section>\n";

fn tiles(report: &Report) -> String {
    let totals = &report.totals;
    let disk = totals.disk_bytes.map(|disk| format!("{} on disk in all", bytes(disk)));
    let mut tiles = vec![
        ("Records", grouped(totals.records), format!("{} new", grouped(totals.added))),
        ("Texts", bytes(totals.text_bytes), disk.unwrap_or_default()),
    ];
    if let Some(recalls) = report.recalls.as_ref().filter(|_| 0 < totals.records) {
        let whole = recalls.recalled + recalls.never;
        let recalled = escaped(&share(recalls.recalled, whole));
        tiles.push(("Recalled", recalled, format!("{} recalls", grouped(recalls.recalls))));
    }
    if let Some(backups) = &report.backups {
        let newest = backups.age_seconds.map_or("none yet".to_owned(), age);
        let newest = match backups.failed_in_a_row {
            0 => newest,
            failed => format!("{newest}, {failed} failed since"),
        };
        tiles.push(("Backups", grouped(backups.kept), newest));
    }
    let tile = |(name, value, more): (&str, String, String)| {
        format!("<div><dt>{name}</dt><dd>{value}</dd><dd>{more}</dd></div>\n")
    };
    format!("<dl class=\"tiles\">\n{}</dl>\n", tiles.into_iter().map(tile).collect::<String>())
}

fn sections(report: &Report, output: Output) -> String {
    let groups = format!(
        "<div class=\"two\">\n{}{}</div>\n",
        tables::groups("Users", "shared", &report.users),
        tables::groups("Agents", "no agent", &report.agents)
    );
    let recalls = report.recalls.as_ref();
    let backups = report.backups.as_ref();
    [
        growth(report),
        tables::kinds(report),
        groups,
        recalls.map(|recalls| tables::recalls(recalls, output)).unwrap_or_default(),
        tables::works("Patterns", &report.patterns),
        tables::works("Procedures", &report.procedures),
        backups.map(|backups| tables::backups(backups, output)).unwrap_or_default(),
    ]
    .concat()
}

fn growth(report: &Report) -> String {
    let points = |value: fn(&DayRow) -> u64| -> Vec<Point> {
        let point = |day: &DayRow| Point { label: escaped(&day.date), value: value(day) };
        report.days.iter().map(point).collect()
    };
    let added = summed(&points(|day| day.added));
    let (records, texts) =
        (thinned(&points(|day| day.records)), thinned(&points(|day| day.text_bytes)));
    let unit = if added.len() < report.days.len() { "New records" } else { "New records a day" };
    let charts = [
        (unit, columns("New records over the period", &added, grouped)),
        ("Records", area("Records over the period", &records, grouped)),
        ("Text", area("Bytes of text over the period", &texts, bytes)),
    ];
    let charts: String = charts
        .into_iter()
        .map(|(name, chart)| format!("<div><h3>{name}</h3>\n{chart}</div>\n"))
        .collect();
    let columns = [
        (Column::Name, "Day"),
        (Column::Number, "New"),
        (Column::Number, "Records"),
        (Column::Number, "Text"),
    ];
    let rows = report.days.iter().rev().map(|day| {
        vec![escaped(&day.date), grouped(day.added), grouped(day.records), bytes(day.text_bytes)]
    });
    let numbers = details("Numbers by day", &table("Records by day", &columns, rows));
    let about = match report.days_omitted {
        0 => String::new(),
        days => {
            format!("The newest days of the period; {} earlier ones are left out.", grouped(days))
        }
    };
    section("Growth", &about, &format!("<div class=\"pair\">\n{charts}</div>\n{numbers}"))
}
