//! Follows the session file of a coding agent: reads the lines that were added since the last
//! reading. The caller stores the [`Place`] between two readings.
//!
//! Reading a line again is safe, because lines are identified by their ids. A place that is lost or
//! no longer fits the file therefore costs time but adds no duplicates. Only the session files of
//! Claude Code and Codex, which grow by whole lines, can be followed.

mod calls;
mod events;
mod lines;
mod part;

use std::{
    collections::BTreeSet,
    fs::{File, Metadata},
    io::{self, Cursor, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};

use aios_files::open_regular;
use aios_memory::{MemoryView, Remedy, admission::Refusal};
use serde::{Deserialize, Serialize};
use tokio::task;

use self::{
    lines::{Lines, lines_from},
    part::{Part, Source},
};
use super::{
    Failure, IngestOptions, IngestReport,
    format::Format,
    formats::{REPEATED, format_of, session_id},
    lines::LINE_BYTES_MAX,
    options::LastLine,
    reader,
};
use crate::{Error, InputProblem};

/// Default of the maximum number of bytes per reading.
pub const FOLLOW_BYTES: u64 = 4 << 20;

/// Number of bytes before the place whose hash identifies the file.
const TAIL_BYTES: u64 = 4096;

/// Number of bytes at the beginning of a file from which its format is detected. A longer first
/// line is read as a whole.
const HEAD_BYTES: u64 = 64 << 10;

/// Reason for rejecting a row with the id of an earlier one.
const CONFLICTING: &str = "differs from an earlier row with the same id, which is stored";

/// Time after a change of the file within which the item that an event repeats may follow. Codex
/// writes both at almost the same time.
const EVENT_WAIT: Duration = Duration::from_secs(10);

/// Number of lines at the beginning of a file from which its format is detected.
const LINES_OF_FORMAT: usize = 64;

/// Position in a session file up to which everything was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Place {
    /// Number of bytes before the place.
    pub offset: u64,
    /// Number of lines before the place.
    pub lines: u64,
    /// Device and inode number of the file.
    file: (u64, u64),
    /// Hash of the bytes just before the place.
    tail: String,
    /// Number of bytes that were read. Lines between the place and this end are read again, because
    /// a result that belongs to them may follow.
    end: u64,
    /// Roles that have items before the place, in a session of Codex. Their events repeat items.
    #[serde(default)]
    roles: BTreeSet<String>,
}

/// Returns the session with the messages of the conversation whose id is `id` in the program of
/// `format`.
#[must_use]
pub fn session_of(format: Format, id: &str) -> String {
    session_id(format.name(), id)
}

/// The outcome of a reading.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Followed {
    /// The place for the next reading.
    pub place: Place,
    /// The outcome of the lines that were read.
    pub report: IngestReport,
    /// True if the file has more whole lines.
    pub has_more: bool,
}

/// Reads the lines of the session file at `path` after `place`: at most `bytes_max` bytes (a longer
/// line is read as a whole) and at least one line. It reads on beyond that if the lines belong to
/// later ones, such as a call to its result, so that the place moves whenever more lines follow.
/// Reading starts at the beginning if there is no place, or if the file shrank or was replaced. An
/// incomplete last line is left for the next reading, unless `options` say that the session has
/// ended. When this returns, the records are durable
/// and found by every search.
///
/// # Errors
/// - [`Error::Input`] if the file cannot be read, or is not a session of Claude Code or Codex.
/// - The errors of [`file()`](super::file()). The place is then unchanged.
pub async fn follow(
    view: &MemoryView,
    path: &Path,
    place: Option<&Place>,
    bytes_max: u64,
    options: IngestOptions,
) -> Result<Followed, Error> {
    let (owned, before) = (path.to_owned(), place.cloned());
    let (given, last_line) = (options.format, options.last_line);
    let read = move || Reading::of(&owned, given, before.as_ref(), bytes_max, last_line);
    let reading = task::spawn_blocking(read);
    let reading = reading.await.map_err(Error::interrupted)?;
    let reading = reading.map_err(|problem| Error::Input { path: path.to_owned(), problem })?;
    let Reading { format, place, bytes, lines_before, too_long, repeated, has_more } = reading;
    let mut report = IngestReport::default();
    if !bytes.is_empty() {
        let options = options.with_format(format);
        report = reader(view, Cursor::new(bytes), Some(path), options).await?;
        let line_in_file = |line: u64| (line + lines_before.0).saturating_sub(lines_before.1);
        for failure in &mut report.failed {
            failure.line = failure.line.map(line_in_file);
        }
        report_conflicts(&mut report, path, line_in_file);
    }
    if let Some(first) = repeated.first() {
        report.tally.skip(*first, repeated.len() as u64, REPEATED.to_owned());
    }
    for (line, bytes) in too_long {
        let reason = format!("the line has {bytes} bytes, more than {LINE_BYTES_MAX}");
        let refusal = Refusal::from(reason).with_remedy(Remedy::Split);
        report.tally.read += 1;
        report.tally.refused += 1;
        report.fail(Failure::new(Some(path.to_owned()), Some(line), refusal));
    }
    Ok(Followed { place, report, has_more })
}

