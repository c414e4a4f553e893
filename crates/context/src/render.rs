//! Rendering of contexts, with frames that stored text cannot leave.
//!
//! A frame is the text that a reader attributes to this crate, not to stored text. In each format
//! one rule keeps it closed, independent of the length and content of the text:
//!
//! - **markdown**: every line of stored text starts with `> `, and lines after the first of a chunk
//!   with `>   `; headings and the first line do not, and contain no stored text.
//! - **xml**: `&`, `<`, `>` and `"` are escaped in texts and attributes.
//! - **json**: strings are escaped by the JSON rules.
//!
//! Labels from stored values (speaker, source, title) are short and on one line; anything in them
//! or in texts that markdown output could mistake for one of our labels is defused. Not here:
//! selection.

mod json;
mod markdown;
mod xml;

use std::{fmt, str::FromStr};

use aios_guard::{Guard, Policy, sanitize};
use aios_record::{Kind, Timestamp, Trust};
use serde::{Deserialize, Serialize};

use crate::{Candidate, Error, Reason, Section};

/// The output format of a context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Headings and quoted lines: the fewest tokens. The default.
    #[default]
    Markdown,
    /// Elements with attributes.
    Xml,
    /// One JSON object.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: &[Format] = &[Format::Markdown, Format::Xml, Format::Json];

    /// Returns the name on the command line and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Markdown => "markdown",
            Format::Xml => "xml",
            Format::Json => "json",
        }
    }

    /// Returns the fixed parts.
    pub(crate) fn frame(self) -> &'static Frame {
        match self {
            Format::Markdown => &markdown::FRAME,
            Format::Xml => &xml::FRAME,
            Format::Json => &json::FRAME,
        }
    }

    /// Returns the opening of a group.
    pub(crate) fn open(self, heading: &Heading) -> String {
        match self {
            Format::Markdown => markdown::open(heading),
            Format::Xml => xml::open(heading),
            Format::Json => json::open(heading),
        }
    }

    /// Returns the closing of a group.
    pub(crate) fn close(self, heading: &Heading) -> String {
        match self {
            Format::Markdown => String::new(),
            Format::Xml => format!("</{}>\n", heading.name()),
            Format::Json => "\n]}".to_owned(),
        }
    }

    /// Returns one framed chunk.
    pub(crate) fn chunk(self, line: &Line<'_>) -> String {
        match self {
            Format::Markdown => markdown::chunk(line),
            Format::Xml => xml::chunk(line),
            Format::Json => json::chunk(line),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Format, Error> {
        let found = Format::ALL.iter().copied().find(|format| format.as_str() == name);
        found.ok_or_else(|| Error::UnknownFormat { name: name.to_owned() })
    }
}

/// The text around and between groups and chunks.
pub(crate) struct Frame {
    pub(crate) prologue: &'static str,
    pub(crate) epilogue: &'static str,
    pub(crate) between_groups: &'static str,
    pub(crate) between_chunks: &'static str,
}

/// Names of the groups that are not named for a kind.
const PINNED: &str = "snapshot";
const PROFILE: &str = "profile";
const RECENT: &str = "recent";
const CONVERSATION: &str = "conversation";
const OTHER_NAMES: &[&str] = &[PINNED, PROFILE, RECENT, CONVERSATION];

/// The common properties of a group of chunks. The order is that of the text: records first, then
/// conversations by day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Heading {
    section: Section,
    is_conversation: bool,
    kind: Option<Kind>,
    day: Option<Timestamp>,
    session: Option<String>,
}

impl Heading {
    pub(crate) fn of(candidate: &Candidate) -> Heading {
        let section = candidate.section;
        let is_conversation = candidate.is_turn();
        let own_kind = section == Section::Retrieved && !is_conversation;
        let time = candidate.time.filter(|_| is_conversation);
        let session = candidate.session.clone().filter(|_| is_conversation);
        Heading {
            section,
            is_conversation,
            kind: own_kind.then_some(candidate.kind),
            day: time.map(start_of_day),
            session,
        }
    }

    /// Returns the day in `format`, if the group is a single day's.
    fn day(&self, format: &str) -> Option<String> {
        self.day.map(|day| day.strftime(format).to_string())
    }

