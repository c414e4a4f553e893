//! Decoding of data files that may be damaged, without harm to this process.
//!
//! A damaged file can crash its reader. A panic can be caught, but an allocation whose size Arrow
//! reads from a damaged length ends the process. So a child process decodes such files, and
//! announces each part before it decodes it. If it dies, another one continues with the rest, in
//! smaller parts.
//!
//! A file is decoded on its own: a scratch directory gets a table made around it, so no manifest,
//! index or list of deleted rows is needed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io::{self, BufRead, BufReader, Write},
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use aios_record::Record;
use serde::{Deserialize, Serialize};
use tokio::task;

use crate::{
    Error,
    library::{DataFile, Row},
};

/// Decoder of damaged data files, for a repair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Decoder {
    /// No decoder: a repair fails with [`Error::Undecoded`] if there is a damaged data file.
    #[default]
    Nobody,
    /// This process. Decoding may end it.
    ThisProcess,
    /// Child processes that run a program. It calls [`decode_rows`] with its standard input and
    /// output.
    Program {
        /// Path of the program.
        path: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
}

/// The rows of a data file.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// Rows by position in the file.
    pub(crate) rows: BTreeMap<u32, Row>,
    /// Number of rows that cannot be decoded. `None` if the number of rows in the file is unknown.
    pub(crate) damaged: Option<u64>,
}

/// Rows per decoded part. Finding a row that ends the process costs further processes.
const PART_ROWS: u32 = 128;
/// Maximum number of processes that may die while they decode one file.
const DEATHS_MAX: usize = 64;

/// Request to a decoding process.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    file: PathBuf,
    scratch: PathBuf,
    dimension: usize,
    /// Row ranges to decode. All rows if absent.
    parts: Option<Vec<Range<u32>>>,
}

/// Messages of a decoding process, one per line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// Number of rows in the file.
    Rows(u32),
    /// Rows that the process is about to decode.
    Trying(Range<u32>),
    Row(u32, Box<PlainRow>),
    Damaged(u32),
}

/// A row in transit. Its terms can be computed again.
#[derive(Debug, Serialize, Deserialize)]
struct PlainRow {
    record: Record,
    content_hash: String,
    /// Bits of the numbers.
    vector: Option<Vec<u32>>,
}

/// Decodes the file that the request in `input` names, and writes the rows to `out`: the body of a
/// [`Decoder::Program`]. Both ends must use the same version of this crate.
///
/// # Errors
/// [`Error::Io`] if reading or writing fails; [`Error::Library`] if the file cannot be opened.
pub async fn decode_rows(input: impl io::Read, mut out: impl Write) -> Result<(), Error> {
    let parent = PathBuf::from("the parent process");
    let failed = |source| Error::Io { action: "communicate with", path: parent.clone(), source };
    let request: Request =
        serde_json::from_reader(input).map_err(|error| failed(io::Error::from(error)))?;
    decode(request, |told| {
        serde_json::to_writer(&mut out, &told).map_err(io::Error::from).map_err(failed)?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(failed)
    })
    .await
}

impl Decoder {
    /// Decodes the rows of the data file `file` as far as possible. Creates and removes the
    /// directory `scratch`, which must be on the same file system.
    pub(crate) async fn rows(
        &self,
        file: &Path,
        scratch: &Path,
        dimension: usize,
    ) -> Result<Decoded, Error> {
        let (file, scratch) = (file.to_owned(), scratch.to_owned());
        let request = Request { file: file.clone(), scratch, dimension, parts: None };
        let mut collected = Collected::default();
        match self.clone() {
            Decoder::Nobody => return Err(Error::Undecoded { path: file }),
            Decoder::ThisProcess => {
                let done = decode(request, |told| {
                    collected.take(told);
                    Ok(())
                });
                if let Err(error) = done.await {
                    tracing::warn!(file = %file.display(), %error, "failed to open a data file");
                }
            }
            Decoder::Program { path, arguments } => {
                let work = task::spawn_blocking(move || by_program(&path, &arguments, request));
                collected = work.await.map_err(|_| Error::Closed)??;
            }
        }
        Ok(collected.end())
    }
}

