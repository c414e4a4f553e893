//! The file of a static model, version 1. All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `AIOSTATC` |
//! | 4 | version, 1 |
//! | 4 | dimension `d` |
//! | 4 | rows `n` |
//! | 4 | bytes of the name, `m` |
//! | 4 | bytes of the vocabulary, `v` |
//! | `m` | name of the model, UTF-8 |
//! | `v` | vocabulary, UTF-8: `n` word pieces, each ended by a line feed |
//! | `4 n` | a scale per row, f32 |
//! | `n d` | the rows, int8; a row times its scale is the vector |
//! | 32 | BLAKE3 of everything before |

use std::{borrow::Cow, ops::Range};

use crate::{
    Damage,
    wordpiece::{BadLine, WordPiece},
};

const MAGIC: &[u8; 8] = b"AIOSTATC";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 28;
const CHECKSUM_BYTES: usize = 32;
const ROWS_MAX: usize = 1 << 20;
const DIMENSION_MAX: usize = 4096;

/// The content of a file.
pub(super) struct Parsed {
    pub(super) name: String,
    pub(super) checksum: blake3::Hash,
    pub(super) dimension: usize,
    pub(super) scales: Vec<f32>,
    pub(super) vocabulary: Cow<'static, str>,
    pub(super) rows: Cow<'static, [u8]>,
}

/// Reads and checks a file, except the lines of its vocabulary.
pub(super) fn parse(bytes: Cow<'static, [u8]>) -> Result<Parsed, Damage> {
    let layout = Layout::read(&bytes)?;
    let (content, stored) = bytes.split_at(layout.rows.end);
    let checksum = blake3::hash(content);
    if checksum.as_bytes() != stored {
        return Err(Damage::Checksum);
    }
    let scales = scales(&bytes[layout.scales.clone()])?;
    let name = str::from_utf8(&bytes[layout.name.clone()]).map_err(|_| Damage::Name)?.to_owned();
    let (vocabulary, rows) = match bytes {
        Cow::Borrowed(bytes) => {
            let vocabulary = lines(&bytes[layout.vocabulary])?;
            (Cow::Borrowed(vocabulary), Cow::Borrowed(&bytes[layout.rows]))
        }
        Cow::Owned(bytes) => {
            let vocabulary = lines(&bytes[layout.vocabulary])?.to_owned();
            (Cow::Owned(vocabulary), Cow::Owned(bytes[layout.rows].to_vec()))
        }
    };
    Ok(Parsed { name, checksum, dimension: layout.dimension, scales, vocabulary, rows })
}

fn scales(bytes: &[u8]) -> Result<Vec<f32>, Damage> {
    let (words, _) = bytes.as_chunks::<4>();
    let scales: Vec<f32> = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
    match scales.iter().position(|scale| !is_scale(*scale)) {
        Some(row) => Err(Damage::Scale { row }),
        None => Ok(scales),
    }
}

fn is_scale(scale: f32) -> bool {
    scale.is_finite() && 0.0 <= scale
}

fn lines(bytes: &[u8]) -> Result<&str, Damage> {
    str::from_utf8(bytes).map_err(|error| Damage::Vocabulary {
        row: bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count(),
    })
}

/// The position of each part in a file. The checksum follows the last part.
struct Layout {
    dimension: usize,
    name: Range<usize>,
    vocabulary: Range<usize>,
    scales: Range<usize>,
    rows: Range<usize>,
}

impl Layout {
    fn read(bytes: &[u8]) -> Result<Layout, Damage> {
        let Some(header) = bytes.strip_prefix(MAGIC) else { return Err(Damage::Magic) };
        let found = bytes.len() as u64;
        let [version, dimension, rows, name, vocabulary, ..] = header.as_chunks::<4>().0 else {
            return Err(Damage::Length { expected: HEADER_BYTES as u64, found });
        };
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(Damage::Version { found: version, known: VERSION });
        }
        let [dimension, rows, name, vocabulary] =
            [dimension, rows, name, vocabulary].map(|word| u32::from_le_bytes(*word) as usize);
        check_shape(rows, dimension)?;
        let parts = [HEADER_BYTES, name, vocabulary, 4 * rows, rows * dimension, CHECKSUM_BYTES];
        let expected = parts.iter().map(|&part| part as u64).sum();
        if expected != found {
            return Err(Damage::Length { expected, found });
        }
        let mut end = HEADER_BYTES;
        let mut next = |length| {
            let start = end;
            end += length;
            start..end
        };
        Ok(Layout {
            dimension,
            name: next(name),
            vocabulary: next(vocabulary),
            scales: next(4 * rows),
            rows: next(rows * dimension),
        })
    }
}