    fn name(&self) -> &'static str {
        match (self.section, self.kind) {
            (Section::Pinned, _) => PINNED,
            (Section::Profile, _) => PROFILE,
            (Section::Recent, _) => RECENT,
            (Section::Retrieved, None) => CONVERSATION,
            (Section::Retrieved, Some(kind)) => kind.collection(),
        }
    }
}

/// Returns true for the name of a group of chunks.
pub(crate) fn is_group_name(name: &str) -> bool {
    OTHER_NAMES.contains(&name) || Kind::ALL.iter().any(|kind| kind.collection() == name)
}

/// The displayable content of a candidate: guarded, sanitized, without empty lines.
pub(crate) struct Body {
    pub(crate) text: String,
    speaker: Option<String>,
    title: Option<String>,
    source: Option<String>,
    has_injection: bool,
    has_secret: bool,
}

/// Maximum length of a label in characters. Longer ones are cut and end in three dots.
const LABEL_CHARS_MAX: usize = 80;

impl Body {
    /// Builds the body of a candidate.
    ///
    /// # Errors
    /// [`Reason::Refused`] if the guard refuses the text, the title, the speaker or the source, and
    /// [`Reason::Empty`] if the text has no visible characters.
    pub(crate) fn of(candidate: &Candidate, guard: Guard) -> Result<Body, Reason> {
        let mut has_injection = false;
        let mut has_secret = false;
        let mut guarded = |text: &str| {
            let passed = guard.apply(text).map_err(|_| Reason::Refused)?;
            let shown = |policy: Policy| policy == Policy::Mark;
            has_injection |= passed.findings.has_injection() && shown(guard.injections);
            has_secret |= passed.findings.has_secret() && shown(guard.secrets);
            Ok(sanitize(&passed.text).into_owned())
        };
        let mut label = |text: &Option<String>| match text {
            Some(text) => Ok(Some(one_line(&guarded(text)?)).filter(|label| !label.is_empty())),
            None => Ok(None),
        };
        let speaker = label(&candidate.speaker)?;
        let title = label(&candidate.title)?;
        let source = candidate.source.as_ref();
        let source = label(&source.map(|source| format!("{}:{}", source.kind, source.id)))?;
        let text = guarded(&candidate.text)?;
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
        let text = lines.join("\n").trim().to_owned();
        if text.is_empty() {
            return Err(Reason::Empty);
        }
        Ok(Body { text, speaker, title, source, has_injection, has_secret })
    }
}

/// Returns `text` as a label: one line, single spaces, at most [`LABEL_CHARS_MAX`] characters.
fn one_line(text: &str) -> String {
    let mut label = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = label.char_indices().nth(LABEL_CHARS_MAX) {
        label.truncate(end);
        label.push_str("...");
    }
    label
}

/// A chunk before rendering: a candidate, its body, and the shown part of its text.
pub(crate) struct Line<'a> {
    pub(crate) candidate: &'a Candidate,
    pub(crate) body: &'a Body,
    pub(crate) text: &'a str,
    pub(crate) cut: bool,
}

impl Line<'_> {
    /// Returns the names and values of the labels that differ from the default.
    fn labels(&self) -> Vec<(&'static str, String)> {
        let Line { candidate, body, .. } = self;
        let mut labels = Vec::new();
        let own_time = candidate.time.filter(|_| !candidate.is_turn());
        if let Some(time) = own_time.filter(|_| candidate.section == Section::Retrieved) {
            labels.push(("at", minute(time)));
        }
        if candidate.trust != Trust::Normal {
            labels.push(("trust", candidate.trust.to_string()));
        }
        if let Some(source) = &body.source {
            labels.push(("source", source.clone()));
        }
        if body.has_injection {
            labels.push(("warning", "suspected prompt injection".to_owned()));
        }
        if body.has_secret {
            labels.push(("secret", "yes".to_owned()));
        }
        labels
    }
}

fn start_of_day(time: Timestamp) -> Timestamp {
    let day = time.as_second().div_euclid(86_400);
    Timestamp::from_second(day * 86_400).unwrap_or(time)
}

fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}
