//! Rows in the form in which they are searched: numbers in columns, terms as postings and as bags,
//! vectors in bytes. Built once from rows and immutable; its holder tracks later deletions of rows.
//!
//! It holds the columns for filtering and ranking. The others, such as the text, are kept
//! separately (`shown`) or remain on disk.

mod packed;

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::Arc,
};

use aios_record::{Id, Identity, Kind, Owner, encode, forms};

pub(crate) use self::packed::{Bag, push_number, take_number};
use self::packed::{Bags, Postings};
use crate::{
    library::Ranked,
    search::segments::{
        strings::{NONE, Strings},
        vectors::Vectors,
    },
};

/// Number of words from which records with the same text are folded into the best of them. Shorter
/// ones ("Thanks!") differ by their time.
const FOLDED_TERMS_MIN: usize = 5;

/// Texts of the numbers, shared by all segments of a handle.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) terms: Strings,
    /// Users, projects, agents, sessions, speakers, tags.
    pub(crate) others: Strings,
}

/// Searchable rows, identified by their index.
pub(crate) struct Segment {
    /// User, project, agent and session of each row; `NONE` if missing.
    pub(crate) scopes: Vec<[u32; 4]>,
    pub(crate) columns: Vec<Columns>,
    /// Number of terms of each row.
    pub(crate) lengths: Vec<u32>,
    /// Limits of the few rows that have them.
    pub(crate) limits: HashMap<u32, Limits>,
    /// Tags of the rows that have them.
    pub(crate) tags: HashMap<u32, Box<[u32]>>,
    pub(crate) vectors: Vectors,
    pub(crate) postings: Postings,
    bags: Bags,
    ids: String,
    id_ends: Vec<u32>,
    /// Rows with a position in a session, ordered by user, session and position.
    placed: Vec<u32>,
    /// Each user with each speaker of the rows, once, in order.
    pub(crate) speakers: Vec<[u32; 2]>,
}

/// Columns that every row has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    pub(crate) speaker: u32,
    /// Position in its session, or `ABSENT`.
    position: i64,
    /// Time in microseconds, or `ABSENT` if it is unknown.
    occurred_at: i64,
    pub(crate) recorded_at: i64,
    /// Hash of text and speaker of a row with enough words; 0 for a shorter row.
    pub(crate) fold: u64,
    pub(crate) kind: Kind,
    /// True if the text ends in a question.
    pub(crate) asks: bool,
    pub(crate) superseded: bool,
}

/// Usual length of an id, in bytes.
const ID_BYTES: usize = 36;

/// Value of a missing time or position.
const ABSENT: i64 = i64::MIN;

/// Time in which a row is valid, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_to: Option<i64>,
    pub(crate) expires_at: Option<i64>,
}

impl Columns {
    pub(crate) fn position(&self) -> Option<i64> {
        (self.position != ABSENT).then_some(self.position)
    }

    pub(crate) fn occurred_at(&self) -> Option<i64> {
        (self.occurred_at != ABSENT).then_some(self.occurred_at)
    }
}

impl Segment {
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn id(&self, at: u32) -> &str {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.id_ends[before]);
        &self.ids[start as usize..self.id_ends[at] as usize]
    }

    /// Returns the encoded identity of a row. `names` are those of the segment.
    pub(crate) fn key(&self, at: u32, names: &Strings) -> String {
        let user = names.some(self.scopes[at as usize][0]).unwrap_or_default();
        encode(user, self.columns[at as usize].kind, self.id(at))
    }

    /// Returns the identity of a row. `names` are those of the segment.
    pub(crate) fn identity(&self, at: u32, names: &Strings) -> Option<Identity> {
        let user = names.some(self.scopes[at as usize][0]).unwrap_or_default();
        let id = Id::new(self.id(at)).ok()?;
        Some(Identity::new(Owner::from_stored(user), self.columns[at as usize].kind, id))
    }

    /// Returns the order of otherwise equal rows: by key, a user's before the shared one.
    pub(crate) fn order<'a>(
        &'a self,
        at: u32,
        names: &'a Strings,
    ) -> (Kind, &'a str, bool, &'a str) {
        let user = names.some(self.scopes[at as usize][0]);
        let is_shared = user.is_none();
        (self.columns[at as usize].kind, self.id(at), is_shared, user.unwrap_or_default())
    }

    /// Returns the user, session and position of a row, if it is in a session.
    pub(crate) fn place(&self, at: u32) -> Option<([u32; 2], i64)> {
        let position = self.columns[at as usize].position;
        let [user, _, _, session] = self.scopes[at as usize];
        (session != NONE && position != ABSENT).then_some(([user, session], position))
    }

    pub(crate) fn bag(&self, at: u32) -> Bag<'_> {
        self.bags.bag(at)
    }

    /// Returns the rows of a user's `session` from position `first` to `last`.
    pub(crate) fn around(&self, session: [u32; 2], first: i64, last: i64) -> &[u32] {
        let place = |at: &u32| {
            let at = *at as usize;
            let [user, _, _, session] = self.scopes[at];
            ([user, session], self.columns[at].position)
        };
        let start = self.placed.partition_point(|at| place(at) < (session, first));
        let rest = &self.placed[start..];
        let end = rest.partition_point(|at| place(at) <= (session, last));
        &rest[..end]
    }

    /// Returns its approximate size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.capacity() * (size_of::<Columns>() + size_of::<u32>())
            + self.scopes.capacity() * size_of::<[u32; 4]>()
            + self.limits.capacity() * (size_of::<Limits>() + 8)
            + self.tags.capacity() * 40
            + self.vectors.bytes()
            + self.postings.bytes()
            + self.bags.bytes()
            + self.ids.capacity()
            + (self.id_ends.capacity() + self.placed.capacity()) * 4
            + self.speakers.capacity() * 8
    }
}

