//! Uncased WordPiece as in BERT (Devlin et al., 2018).
//!
//! Produces the same pieces as `tokenizers` with a `BertNormalizer` that lowercases and strips
//! accents, a `BertPreTokenizer` and a `WordPiece` model; a test compares the two. It exists
//! because `tokenizers` records alignments that are not needed here: encoding with it takes many
//! times as long as the embedding, and loading a vocabulary many times as long as loading the
//! model.
//!
//! Special tokens are not recognised: `[SEP]` in a text is a bracket, a word and a bracket.

use std::{borrow::Cow, hash::BuildHasher, ops::Range};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// Maximum length of a word in characters. A longer word is unknown.
const WORD_CHARS_MAX: usize = 100;
/// Prefix of a piece that continues a word, in the vocabulary.
const CONTINUATION: &str = "##";

/// A vocabulary with its lookup tables.
pub(crate) struct WordPiece {
    pieces: Pieces,
    /// Ids of the pieces that begin a word, by the hash of their text.
    initial: HashTable<u32>,
    /// Ids of the pieces that continue a word, by the hash of their text.
    continuing: HashTable<u32>,
    /// Length of the longest piece.
    piece_bytes_max: usize,
}

/// The texts of all pieces, without [`CONTINUATION`].
struct Pieces {
    /// The vocabulary, each piece ended by a line feed.
    lines: Cow<'static, str>,
    /// Position of each text in `lines`.
    spans: Vec<Range<u32>>,
}

/// A line of the vocabulary, from 0, that is empty or repeated.
#[derive(Debug)]
pub(crate) struct BadLine(pub(crate) usize);

/// Buffers that are reused from text to text.
#[derive(Default)]
pub(crate) struct Scratch {
    word: String,
    ids: Vec<u32>,
}

impl WordPiece {
    /// Builds the tables from one piece per line, at most `u32::MAX` bytes. The id of a piece is
    /// its line, from 0.
    pub(crate) fn new(lines: Cow<'static, str>) -> Result<WordPiece, BadLine> {
        let count = lines.split_terminator('\n').count();
        let mut initial = HashTable::with_capacity(count);
        let mut continuing = HashTable::with_capacity(count);
        let mut pieces = Pieces { lines, spans: Vec::with_capacity(count) };
        let mut piece_bytes_max = 0;
        let mut end = 0;
        for row in 0..count {
            let rest = &pieces.lines[end..];
            let line = rest.split('\n').next().unwrap_or(rest);
            let (table, text) = match line.strip_prefix(CONTINUATION) {
                Some(text) => (&mut continuing, text),
                None => (&mut initial, line),
            };
            if text.is_empty() || find(table, &pieces, text).is_some() {
                return Err(BadLine(row));
            }
            let hash = hash(text);
            piece_bytes_max = piece_bytes_max.max(text.len());
            let start = end + line.len() - text.len();
            end += line.len();
            pieces.spans.push(start as u32..end as u32);
            end += 1;
            table.insert_unique(hash, row as u32, |&id| self::hash(pieces.text(id)));
        }
        Ok(WordPiece { pieces, initial, continuing, piece_bytes_max })
    }

    /// Returns the number of pieces.
    pub(crate) fn len(&self) -> usize {
        self.pieces.spans.len()
    }

