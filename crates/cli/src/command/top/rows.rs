//! The lines of each part of the live view. Pure. Every text of the service passes [`Look::text`],
//! so none can control the terminal.

use std::time::Duration;

use aios_memory::{Timestamp, assemble::describe};
use aios_memory_server::{Work, WorkItem};
use jiff::tz::TimeZone;
use ratatui::{
    style::{Color, Modifier, Style},
    text::{Line, Span},
};
use serde_json::Value;

use super::model::{Called, Model, Pane, Status};

/// Maximum length of a text in a line, in characters: more than terminals show.
const TEXT_CHARS: usize = 400;
/// Number of columns for the numbers of an operation.
const NUMBERS_WIDTH: usize = 41;
/// Minimum width for listing the outcomes of failed calls.
const WIDE: usize = 90;
const OUTCOMES_WIDTH: usize = 30;

/// The appearance, as set by the environment and the flags.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// False if `NO_COLOR` is set.
    pub(super) has_color: bool,
    pub(super) zone: TimeZone,
    /// Returns a text in one line of at most this number of characters, without anything that
    /// controls a terminal.
    pub(super) harmless: fn(&str, usize) -> String,
}

/// The lines of a pane.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// The line above the others, which does not scroll.
    pub(super) heading: Option<Line<'static>>,
    pub(super) lines: Vec<Line<'static>>,
}

impl Look {
    fn text(&self, text: &str, chars: usize) -> String {
        (self.harmless)(text, chars)
    }

    pub(super) fn color(&self, color: Color) -> Style {
        match self.has_color {
            true => Style::new().fg(color),
            false => Style::new(),
        }
    }