fn check_shape(rows: usize, dimension: usize) -> Result<(), Damage> {
    if (1..=ROWS_MAX).contains(&rows) && (1..=DIMENSION_MAX).contains(&dimension) {
        return Ok(());
    }
    Err(Damage::Shape { rows, dimension, rows_max: ROWS_MAX, dimension_max: DIMENSION_MAX })
}

/// A static model before quantisation, which [`encode`](StaticTable::encode) turns into the file of
/// a [`StaticModel`](crate::StaticModel).
#[derive(Debug, Clone, PartialEq)]
pub struct StaticTable {
    /// Name of the model in its fingerprint.
    pub name: String,
    /// Word pieces; one that continues a word begins with `##`.
    pub pieces: Vec<String>,
    /// Length of each row.
    pub dimension: usize,
    /// One row per piece, concatenated.
    pub rows: Vec<f32>,
}

impl StaticTable {
    /// Returns the content of the model's file: each row as int8 with a scale, so that its largest
    /// value becomes 127.
    ///
    /// # Errors
    /// The [`Damage`] that a loader would report: a shape out of bounds, a value that
    /// is not finite, or an empty or repeated word piece. [`Damage::Length`] if the length of
    /// `rows` is not the number of pieces times the dimension.
    pub fn encode(&self) -> Result<Vec<u8>, Damage> {
        check_shape(self.pieces.len(), self.dimension)?;
        let expected = (self.pieces.len() * self.dimension) as u64;
        if self.rows.len() as u64 != expected {
            return Err(Damage::Length { expected, found: self.rows.len() as u64 });
        }
        let vocabulary = self.vocabulary()?;
        let mut bytes = MAGIC.to_vec();
        let lengths = [self.dimension, self.pieces.len(), self.name.len(), vocabulary.len()];
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(lengths.iter().flat_map(|&length| (length as u32).to_le_bytes()));
        bytes.extend(self.name.as_bytes());
        bytes.extend(vocabulary.as_bytes());
        let scales: Vec<f32> = self.rows.chunks(self.dimension).map(scale).collect();
        if let Some(row) = scales.iter().position(|&scale| !is_scale(scale)) {
            return Err(Damage::Scale { row });
        }
        bytes.extend(scales.iter().flat_map(|scale| scale.to_le_bytes()));
        for (row, &scale) in self.rows.chunks(self.dimension).zip(&scales) {
            let step = if 0.0 < scale { scale } else { 1.0 };
            bytes.extend(row.iter().map(|x| (x / step).round() as i8 as u8));
        }
        bytes.extend(blake3::hash(&bytes).as_bytes());
        Ok(bytes)
    }

    fn vocabulary(&self) -> Result<String, Damage> {
        if let Some(row) = self.pieces.iter().position(|piece| piece.contains('\n')) {
            return Err(Damage::Vocabulary { row });
        }
        let lines: String = self.pieces.iter().flat_map(|piece| [piece, "\n"]).collect();
        match WordPiece::new(Cow::Owned(lines.clone())) {
            Ok(_) => Ok(lines),
            Err(BadLine(row)) => Err(Damage::Vocabulary { row }),
        }
    }
}

/// Returns the step between two int8 values; not finite if a value of the row is not.
fn scale(row: &[f32]) -> f32 {
    if row.iter().any(|x| !x.is_finite()) {
        return f32::NAN;
    }
    row.iter().fold(0.0, |largest: f32, x| largest.max(x.abs())) / 127.0
}
