//! Reader of the lines of an export.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek},
    path::Path,
};

use aios_draft::moment;
use aios_files::open_regular;
use aios_memory::fields;
use aios_record::{EXPORT_FORMAT, ExportHeader, Kind, Record};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::PAGE;
use crate::{Error, InputProblem};

/// User to whom version 1 gave preferences without an owner.
const FORMER_DEFAULT_USER: &str = "default";
/// Maximum length of a line: a record may contain a text of 16 MiB twice.
const LINE_BYTES_MAX: u64 = 256 << 20;
/// Maximum length of the first line.
const HEADER_BYTES_MAX: u64 = 4096;
/// Byte order mark that some editors put before a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line's number, and its record or the problem.
pub(super) type Line = (u64, Result<Record, String>);

/// Returns true if the file at `path` begins like an export of this program.
#[must_use]
pub fn is_export(path: &Path) -> bool {
    open_regular(path).is_ok_and(|file| Lines::new(file).header().is_some())
}

/// Returns `true` if `head` is the beginning of an export of this program.
pub(crate) fn begins_export(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<ExportHeader>(line).is_ok()
}

/// Returns `true` if `head` is the beginning of an export without its header line.
pub(crate) fn begins_headless(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<Record>(line).is_ok()
}

/// Reads the records of the file at `path` into `batches`: facts first, then the others. A fact
/// that is stored before its messages is not changed by learning from them.
pub(super) fn read(path: &Path, batches: &mpsc::Sender<Vec<Line>>) -> Result<(), Error> {
    let input = |problem| Error::input(path, problem);
    let file = open_regular(path).map_err(|cause| input(InputProblem::Unopened { cause }))?;
    let mut lines = Lines::new(file);
    let version = match lines.header() {
        None => return Err(input(InputProblem::NoExport)),
        Some(ExportHeader { aios_memory_export: known @ 1..=EXPORT_FORMAT }) => known,
        Some(ExportHeader { aios_memory_export: version @ 0 }) => {
            return Err(input(InputProblem::ExportVersion { version }));
        }
        Some(ExportHeader { aios_memory_export: version }) => {
            return Err(input(InputProblem::NewerExport { version }));
        }
    };
    let unread = |cause| input(InputProblem::Unread { cause });
    let mut batch = Vec::new();
    for is_of_facts in [true, false] {
        lines.rewind().map_err(unread)?;
        while let Some((number, line)) = lines.next(LINE_BYTES_MAX).map_err(unread)? {
            let mut record = read_record(&line);
            let is_fact = record.as_ref().is_ok_and(|record| record.kind == Kind::Fact);
            if is_fact != is_of_facts {
                continue;
            }
            if let (1, Ok(record)) = (version, &mut record) {
                update_former(record);
            }
            batch.push((number, record));
            // If the receiver was dropped, the import has failed and returns its own error.
            if batch.len() == PAGE && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
        if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Converts a record of version 1 to the current version.
fn update_former(record: &mut Record) {
    let user = &mut record.scope.user;
    if user.as_deref() == Some("") {
        *user = None;
    }
    if record.kind == Kind::Preference && user.as_deref() == Some(FORMER_DEFAULT_USER) {
        *user = None;
        if let Some(payload) = record.payload.as_object_mut() {
            payload.remove("user");
        }
    }
}

/// Parses the record on a line. Accepts every notation of times, because lines may be edited by
/// hand.
fn read_record(line: &[u8]) -> Result<Record, String> {
    const TIMES: &[&str] = &["occurred_at", "recorded_at", "valid_from", "valid_to", "expires_at"];
    if let Ok(record) = serde_json::from_slice(line) {
        return Ok(record);
    }
    let mut object: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    moment::settle(&mut object, TIMES.iter().copied())?;
    let kind = object.get("kind").and_then(Value::as_str).and_then(|name| name.parse().ok());
    if let (Some(kind), Some(Value::Object(payload))) = (kind, object.get_mut("payload")) {
        moment::settle(payload, fields::times(kind))?;
    }
    serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())
}

/// Lines of a file, except blank ones, which an editor may have added.
struct Lines {
    file: BufReader<File>,
    number: u64,
}

impl Lines {
    fn new(file: File) -> Lines {
        Lines { file: BufReader::new(file), number: 0 }
    }

    fn header(&mut self) -> Option<ExportHeader> {
        let (_, line) = self.next(HEADER_BYTES_MAX).ok()??;
        serde_json::from_slice(&line).ok()
    }

    /// Rewinds to the first line after the header.
    fn rewind(&mut self) -> std::io::Result<()> {
        self.file.rewind()?;
        self.number = 0;
        self.next(HEADER_BYTES_MAX).map(drop)
    }

    /// Returns the next line that is not blank, at most `bytes_max` bytes of it, with its number
    /// from 1.
    fn next(&mut self, bytes_max: u64) -> std::io::Result<Option<(u64, Vec<u8>)>> {
        let mut line = Vec::new();
        let mut limited = Read::take(&mut self.file, bytes_max);
        while 0 < limited.read_until(b'\n', &mut line)? {
            self.number += 1;
            if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some((self.number, line)));
            }
            line.clear();
            limited.set_limit(bytes_max);
        }
        Ok(None)
    }
}