/// Reports the rows that are not stored because an earlier row of the reading has the same id.
/// `line_in_file` returns the line number in the file for one in the reading.
fn report_conflicts(report: &mut IngestReport, path: &Path, line_in_file: impl Fn(u64) -> u64) {
    for conflict in &mut report.tally.conflicting {
        conflict.line = line_in_file(conflict.line);
    }
    let lines: Vec<u64> = report.tally.conflicting.iter().map(|it| it.line).collect();
    report.failed_count += report.tally.conflicting_count - lines.len() as u64;
    for line in lines {
        let refusal = Refusal::from(CONFLICTING.to_owned());
        report.fail(Failure::new(Some(path.to_owned()), Some(line), refusal));
    }
}

/// The part of a file to read.
struct Reading {
    format: Format,
    /// The place after this part.
    place: Place,
    /// The lines, after the first line of the file if the format needs it.
    bytes: Vec<u8>,
    /// Number of lines of the file before this part, and number of lines added in front of it.
    lines_before: (u64, u64),
    /// Number and length of the lines that are too long.
    too_long: Vec<(u64, u64)>,
    /// Numbers of the lines with events that repeat earlier items. They are blank in `bytes`.
    repeated: Vec<u64>,
    has_more: bool,
}

impl Reading {
    fn of(
        path: &Path,
        given: Format,
        place: Option<&Place>,
        bytes_max: u64,
        last_line: LastLine,
    ) -> Result<Reading, InputProblem> {
        let failed = |cause| InputProblem::Unread { cause };
        let mut file = open_regular(path).map_err(|cause| InputProblem::Unopened { cause })?;
        let about = file.metadata().map_err(failed)?;
        let id = (about.dev(), about.ino());
        let place = match place {
            Some(place) if place.fits(&mut file, id, about.len()).map_err(failed)? => Some(place),
            _ => None,
        };
        let (start, lines_before) = place.map_or((0, 0), |place| (place.offset, place.lines));
        let (found, header) = begun(&mut file).map_err(failed)?;
        let format = match given {
            Format::Auto => found.ok_or(InputProblem::NoSession)?,
            Format::ClaudeCode | Format::Codex => given,
            _ => return Err(InputProblem::NoSession),
        };
        let is_unchanged = place.is_some_and(|place| place.end == about.len());
        let roles = place.map(|place| place.roles.clone()).unwrap_or_default();
        let source = Source { format, last_line, roles, is_fresh: is_fresh(&about) };
        let part = match is_unchanged {
            true => Part { roles: source.roles, ..Part::default() },
            false => Part::read(&mut file, start, bytes_max, &source).map_err(failed)?,
        };
        let Part { bytes, too_long, length, next, has_more, roles, repeated } = part;
        let (offset, lines) = (start + next.0, lines_before + next.1);
        let end = (start + length).max(place.map_or(0, |place| place.end));
        let tail = tail_of(&mut file, offset).map_err(failed)?;
        let too_long = too_long.into_iter().map(|(line, it)| (lines_before + line, it)).collect();
        let repeated = repeated.into_iter().map(|line| lines_before + line).collect();
        let needs_header = format == Format::Codex && 0 < start && !bytes.is_empty();
        let (bytes, put_before) = match needs_header {
            true => ([header, bytes].concat(), 1),
            false => (bytes, 0),
        };
        let place = Place { offset, lines, file: id, tail, end, roles };
        let lines_before = (lines_before, put_before);
        Ok(Reading { format, place, bytes, lines_before, too_long, repeated, has_more })
    }
}

impl Place {
    /// Returns true if the file still begins with the bytes that were read before.
    fn fits(&self, file: &mut File, id: (u64, u64), length: u64) -> io::Result<bool> {
        let is_whole = self.offset <= self.end && self.end <= length;
        Ok(is_whole && self.file == id && self.tail == tail_of(file, self.offset)?)
    }
}

/// Returns true if the file was changed a short time ago.
fn is_fresh(about: &Metadata) -> bool {
    let age = about.modified().ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age < EVENT_WAIT)
}

/// Returns the hash of the last bytes before `offset`.
fn tail_of(file: &mut File, offset: u64) -> io::Result<String> {
    let length = offset.min(TAIL_BYTES);
    file.seek(SeekFrom::Start(offset - length))?;
    let mut tail = Vec::new();
    file.take(length).read_to_end(&mut tail)?;
    Ok(blake3::hash(&tail).to_hex()[..32].to_owned())
}

/// Returns the format of a session file, if it can be detected, and the first line.
fn begun(file: &mut File) -> io::Result<(Option<Format>, Vec<u8>)> {
    let Lines { bytes, .. } = lines_from(file, 0, HEAD_BYTES)?;
    let lines = || bytes.split_inclusive(|byte| *byte == b'\n');
    let format = lines().take(LINES_OF_FORMAT).find_map(|line| {
        let format = format_of(&serde_json::from_slice(line).ok()?)?;
        matches!(format, Format::ClaudeCode | Format::Codex).then_some(format)
    });
    let first = lines().next().unwrap_or_default().to_vec();
    Ok((format, first))
}

#[cfg(test)]
mod tests;