    /// Returns the texts of all pieces in the order of their ids, without [`CONTINUATION`].
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.len() as u32).map(|id| self.pieces.text(id))
    }

    /// Returns the id of a piece that begins a word.
    #[cfg(feature = "int8")]
    pub(crate) fn id(&self, piece: &str) -> Option<u32> {
        find(&self.initial, &self.pieces, piece)
    }

    /// Returns the pieces that begin a word, in the order of their ids.
    #[cfg(feature = "distill")]
    pub(crate) fn words(&self) -> Vec<&str> {
        let mut ids: Vec<u32> = self.initial.iter().copied().collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| self.pieces.text(id)).collect()
    }

    /// Passes the pieces of `text` to `visit` in order: an id, or `None` for an unknown word.
    pub(crate) fn encode(
        &self,
        text: &str,
        scratch: &mut Scratch,
        mut visit: impl FnMut(Option<u32>),
    ) {
        let Scratch { word, ids } = scratch;
        let mut close = |word: &mut String, mark: Option<char>| {
            self.encode_word(word, ids, &mut visit);
            word.clear();
            if let Some(mark) = mark {
                self.encode_word(mark.encode_utf8(&mut [0; 4]), ids, &mut visit);
            }
        };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at].is_ascii() {
                match ASCII[usize::from(bytes[at])] {
                    Class::Part(lower) => word.push(char::from(lower)),
                    Class::Space => close(word, None),
                    Class::Mark => close(word, Some(char::from(bytes[at]))),
                    Class::Dropped => {}
                }
                at += 1;
                continue;
            }
            // ASCII is not reordered by canonical ordering, so a run of other characters can be
            // normalised by itself.
            let length = bytes[at..].iter().position(u8::is_ascii);
            let end = length.map_or(bytes.len(), |length| at + length);
            normalise(&text[at..end], |c| match c {
                c if c.is_whitespace() => close(word, None),
                c if c.is_ascii_punctuation() || c.is_punctuation() => close(word, Some(c)),
                c => word.push(c),
            });
            at = end;
        }
        close(word, None);
    }

    /// Matches the longest piece first. A word with an unknown part is unknown as a whole.
    fn encode_word(&self, word: &str, ids: &mut Vec<u32>, visit: &mut impl FnMut(Option<u32>)) {
        if word.is_empty() {
            return;
        }
        if let Some(id) = find(&self.initial, &self.pieces, word)
            && word.len() <= WORD_CHARS_MAX
        {
            return visit(Some(id));
        }
        if WORD_CHARS_MAX < word.len() && WORD_CHARS_MAX < word.chars().count() {
            return visit(None);
        }
        ids.clear();
        let mut rest = word;
        let mut table = &self.initial;
        while !rest.is_empty() {
            let Some((id, length)) = self.longest(table, rest) else { return visit(None) };
            ids.push(id);
            rest = &rest[length..];
            table = &self.continuing;
        }
        ids.iter().for_each(|&id| visit(Some(id)));
    }

    /// Returns the longest piece at the start of `text`, and its length.
    fn longest(&self, table: &HashTable<u32>, text: &str) -> Option<(u32, usize)> {
        let mut end = text.floor_char_boundary(self.piece_bytes_max);
        while 0 < end {
            if let Some(id) = find(table, &self.pieces, &text[..end]) {
                return Some((id, end));
            }
            end = text.floor_char_boundary(end - 1);
        }
        None
    }
}

impl Pieces {
    fn text(&self, id: u32) -> &str {
        let Range { start, end } = self.spans[id as usize];
        &self.lines[start as usize..end as usize]
    }
}

fn find(table: &HashTable<u32>, pieces: &Pieces, text: &str) -> Option<u32> {
    table.find(hash(text), |&id| pieces.text(id) == text).copied()
}

/// Hashes a text. The table does not grow after loading, so a predictable hash does no harm.
fn hash(text: &str) -> u64 {
    FixedState::default().hash_one(text.as_bytes())
}

/// The class of an ASCII character for the tokenizer.
#[derive(Clone, Copy)]
enum Class {
    /// Part of a word, in lower case.
    Part(u8),
    /// Ends a word.
    Space,
    /// Punctuation: ends a word and is a word itself.
    Mark,
    /// A control character: the text before and after it is one word.
    Dropped,
}

const ASCII: [Class; 128] = {
    let mut classes = [Class::Dropped; 128];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        classes[byte] = match b {
            b'\t' | b'\n' | b'\r' | b' ' => Class::Space,
            _ if b.is_ascii_control() => Class::Dropped,
            _ if b.is_ascii_punctuation() => Class::Mark,
            _ => Class::Part(b.to_ascii_lowercase()),
        };
        byte += 1;
    }
    classes
};

/// Normalises a run without ASCII as `BertNormalizer` does: removes control characters, puts spaces
/// around ideographs, decomposes, removes accents, lowercases.
fn normalise(run: &str, visit: impl FnMut(char)) {
    run.chars()
        .filter(|&c| c != char::REPLACEMENT_CHARACTER && !c.is_other())
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .flat_map(|c| {
            let blank = is_ideograph(c).then_some(' ');
            blank.into_iter().chain([c]).chain(blank)
        })
        .nfd()
        .filter(|c| !c.is_mark_nonspacing())
        .flat_map(char::to_lowercase)
        .for_each(visit);
}

/// Returns true for the blocks that BERT treats as ideographs, although not all of them are.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF
        | 0x3400..=0x4DBF
        | 0x20000..=0x2A6DF
        | 0x2A700..=0x2B73F
        | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF
        | 0xF900..=0xFAFF
        | 0x2F800..=0x2FA1F
    )
}
