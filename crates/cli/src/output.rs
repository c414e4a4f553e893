//! Output: results on stdout, everything else on stderr, all of it harmless.
//!
//! No other file uses stdout or stderr, so all output to a terminal passes [`Defused`].

mod capture;
mod defused;
mod log;
mod service_log;

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    path::Path,
};

use aios_memory::{Identity, MemoryView, Remedy, Timestamp};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use self::defused::Defused;
pub(crate) use self::defused::{Notation, defused};
pub(crate) use self::{
    capture::{Captured, capture},
    log::start as start_log,
    service_log::start as start_service_log,
};
use crate::remedy::words;

/// Mark shown for a line end in a text printed on one line.
const LINE_END_MARK: char = '\u{23ce}';

/// Output format of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) zone: Zone,
}

/// Time zone of timestamps in text. JSON always uses UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// The machine's time zone, or that of the variable `TZ`.
    Local,
    /// UTC.
    Utc,
}

/// Message on stderr: a line of text, or a JSON object.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Notice<'a> {
    pub(crate) level: Level,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) hint: Option<&'a str>,
    /// The hint, as a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<&'a Remedy>,
}

impl<'a> Notice<'a> {
    /// Builds a notice without a hint.
    pub(crate) fn new(level: Level, code: &'a str, message: &'a str) -> Notice<'a> {
        Notice { level, code, message, hint: None, remedy: None }
    }
}

/// Severity of a [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// The command failed, completely or in part.
    Error,
    /// A problem that needs attention.
    Warning,
    /// Information.
    Note,
    /// Internal steps, for debugging.
    Debug,
}

impl Output {
    /// Prints `value` as JSON if `--json` is given, otherwise with `text`.
    pub(crate) fn result<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = self.stdout();
        match self.json {
            // Serialised first, so that nothing is printed if this fails.
            true => writeln!(out, "{}", serde_json::to_string(value)?)?,
            false => text(&mut out)?,
        }
        out.flush()
    }

    /// Prints `value` as JSON, indented unless `--json` is given.
    pub(crate) fn object<T: Serialize>(self, value: &T) -> io::Result<()> {
        if self.json {
            return self.result(value, |_| Ok(()));
        }
        let mut out = json_lines();
        serde_json::to_writer_pretty(&mut out, value)?;
        writeln!(out)?;
        out.flush()
    }

    /// Returns the writer for results.
    pub(crate) fn stdout(self) -> impl Write {
        let notation = if self.json { Notation::Json } else { Notation::Text };
        Defused::new(capture::stdout(), notation)
    }

    /// Returns raw stdout, which another process of this program reads. `None` if stdout is a
    /// terminal.
    pub(crate) fn pipe() -> Option<impl Write> {
        let out = io::stdout();
        (!io::IsTerminal::is_terminal(&out)).then_some(out)
    }

    /// Prints a note to stderr in one line. Does nothing if `--quiet` is given.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.tell(Notice::new(Level::Note, "note", text));
        }
    }

    /// Prints a warning to stderr in one line. Does nothing if `--quiet` is given.
    pub(crate) fn warn(self, code: &str, text: &str) {
        if !self.quiet {
            self.tell(Notice::new(Level::Warning, code, text));
        }
    }

    /// Prints a warning for each of these problems, as [`warn`](Output::warn) does. In text, a next
    /// step is printed only with the first problem that it applies to; in JSON, with each.
    pub(crate) fn warn_of<'a>(
        self,
        code: &str,
        problems: impl Iterator<Item = (String, Option<&'a Remedy>)>,
    ) {
        self.tell_all(Level::Warning, code, problems);
    }

    /// Prints a note for each of these problems, like [`warn_of`](Output::warn_of).
    pub(crate) fn note_of<'a>(self, problems: impl Iterator<Item = (String, Option<&'a Remedy>)>) {
        self.tell_all(Level::Note, "note", problems);
    }

    fn tell_all<'a>(
        self,
        level: Level,
        code: &str,
        problems: impl Iterator<Item = (String, Option<&'a Remedy>)>,
    ) {
        if self.quiet {
            return;
        }
        let mut told: Vec<&Remedy> = Vec::new();
        for (message, remedy) in problems {
            let remedy = remedy.filter(|remedy| self.json || !told.contains(remedy));
            told.extend(remedy);
            let hint = remedy.and_then(words);
            let notice =
                Notice { hint: hint.as_deref(), remedy, ..Notice::new(level, code, &message) };
            self.tell(notice);
        }
    }

    /// Prints a notice to stderr: a JSON object if `--json` is given, otherwise a line.
    pub(crate) fn tell(self, notice: Notice<'_>) {
        tell(notice, self.json);
    }

    /// Prints a question to stderr without a line end.
    pub(crate) fn ask(self, question: &str) -> io::Result<()> {
        let mut err = Defused::new(capture::stderr(), Notation::Text);
        write!(err, "{}", line(question)).and_then(|()| err.flush())
    }

    /// Returns a progress bar for long work. It is hidden with `--json` or `--quiet`, or if stderr
    /// is not a terminal.
    pub(crate) fn progress(self, template: &str, length: Option<u64>) -> Progress {
        if self.json || self.quiet || !io::stderr().is_terminal() {
            return Progress(ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()));
        }
        let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = ProgressStyle::with_template(template).expect("the templates are constants");
        Progress(bar.with_style(style))
    }

    /// Formats a timestamp to the minute, with its time zone.
    pub(crate) fn minute(self, moment: Timestamp) -> String {
        self.moment(moment, "%Y-%m-%d %H:%M %Z")
    }

    /// Formats a timestamp to the second, with its time zone.
    pub(crate) fn second(self, moment: Timestamp) -> String {
        self.moment(moment, "%Y-%m-%d %H:%M:%S %Z")
    }

    fn moment(self, moment: Timestamp, format: &str) -> String {
        moment.to_zoned(self.zone.time_zone()).strftime(format).to_string()
    }
}