async fn decode(
    request: Request,
    mut tell: impl FnMut(Told) -> Result<(), Error>,
) -> Result<(), Error> {
    let file = DataFile::open(&request.file, &request.scratch, request.dimension).await?;
    let count = file.row_count();
    tell(Told::Rows(count))?;
    let all = 0..count;
    let mut parts = request.parts.unwrap_or_else(|| vec![all]);
    parts.reverse();
    while let Some(part) = parts.pop() {
        let Range { start, end } = part.clone();
        if end <= start {
            continue;
        }
        if PART_ROWS < end - start {
            parts.extend([start + PART_ROWS..end, start..start + PART_ROWS]);
            continue;
        }
        tell(Told::Trying(part.clone()))?;
        match file.rows(part).await {
            Ok(rows) => {
                for (offset, row) in (start..end).zip(rows) {
                    tell(Told::Row(offset, Box::new(PlainRow::of(row))))?;
                }
            }
            Err(_) if end - start == 1 => tell(Told::Damaged(start))?,
            Err(_) => parts.extend(halves(start..end).into_iter().rev()),
        }
    }
    file.close()
}

fn by_program(
    program: &Path,
    arguments: &[OsString],
    mut request: Request,
) -> Result<Collected, Error> {
    let failed = || Error::io("run", program);
    let mut collected = Collected::default();
    for _ in 0..DEATHS_MAX {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed())?;
        if let Some(input) = child.stdin.take() {
            // A process that ends at once does not read the request.
            let _ = serde_json::to_writer(input, &request);
        }
        let output = child.stdout.take().map(BufReader::new);
        for line in output.into_iter().flat_map(BufRead::lines) {
            // The last line of a process that dies may be cut off.
            let Ok(told) = serde_json::from_str(&line.map_err(failed())?) else { break };
            collected.take(told);
        }
        let status = child.wait().map_err(failed())?;
        if status.success() || collected.count.is_none() {
            break;
        }
        tracing::warn!(file = %request.file.display(), %status, "a decoding process ended early");
        request.parts = Some(collected.parts_left());
    }
    let scratch = crate::sync::unless_gone(std::fs::remove_dir_all(&request.scratch));
    scratch.map_err(Error::io("remove", request.scratch))?;
    Ok(collected)
}

/// Messages received so far.
#[derive(Debug, Default)]
struct Collected {
    count: Option<u32>,
    rows: BTreeMap<u32, Row>,
    damaged: BTreeSet<u32>,
    trying: Option<Range<u32>>,
}

impl Collected {
    fn take(&mut self, told: Told) {
        match told {
            Told::Rows(count) => self.count = Some(count),
            Told::Trying(part) => self.trying = Some(part),
            Told::Row(offset, row) => _ = self.rows.insert(offset, row.into_row()),
            Told::Damaged(offset) => _ = self.damaged.insert(offset),
        }
    }

    /// Returns the rows left to decode after the process died. The part it was decoding is halved.
    fn parts_left(&mut self) -> Vec<Range<u32>> {
        let trying = self.trying.take().unwrap_or(0..0);
        if trying.len() == 1 {
            self.damaged.insert(trying.start);
        }
        let middle = trying.start + (trying.end - trying.start) / 2;
        let mut parts: Vec<Range<u32>> = Vec::new();
        for offset in 0..self.count.unwrap_or(0) {
            if self.rows.contains_key(&offset) || self.damaged.contains(&offset) {
                continue;
            }
            let is_edge = [trying.start, middle, trying.end].contains(&offset);
            match parts.last_mut() {
                Some(last) if last.end == offset && !is_edge => last.end += 1,
                _ => parts.push(offset..offset + 1),
            }
        }
        parts
    }

    fn end(self) -> Decoded {
        let damaged = self.count.map(|count| u64::from(count) - self.rows.len() as u64);
        Decoded { rows: self.rows, damaged }
    }
}

impl PlainRow {
    fn of(row: Row) -> PlainRow {
        let bits = |vector: Vec<f32>| vector.into_iter().map(f32::to_bits).collect();
        let Row { record, content_hash, vector, .. } = row;
        PlainRow { record, content_hash, vector: vector.map(bits) }
    }

    fn into_row(self) -> Row {
        let numbers = |bits: Vec<u32>| bits.into_iter().map(f32::from_bits).collect();
        Row {
            record: self.record,
            terms: String::new(),
            vector: self.vector.map(numbers),
            content_hash: self.content_hash,
            is_outstanding: false,
        }
    }
}

fn halves(part: Range<u32>) -> [Range<u32>; 2] {
    let middle = part.start + (part.end - part.start) / 2;
    [part.start..middle, middle..part.end]
}

#[cfg(test)]
mod tests;
