//! The places of output: results go to stdout, everything else to stderr, all of it harmless.
//!
//! No other file names stdout or stderr, so nothing reaches a terminal but through [`Defused`].

mod defused;
mod log;

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    path::Path,
};

use aios_memory::{Identity, MemoryView, Timestamp};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use self::defused::{Defused, Notation, defused};
pub(crate) use self::log::start as start_log;

/// The mark of a line end in a text that is shown in one line.
const LINE_END_MARK: char = '\u{23ce}';

/// The form in which results are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) zone: Zone,
}

/// The time zone of the moments that a person reads. In JSON all are UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// That of the machine, or of the variable `TZ`.
    Local,
    /// UTC.
    Utc,
}

/// Something that is told on stderr: a line for a person, an object for a program.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Notice<'a> {
    pub(crate) level: Level,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) hint: Option<&'a str>,
}

/// The weight of a [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// The command did not do what it was asked, or not all of it.
    Error,
    /// Something needs attention.
    Warning,
    /// Something may be of interest.
    Note,
    /// Internal steps, for whoever looks for a fault.
    Debug,
}

impl Output {
    /// Prints `value` as JSON if that was asked for, else as `text` writes it.
    pub(crate) fn result<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = self.stdout();
        match self.json {
            // All of it or nothing.
            true => writeln!(out, "{}", serde_json::to_string(value)?)?,
            false => text(&mut out)?,
        }
        out.flush()
    }

    /// Prints `value` as JSON in any case, for a person with indentation.
    pub(crate) fn object<T: Serialize>(self, value: &T) -> io::Result<()> {
        if self.json {
            return self.result(value, |_| Ok(()));
        }
        let mut out = json_lines();
        serde_json::to_writer_pretty(&mut out, value)?;
        writeln!(out)?;
        out.flush()
    }

    /// The place of results.
    pub(crate) fn stdout(self) -> impl Write {
        let notation = if self.json { Notation::Json } else { Notation::Text };
        Defused::new(io::stdout().lock(), notation)
    }

    /// The standard output as it is, for a process of this program that reads it; `None` if a
    /// person does.
    pub(crate) fn pipe() -> Option<impl Write> {
        let out = io::stdout();
        (!io::IsTerminal::is_terminal(&out)).then_some(out)
    }

    /// Tells a person something that is no result, in one line.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.tell(Notice { level: Level::Note, code: "note", message: text, hint: None });
        }
    }

    /// Tells what needs attention, in one line.
    pub(crate) fn warn(self, code: &str, text: &str) {
        if !self.quiet {
            self.tell(Notice { level: Level::Warning, code, message: text, hint: None });
        }
    }

    /// Tells a notice: a line of JSON if that was asked for, else a line for a person.
    pub(crate) fn tell(self, notice: Notice<'_>) {
        tell(notice, self.json);
    }

    /// A question to whoever watches, without an end of its line.
    pub(crate) fn ask(self, question: &str) -> io::Result<()> {
        let mut err = Defused::new(io::stderr(), Notation::Text);
        write!(err, "{}", line(question)).and_then(|()| err.flush())
    }

    /// A bar for long work; invisible unless a person watches.
    pub(crate) fn progress(self, template: &str, length: Option<u64>) -> Progress {
        if self.json || self.quiet || !io::stderr().is_terminal() {
            return Progress(ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()));
        }
        let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = ProgressStyle::with_template(template).expect("the templates are constants");
        Progress(bar.with_style(style))
    }

    /// A moment as a person reads it, to the minute, with the label of its time zone.
    pub(crate) fn minute(self, moment: Timestamp) -> String {
        self.moment(moment, "%Y-%m-%d %H:%M %Z")
    }

    /// A moment as a person reads it, to the second, with the label of its time zone.
    pub(crate) fn second(self, moment: Timestamp) -> String {
        self.moment(moment, "%Y-%m-%d %H:%M:%S %Z")
    }

    fn moment(self, moment: Timestamp, format: &str) -> String {
        moment.to_zoned(self.zone.time_zone()).strftime(format).to_string()
    }
}

impl Zone {
    /// The time zone; UTC if the machine does not say its own.
    pub(crate) fn time_zone(self) -> jiff::tz::TimeZone {
        match self {
            Zone::Local => jiff::tz::TimeZone::try_system().unwrap_or(jiff::tz::TimeZone::UTC),
            Zone::Utc => jiff::tz::TimeZone::UTC,
        }
    }
}

/// A bar that shows how far long work has come.
#[derive(Debug, Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows what is being worked on.
    pub(crate) fn name(&self, what: impl Display) {
        self.0.set_message(defused(&line(&what.to_string()), Notation::Text).into_owned());
    }

    pub(crate) fn set_length(&self, length: u64) {
        self.0.set_length(length);
    }

    pub(crate) fn set_position(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Tells a notice on stderr. Before the arguments are read it is not known how.
pub(crate) fn tell(notice: Notice<'_>, as_json: bool) {
    // Nobody can be told that stderr is gone.
    let _ = match as_json {
        true => told_as_json(&notice),
        false => {
            let mark = match notice.level {
                Level::Error => "error: ",
                Level::Warning => "warning: ",
                Level::Note | Level::Debug => "",
            };
            let hint = notice.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            let message = line(notice.message);
            writeln!(Defused::new(io::stderr(), Notation::Text), "{mark}{message}{hint}")
        }
    };
}

/// An error has its parts once more under `error`, where they were before there were levels.
fn told_as_json(notice: &Notice<'_>) -> io::Result<()> {
    let Notice { level, code, message, hint } = notice;
    let mut told = json!({"level": level, "code": code, "message": message, "hint": hint});
    if *level == Level::Error {
        told["error"] = json!({"code": code, "message": message, "hint": hint});
    }
    let mut err = Defused::new(io::stderr(), Notation::Json);
    serde_json::to_writer(&mut err, &told)?;
    writeln!(err)
}

/// The place of lines of JSON that are no person's reading.
pub(crate) fn json_lines() -> impl Write + Send {
    Defused::new(io::stdout(), Notation::Json)
}

/// `text` in one line of at most `chars` characters. A line end in it becomes a visible mark, other
/// white space a space.
pub(crate) fn one_line(text: &str, chars: usize) -> String {
    let line = line(text);
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        None => line,
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
    }
}

/// `text` in one line: each run of line ends becomes a visible mark, at the ends of the text they
/// are left out.
pub(crate) fn line(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    lines.join(&format!(" {LINE_END_MARK} "))
}

/// A number of records, in words.
pub(crate) fn records(count: u64) -> String {
    format!("{count} {}", if count == 1 { "record" } else { "records" })
}

/// A path in one line.
pub(crate) fn shown(path: &Path) -> String {
    line(&path.display().to_string())
}

/// The name of a record for the handle `memory`: its key, with its user for the administrator, who
/// sees those of all users.
pub(crate) fn named(memory: &MemoryView, identity: &Identity) -> String {
    line(&match memory.gate().acts_for() {
        Some(_) => identity.key().to_string(),
        None => identity.to_string(),
    })
}
