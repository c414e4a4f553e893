//! Compressed terms: the terms of each row (bags), and the rows of each term (postings).
//!
//! Both are lists of rising numbers with counts. A number is stored as its difference from the one
//! before, doubled, plus one if a count above 1 follows, with seven bits per byte (LEB128).

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Terms of each row in the order of their numbers, each with its count.
#[derive(Debug, Default)]
pub(crate) struct Bags {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Rows of each term, each with its count.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    bytes: Vec<u8>,
    /// Terms, in rising order.
    terms: Vec<u32>,
    ends: Vec<usize>,
    /// End of each term's entries in `skips`.
    skip_ends: Vec<u32>,
    /// Skip points in the lists, one after each [`BLOCK`] entries of a list.
    skips: Vec<Skip>,
}

/// A skip point of a list.
#[derive(Debug, Clone, Copy)]
struct Skip {
    /// Number before it.
    last: u32,
    /// Offset from the start of the list, in bytes.
    offset: u32,
}

/// Number of entries between two skip points of a list.
const BLOCK: u32 = 256;

/// A list of rising numbers, each with its count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bag<'a> {
    bytes: &'a [u8],
    last: u32,
}

/// Approximate bytes of the bag of a turn in a conversation.
const BAG_BYTES: usize = 32;

impl Bags {
    /// Creates empty bags with room for about `rows`.
    pub(crate) fn new(rows: usize) -> Bags {
        Bags { bytes: Vec::with_capacity(rows * BAG_BYTES), ends: Vec::with_capacity(rows) }
    }

    /// Adds a row with these terms, in rising order, each repeated by its count.
    pub(crate) fn push(&mut self, terms: &[u32]) {
        let mut last = 0;
        for run in terms.chunk_by(|a, b| a == b) {
            let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
            push_pair(&mut self.bytes, run[0] - last, count);
            last = run[0];
        }
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn bag(&self, at: u32) -> Bag<'_> {
        Bag { bytes: slice(&self.bytes, &self.ends, at as usize), last: 0 }
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 8
    }
}

impl Postings {
    /// Builds the postings of the first `rows` bags.
    pub(crate) fn of(bags: &Bags, rows: usize) -> Postings {
        // Each term's list grows separately, from its last row; then the lists are concatenated.
        let mut lists: HashMap<u32, List, RandomState> = HashMap::default();
        for at in 0..u32::try_from(rows).expect("a segment has fewer rows") {
            for (term, count) in bags.bag(at) {
                lists.entry(term).or_default().push(at, count);
            }
        }
        let mut lists: Vec<(u32, List)> = lists.into_iter().collect();
        lists.sort_unstable_by_key(|(term, _)| *term);
        let mut postings = Postings::default();
        for (term, list) in lists {
            postings.bytes.extend(list.bytes);
            postings.terms.push(term);
            postings.ends.push(postings.bytes.len());
            postings.skips.extend(list.skips);
            let end = u32::try_from(postings.skips.len()).expect("a segment has fewer rows");
            postings.skip_ends.push(end);
        }
        postings.bytes.shrink_to_fit();
        postings.terms.shrink_to_fit();
        postings.ends.shrink_to_fit();
        postings.skips.shrink_to_fit();
        postings.skip_ends.shrink_to_fit();
        postings
    }

    /// Returns the rows that have `term`, beginning with one at or before `start`.
    pub(crate) fn rows(&self, term: u32, start: u32) -> Bag<'_> {
        let Ok(at) = self.terms.binary_search(&term) else { return Bag { bytes: &[], last: 0 } };
        let bytes = slice(&self.bytes, &self.ends, at);
        let first = at.checked_sub(1).map_or(0, |before| self.skip_ends[before]) as usize;
        let skips = &self.skips[first..self.skip_ends[at] as usize];
        let passed = skips.partition_point(|skip| skip.last < start);
        match passed.checked_sub(1).map(|before| skips[before]) {
            Some(Skip { last, offset }) => Bag { bytes: &bytes[offset as usize..], last },
            None => Bag { bytes, last: 0 },
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity()
            + self.terms.capacity() * 4
            + self.ends.capacity() * 8
            + self.skip_ends.capacity() * 4
            + self.skips.capacity() * size_of::<Skip>()
    }
}

/// List of a term while it grows.
#[derive(Default)]
struct List {
    bytes: Vec<u8>,
    last: u32,
    entries: u32,
    skips: Vec<Skip>,
}

impl List {
    fn push(&mut self, at: u32, count: u32) {
        if 0 < self.entries && self.entries.is_multiple_of(BLOCK) {
            let offset = u32::try_from(self.bytes.len()).expect("a segment has fewer rows");
            self.skips.push(Skip { last: self.last, offset });
        }
        push_pair(&mut self.bytes, at - self.last, count);
        self.last = at;
        self.entries += 1;
    }
}

impl<'a> Bag<'a> {
    /// Returns the maximum number of remaining entries: each has at least one byte.
    pub(crate) fn entries_max(&self) -> usize {
        self.bytes.len()
    }
}

impl Iterator for Bag<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        if self.bytes.is_empty() {
            return None;
        }
        let number = take_number(&mut self.bytes);
        let count = if number & 1 == 1 { take_number(&mut self.bytes) as u32 } else { 1 };
        self.last += (number >> 1) as u32;
        Some((self.last, count))
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], at: usize) -> &'a [u8] {
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[at]]
}

fn push_pair(bytes: &mut Vec<u8>, distance: u32, count: u32) {
    push_number(bytes, u64::from(distance) << 1 | u64::from(1 < count));
    if 1 < count {
        push_number(bytes, u64::from(count));
    }
}

/// Appends `number` in LEB128.
pub(crate) fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Removes and returns the first number of a list that [`push_number`] wrote completely.
pub(crate) fn take_number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
        shift += 7;
    }
    number
}

#[cfg(test)]
mod tests;
