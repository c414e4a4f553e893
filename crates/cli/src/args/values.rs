//! Parsers of argument values.

use std::{env, path::PathBuf, time::Duration};

use aios_memory::{
    Owner, Timestamp,
    longterm::LIMIT_MAX,
    period::Period,
    project::{PROJECT_BYTES_MAX, Project},
    record::{Error as VocabularyError, forms},
};
use aios_memory_server::Right;
use clap::builder::{PathBufValueParser, TypedValueParser, ValueParser};
use jiff::{SignedDuration, Span, Zoned};

/// Prefix for every user.
pub(super) const EVERY_USER: &str = "*";

/// The variable of editors for the directory of a project. An editor without it passes the text.
const UNREPLACED: &str = "${workspaceFolder}";

/// Parses the name of a user.
pub(super) fn parse_user(name: &str) -> Result<String, VocabularyError> {
    Owner::user(name).map(|owner| owner.as_str().to_owned())
}

/// Parses a project: an id, a directory if it is written as a path, or `auto` for the current one.
pub(super) fn parse_project(text: &str) -> Result<String, String> {
    let is_current = text == "auto" || text == UNREPLACED;
    let text = if is_current { "." } else { text };
    let is_path = text.starts_with(['/', '~'])
        || text == "."
        || text == ".."
        || text.starts_with("./")
        || text.starts_with("../");
    if is_path {
        let dir = expand_home(text.into())?;
        let project = Project::of(&dir).map_err(|error| error.to_string())?;
        return Ok(project.id);
    }
    if PROJECT_BYTES_MAX < text.len() {
        return Err(format!("a project id has at most {PROJECT_BYTES_MAX} bytes"));
    }
    parse_part(text)
}

/// Parses a part of the scope: not blank, without control characters.
pub(super) fn parse_part(text: &str) -> Result<String, String> {
    check_name(text)?;
    if text.chars().any(char::is_control) {
        return Err("the value contains a control character".to_owned());
    }
    Ok(text.to_owned())
}

/// Parses a label.
pub(super) fn parse_tag(text: &str) -> Result<String, String> {
    let text = parse_text(text)?;
    check_name(&text)?;
    Ok(text)
}

/// Checks that a name has visible characters.
fn check_name(text: &str) -> Result<(), String> {
    match forms::is_blank(text) {
        true => Err("the value is empty".to_owned()),
        false => Ok(()),
    }
}

/// Parses a number from 0 to 1.
pub(super) fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

/// Parses a maximum number of results, 1 to [`LIMIT_MAX`].
pub(super) fn parse_limit(text: &str) -> Result<usize, String> {
    let limit = text.parse::<usize>().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| format!("expected a whole number from 1 to {LIMIT_MAX}"))
}

/// Parses a period in the local time zone.
pub(super) fn parse_period(text: &str) -> Result<Period, String> {
    Period::parse(text, &Zoned::now())
}

/// Parses a duration, such as `15m` or `2h 30m`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a length of time, such as 90s, 15m or 2h".to_owned();
    let duration: SignedDuration = text.parse().map_err(|_| expected())?;
    Duration::try_from(duration).ok().filter(|time| !time.is_zero()).ok_or_else(expected)
}

/// Parses a polling interval, 100 ms to an hour.
#[cfg(feature = "top")]
pub(super) fn parse_interval(text: &str) -> Result<Duration, String> {
    let range = Duration::from_millis(100)..=Duration::from_secs(3_600);
    let time = parse_duration(text).ok().filter(|time| range.contains(time));
    time.ok_or_else(|| "expected a length of time from 100ms to 1h, such as 2s".to_owned())
}

/// Parses a duration, such as `90d`, and returns the time at its end, counted from now.
pub(super) fn parse_expiry(text: &str) -> Result<Timestamp, String> {
    let expected = || "expected a length of time, such as 12h, 90d or 1y".to_owned();
    let span: Span = text.parse().map_err(|_| expected())?;
    let now = Zoned::now();
    let end = now.checked_add(span).map_err(|_| expected())?;
    (now < end).then(|| end.timestamp()).ok_or_else(expected)
}

/// Parses the prefix of the users that a token may name. A missing value and `*` mean every user
/// and give an empty prefix. An empty value is refused: it is usually an unset variable in a
/// script.
pub(super) fn parse_delegate(text: &str) -> Result<String, String> {
    match text {
        "" => Err("the prefix is empty; for every user, pass '*' or no value".to_owned()),
        EVERY_USER => Ok(String::new()),
        prefix => parse_user(prefix).map_err(|error| error.to_string()),
    }
}

/// Parses a right of a token.
pub(super) fn parse_right(text: &str) -> Result<Right, String> {
    let known = Right::ALL.into_iter().find(|right| right.as_str() == text);
    known.ok_or_else(|| format!("expected {}", Right::ALL.map(Right::as_str).join(", ")))
}

/// Parses the text of an option. If the text looks like an option, the value is missing.
pub(super) fn parse_text(text: &str) -> Result<String, String> {
    match looks_like_option(text) {
        true => Err("expected a text, but this looks like an option".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// Returns a parser for paths that expands `~` to the home directory.
pub(super) fn path() -> ValueParser {
    PathBufValueParser::new().try_map(expand_home).into()
}

fn expand_home(path: PathBuf) -> Result<PathBuf, String> {
    aios_memory::config::expand_home(&path, env::var_os("HOME").as_deref())
}

/// Returns true if `word` has the form of an option: one or two dashes, then a name that begins
/// with a letter.
pub(super) fn looks_like_option(word: &str) -> bool {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
    let name = name.split('=').next().unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