impl Zone {
    /// Returns the time zone. UTC if the machine's zone is unknown.
    pub(crate) fn time_zone(self) -> jiff::tz::TimeZone {
        match self {
            Zone::Local => jiff::tz::TimeZone::try_system().unwrap_or(jiff::tz::TimeZone::UTC),
            Zone::Utc => jiff::tz::TimeZone::UTC,
        }
    }
}

/// Progress bar of long work.
#[derive(Debug, Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows the name of the item in progress.
    pub(crate) fn name(&self, what: impl Display) {
        self.0.set_message(defused(&line(&what.to_string()), Notation::Text).into_owned());
    }

    /// Shows the progress. The bar keeps its length if the total is unknown.
    pub(crate) fn show(&self, progress: &aios_memory::Progress) {
        if let Some(part) = &progress.part {
            self.name(part);
        }
        if let Some(total) = progress.total {
            self.0.set_length(total);
        }
        self.0.set_position(progress.done);
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Prints a notice to stderr. Takes the format as an argument, because errors can occur before the
/// arguments are parsed.
pub(crate) fn tell(notice: Notice<'_>, as_json: bool) {
    // If stderr is closed, the error cannot be reported.
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
            writeln!(Defused::new(capture::stderr(), Notation::Text), "{mark}{message}{hint}")
        }
    };
}

/// In errors, the fields are repeated under `error`, which programs relied on before notices had
/// levels.
fn told_as_json(notice: &Notice<'_>) -> io::Result<()> {
    let mut told = serde_json::to_value(notice)?;
    if notice.level == Level::Error {
        let mut error = told.clone();
        error.as_object_mut().map(|error| error.remove("level"));
        told["error"] = error;
    }
    let mut err = Defused::new(capture::stderr(), Notation::Json);
    serde_json::to_writer(&mut err, &told)?;
    writeln!(err)
}

/// Prints the output of a service for this command, which is already harmless.
pub(crate) fn print(stdout: &str, stderr: &str) {
    // If a stream is closed, that cannot be reported.
    let _ = capture::stderr().write_all(stderr.as_bytes());
    let mut out = capture::stdout();
    let _ = out.write_all(stdout.as_bytes()).and_then(|()| out.flush());
}

/// Returns the writer for lines of JSON for other programs.
pub(crate) fn json_lines() -> impl Write + Send {
    Defused::new(capture::stdout(), Notation::Json)
}

/// Returns `text` in one line of at most `chars` characters, with `...` appended if it was
/// truncated. Line ends become a visible mark, other white space becomes a space.
pub(crate) fn one_line(text: &str, chars: usize) -> String {
    let line = line(text);
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        None => line,
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
    }
}

/// Returns `text` in one line. Each run of line ends becomes a visible mark; those at either end of
/// the text are removed.
pub(crate) fn line(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    lines.join(&format!(" {LINE_END_MARK} "))
}

/// Returns `text` in one line of at most `chars` characters, without anything that controls a
/// terminal.
pub(crate) fn harmless(text: &str, chars: usize) -> String {
    defused(&one_line(text, chars), Notation::Text).into_owned()
}

/// The screen of the live view. Its texts are [`harmless`]; its control sequences are those of the
/// terminal library.
#[cfg(feature = "top")]
pub(crate) type Screen = io::Stdout;

/// Returns the screen.
#[cfg(feature = "top")]
pub(crate) fn screen() -> Screen {
    io::stdout()
}

/// Returns true if stdout is a terminal.
#[cfg(feature = "top")]
pub(crate) fn has_screen() -> bool {
    io::stdout().is_terminal()
}

/// Formats a number of records in words.
pub(crate) fn records(count: u64) -> String {
    number_of(count, "record")
}

/// Formats a number with its noun, adding an `s` in the plural.
pub(crate) fn number_of(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Formats a path on one line.
pub(crate) fn shown(path: &Path) -> String {
    line(&path.display().to_string())
}

/// Formats the name of a record for the handle `memory`: its key, preceded by its user if the
/// handle is the administrator's, which sees the records of all users.
pub(crate) fn named(memory: &MemoryView, identity: &Identity) -> String {
    line(&match memory.gate().acts_for() {
        Some(_) => identity.key().to_string(),
        None => identity.to_string(),
    })
}