    pub(super) fn quiet(&self) -> Style {
        match self.has_color {
            true => Style::new().fg(Color::DarkGray),
            false => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Style of a problem, which is visible without colours as well.
    fn alarm(&self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }
}

/// Returns the lines above the panes.
pub(super) fn header(model: &Model, look: &Look) -> [Line<'static>; 4] {
    let figures = &model.figures;
    let place = look.text(&model.place, TEXT_CHARS);
    let (status, style) = match &model.status {
        Status::Running if model.is_paused => ("paused".to_owned(), look.color(Color::Yellow)),
        Status::Running => ("running".to_owned(), look.color(Color::Green)),
        Status::Ended => ("service ended; trying again".to_owned(), look.alarm()),
        Status::Refused(reason) => (look.text(reason, TEXT_CHARS), look.alarm()),
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let title = vec![
        Span::styled(status, style.add_modifier(Modifier::BOLD)),
        Span::raw("  "),
        Span::styled(place, bold),
    ];
    let count = |name: &str, noun: &str| number_of(figures.count(name), noun);
    let mebibytes = |name: &str| figures.count(name).div_ceil(1 << 20);
    let process = format!(
        "{}, {}, {} MiB RAM, {:.1} s CPU, {} MiB on disk, {}",
        count("connections", "connection"),
        count("streams", "stream"),
        mebibytes("resident_bytes"),
        figures.single("cpu_seconds"),
        mebibytes("disk_bytes"),
        count("open_files", "file"),
    );
    [
        Line::from(title),
        Line::from(look.text(&describe(&model.live.machine), TEXT_CHARS)),
        Line::from(process),
        Line::from(health(model, look)),
    ]
}

/// Returns the losses by reason, and the number of records that have not reached long-term memory.
/// The losses come first, because a small screen truncates the line.
fn health(model: &Model, look: &Look) -> Vec<Span<'static>> {
    let figures = &model.figures;
    let lost = &model.live.lost;
    let reasons = [
        ("unwritten", figures.unwritten),
        ("critical", lost.critical),
        ("kept", lost.kept),
        ("lapped", lost.lapped),
    ];
    let reasons = reasons.iter().filter(|(_, count)| 0 < *count);
    let reasons: Vec<String> = reasons.map(|(reason, count)| format!("{count} {reason}")).collect();
    let total = format!("{} lost", number_of(model.lost(), "event"));
    let (pending, behind) = (figures.count("journal_pending"), figures.count("feed_lag"));
    vec![
        match reasons.is_empty() {
            true => Span::raw(total),
            false => Span::styled(format!("{total}: {}", reasons.join(", ")), look.alarm()),
        },
        Span::raw(format!("; {pending} pending, {behind} behind")),
    ]
}

/// Returns the title of a pane, with its number of entries.
pub(super) fn title(model: &Model, pane: Pane) -> String {
    let name = pane.title();
    match pane {
        Pane::Calls => format!("{name} {}", model.figures.calls.len()),
        Pane::Records => {
            let records = model.figures.records.values();
            let (working, longterm) =
                records.fold((0, 0), |(a, b), (working, longterm)| (a + working, b + longterm));
            format!("{name} {working} + {longterm}")
        }
        Pane::Work => {
            let live = &model.live;
            let (active, tasks, goals) = (&live.active, &live.tasks, &live.goals);
            format!("{name} {}", active.total + tasks.total + goals.total)
        }
        Pane::Events if 0 < model.skipped => format!("{name}, {} not shown", model.skipped),
        Pane::Events => name.to_owned(),
    }
}

/// Returns the lines of a pane with the width `width`.
pub(super) fn rows(model: &Model, pane: Pane, width: usize, look: &Look) -> Rows {
    match pane {
        Pane::Calls => calls(model, width, look),
        Pane::Records => records(model, width, look),
        Pane::Work => work(model, look),
        Pane::Events => events(model, look),
    }
}

fn calls(model: &Model, width: usize, look: &Look) -> Rows {
    let outcomes = if WIDE <= width { OUTCOMES_WIDTH } else { 0 };
    let name = width.saturating_sub(NUMBERS_WIDTH + outcomes).max(12);
    let heading = format!(
        "{:<name$}{:>9}{:>8}{:>8}{:>8}{:>8}{}",
        "operation",
        "calls",
        "per s",
        "p50",
        "p99",
        "failed",
        if 0 < outcomes { "  outcomes" } else { "" }
    );
    let row = |called: &Called<'_>| {
        let operation = look.text(&called.operation.replace("/api/v1", ""), name - 4);
        let rate = called.rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"));
        let time = |share: f64| called.timed.quantile(share).map_or("-".to_owned(), shown_time);
        let failed = called.all.failed();
        let start = format!(
            "{operation:<name$}{:>9}{rate:>8}{:>8}{:>8}",
            called.all.count(),
            time(0.5),
            time(0.99)
        );
        let style = if 0 < failed { look.color(Color::Yellow) } else { Style::new() };
        let mut spans = vec![Span::raw(start), Span::styled(format!("{failed:>8}"), style)];
        if 0 < outcomes {
            let others = called.all.outcomes.iter().filter(|(outcome, _)| *outcome != "ok");
            let others: Vec<String> =
                others.map(|(outcome, count)| format!("{outcome} {count}")).collect();
            spans.push(Span::styled(format!("  {}", look.text(&others.join(", "), 60)), style));
        }
        Line::from(spans)
    };
    Rows {
        heading: Some(Line::styled(heading, look.quiet())),
        lines: model.called().iter().map(row).collect(),
    }
}

fn records(model: &Model, width: usize, look: &Look) -> Rows {
    let name = width.saturating_sub(20).clamp(12, 30);
    let heading = format!("{:<name$}{:>9}{:>10}", "kind", "working", "longterm");
    let shown = |count: u64| if count == 0 { "-".to_owned() } else { count.to_string() };
    let lines = model.figures.records.iter().filter(|(_, counts)| **counts != (0, 0));
    let lines = lines.map(|(kind, (working, longterm))| {
        let kind = look.text(kind, name - 4);
        Line::from(format!("{kind:<name$}{:>9}{:>10}", shown(*working), shown(*longterm)))
    });
    Rows { heading: Some(Line::styled(heading, look.quiet())), lines: lines.collect() }
}

fn work(model: &Model, look: &Look) -> Rows {
    let live = &model.live;
    let mut lines = Vec::new();
    for (noun, work) in [
        ("active task", &live.active),
        ("task in progress", &live.tasks),
        ("goal in progress", &live.goals),
    ] {
        lines.push(Line::styled(counted(noun, work), look.quiet()));
        lines.extend(work.items.iter().map(|item| work_line(item, look)));
    }
    Rows { heading: None, lines }
}

fn counted(noun: &str, work: &Work) -> String {
    let (shown, total) = (work.items.len() as u64, work.total);
    let plural = match noun.split_once(" in ") {
        Some((first, rest)) => format!("{} in {rest}", number_of(total, first)),
        None => number_of(total, noun),
    };
    match shown < total {
        true => format!("{plural}, the first {shown}:"),
        false if total == 0 => plural,
        false => format!("{plural}:"),
    }
}

fn work_line(item: &WorkItem, look: &Look) -> Line<'static> {
    let since = item.since.map_or_else(|| "  -  ".to_owned(), |time| clock(time, look, "%H:%M"));
    let who = match item.agent.is_empty() {
        true => String::new(),
        false => format!("{}  ", look.text(&item.agent, 24)),
    };
    Line::from(vec![
        Span::styled(format!("  {since}  {}  ", look.text(&item.state, 16)), look.quiet()),
        Span::styled(who, look.color(Color::Cyan)),
        Span::raw(look.text(&item.description, TEXT_CHARS)),
    ])
}

fn events(model: &Model, look: &Look) -> Rows {
    Rows {
        heading: None,
        lines: model.events.iter().map(|event| event_line(event, look)).collect(),
    }
}

fn event_line(event: &Value, look: &Look) -> Line<'static> {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let time = text("timestamp").parse().ok();
    let time = time.map_or_else(String::new, |time| clock(time, look, "%H:%M:%S"));
    let data = match &event["data"] {
        Value::Null => String::new(),
        data => look.text(&data.to_string(), TEXT_CHARS),
    };
    Line::from(vec![
        Span::styled(format!("{time}  "), look.quiet()),
        Span::styled(format!("{}  ", look.text(text("category"), 24)), look.color(Color::Cyan)),
        Span::raw(format!("{}  ", look.text(text("source"), 24))),
        Span::raw(data),
    ])
}

fn clock(time: Timestamp, look: &Look, format: &str) -> String {
    time.to_zoned(look.zone.clone()).strftime(format).to_string()
}

/// Formats a duration in seconds with at most seven characters.
fn shown_time(seconds: f64) -> String {
    let time = Duration::from_secs_f64(seconds.max(0.0));
    let milliseconds = time.as_secs_f64() * 1e3;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1}ms")
    } else if milliseconds < 1e3 {
        format!("{milliseconds:.0}ms")
    } else {
        format!("{:.1}s", time.as_secs_f64())
    }
}

/// Formats a number with its noun, adding an `s` in the plural.
fn number_of(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