/// Builds a segment from rows that are added one by one.
pub(crate) struct Builder {
    segment: Segment,
    /// Terms of the row that is being added.
    counts: Vec<u32>,
}

impl Builder {
    /// Creates a builder. `centre` is that of the model, see [`Vectors`]. Space for `rows` is
    /// allocated at once, because growing step by step would fragment the RAM of the process.
    pub(crate) fn new(centre: Arc<[f32]>, rows: usize) -> Builder {
        let segment = Segment {
            scopes: Vec::with_capacity(rows),
            columns: Vec::with_capacity(rows),
            lengths: Vec::with_capacity(rows),
            limits: HashMap::new(),
            tags: HashMap::new(),
            vectors: Vectors::new(centre, rows),
            postings: Postings::default(),
            bags: Bags::new(rows),
            ids: String::with_capacity(rows * ID_BYTES),
            id_ends: Vec::with_capacity(rows),
            placed: Vec::with_capacity(rows),
            speakers: Vec::new(),
        };
        Builder { segment, counts: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: &Ranked<'_>, names: &mut Names) {
        let Builder { segment, counts } = self;
        let at = u32::try_from(segment.columns.len()).expect("a segment has fewer rows");
        counts.clear();
        counts.extend(row.terms.split_ascii_whitespace().map(|term| names.terms.add(term)));
        let length = counts.len();
        counts.sort_unstable();
        segment.bags.push(counts);
        let &Ranked { valid_from, valid_to, expires_at, .. } = row;
        let limits = Limits { valid_from, valid_to, expires_at };
        if limits != Limits::default() {
            segment.limits.insert(at, limits);
        }
        if !row.tags.is_empty() {
            let tags = row.tags.iter().map(|tag| names.others.add(tag)).collect();
            segment.tags.insert(at, tags);
        }
        segment.vectors.push(row.vector);
        segment.ids.push_str(row.id);
        segment.id_ends.push(u32::try_from(segment.ids.len()).expect("ids are short"));
        segment.scopes.push(row.scope.map(|part| names.others.add_some(part)));
        segment.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
        segment.columns.push(Columns {
            speaker: names.others.add_some(row.speaker),
            position: row.position.unwrap_or(ABSENT),
            occurred_at: row.occurred_at.unwrap_or(ABSENT),
            recorded_at: row.recorded_at,
            fold: if FOLDED_TERMS_MIN <= length { fold(row) } else { 0 },
            kind: row.kind,
            asks: row.text.trim_end().ends_with('?'),
            superseded: row.superseded,
        });
        if segment.place(at).is_some() {
            segment.placed.push(at);
        }
    }

    pub(crate) fn finish(self) -> Segment {
        let mut segment = self.segment;
        segment.postings = Postings::of(&segment.bags, segment.columns.len());
        let (scopes, columns) = (&segment.scopes, &segment.columns);
        segment.placed.sort_unstable_by_key(|&at| {
            let [user, _, _, session] = scopes[at as usize];
            ([user, session], columns[at as usize].position, at)
        });
        let said = scopes.iter().zip(columns).filter(|(_, columns)| columns.speaker != NONE);
        let speakers: BTreeSet<[u32; 2]> =
            said.map(|(scope, columns)| [scope[0], columns.speaker]).collect();
        segment.speakers = speakers.into_iter().collect();
        segment.scopes.shrink_to_fit();
        segment.columns.shrink_to_fit();
        segment.lengths.shrink_to_fit();
        segment.vectors.shrink_to_fit();
        segment.bags.shrink_to_fit();
        segment.ids.shrink_to_fit();
        segment.id_ends.shrink_to_fit();
        segment.placed.shrink_to_fit();
        segment
    }
}

/// Hashes text and speaker, with the same result in every segment of a process; never 0.
fn fold(row: &Ranked<'_>) -> u64 {
    let said = (forms::same(row.text), row.speaker);
    BuildHasherDefault::<DefaultHasher>::default().hash_one(said).max(1)
}
