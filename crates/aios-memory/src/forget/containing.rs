//! Finding a text in the records of a view: as their whole text or part of it, in their fields, and
//! in their older versions. Reads all records, one batch at a time.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aios_record::{Identity, Kind, Owner, Record, forms};
use serde_json::Value;

use super::{
    found::{Found, Meaning},
    numbers::numbers,
};
use crate::{Error, MemoryView};

/// Minimum length in bytes of a single word that is searched within texts. A shorter one would
/// occur in too many.
const WORD_BYTES_MIN: usize = 12;
/// Minimum length in bytes of a word with a digit, such as a code.
const CODE_BYTES_MIN: usize = 5;
/// Minimum number of non-ASCII characters of a word, whose script may have no spaces.
const WIDE_CHARS_MIN: usize = 4;

/// Maximum number of forgotten texts that are searched for in other records.
const NEEDLES_MAX: usize = 20;
/// Maximum number of repeating records that are listed.
const REPEATING_MAX: usize = 100;

/// The occurrences of a text.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Records with this text, compared in the form [`forms::same`].
    pub(super) alike: Vec<Identity>,
    /// Records that contain it, with the name of the containing part.
    pub(super) containing: BTreeMap<Identity, String>,
    /// Records with an older version that contains it.
    pub(super) versions: BTreeSet<Identity>,
    /// The records among them with an older version that has exactly this text.
    pub(super) versions_alike: BTreeSet<Identity>,
}

impl Places {
    /// Keeps the records that `is_meant` accepts.
    pub(super) fn retain(&mut self, is_meant: impl Fn(&Identity) -> bool) {
        self.alike.retain(&is_meant);
        self.containing.retain(|record, _| is_meant(record));
        self.versions.retain(&is_meant);
        self.versions_alike.retain(&is_meant);
    }
}

impl MemoryView {
    /// Finds the occurrences of `text` in the records that this view may change.
    pub(super) async fn places_of(&self, text: &str) -> Result<Places, Error> {
        let same = forms::same(text).into_owned();
        let needle = Needle::new(text);
        let mut places = Places::default();
        self.each_record(|record| {
            if forms::same(&record.text) == same {
                places.alike.push(record.identity());
            } else if let Some(part) = needle.as_ref().and_then(|it| it.part_of(&record)) {
                places.containing.insert(record.identity(), part);
            }
        })
        .await?;
        self.longterm()
            .records()
            .each_version(|version| {
                if !self.is_changeable(&version.owner()) {
                    return;
                }
                let is_alike = forms::same(&version.text) == same;
                if is_alike {
                    places.versions_alike.insert(version.identity());
                }
                if is_alike || needle.as_ref().is_some_and(|it| it.part_of(&version).is_some()) {
                    places.versions.insert(version.identity());
                }
            })
            .await?;
        Ok(places)
    }

    /// Returns the records outside `found`, of the owners of the selected ones, that contain the
    /// text of a selected one and are in the caller's project or in none; at most
    /// [`REPEATING_MAX`].
    pub(super) async fn repeating(&self, found: &Found) -> Result<Vec<Identity>, Error> {
        if found.meaning != Meaning::Texts {
            return Ok(Vec::new());
        }
        let meant: Vec<Identity> = found.meant().take(NEEDLES_MAX).cloned().collect();
        let mut needles: BTreeMap<Owner, Vec<Needle>> = BTreeMap::new();
        for record in self.in_either_tier(&meant).await? {
            let needle = Needle::new(&record.text).filter(|it| WORD_BYTES_MIN <= it.text.len());
            needles.entry(record.owner()).or_default().extend(needle);
        }
        let projects = self.project_gate()?;
        let mut repeating = Vec::new();
        for (owner, needles) in needles.into_iter().filter(|(_, needles)| !needles.is_empty()) {
            let look = |record: Record| {
                let identity = record.identity();
                let is_other = repeating.len() < REPEATING_MAX
                    && !found.all.contains_key(&identity)
                    && projects.sees(&record.scope);
                if is_other && needles.iter().any(|needle| needle.part_of(&record).is_some()) {
                    repeating.push(identity);
                }
            };
            self.own(&owner)?.each_record(look).await?;
        }
        Ok(repeating)
    }

    /// Returns the changeable records of this view whose text is one of `texts`, in the form
    /// [`forms::same`].
    pub(super) async fn with_texts(
        &self,
        texts: &BTreeSet<String>,
    ) -> Result<Vec<Identity>, Error> {
        let mut alike = Vec::new();
        self.each_record(|record| {
            if texts.contains(&*forms::same(&record.text)) {
                alike.push(record.identity());
            }
        })
        .await?;
        Ok(alike)
    }

    /// Calls `look` with each changeable record of this view, in either tier, including expired
    /// ones.
    async fn each_record(&self, mut look: impl FnMut(Record)) -> Result<(), Error> {
        let mut here = HashSet::new();
        self.each_of_working(|record| {
            if self.is_changeable(&record.owner()) {
                here.insert(record.identity());
                look(record);
            }
        })
        .await?;
        let there = |record: Record| {
            if self.is_changeable(&record.owner()) && !here.contains(&record.identity()) {
                look(record);
            }
        };
        Ok(self.longterm().records().each(there).await?)
    }
}

/// A text to search for within others.
struct Needle {
    text: String,
    numbers: BTreeSet<String>,
}

impl Needle {
    /// Returns `None` if the text is too short to identify records by.
    fn new(text: &str) -> Option<Needle> {
        let needle = Needle { text: forms::forgotten(text), numbers: numbers(text) };
        let is_word = !needle.text.contains(' ');
        let bytes_min = match needle.text.chars().any(char::is_numeric) {
            true => CODE_BYTES_MIN,
            false => WORD_BYTES_MIN,
        };
        let is_wide = WIDE_CHARS_MIN <= needle.text.chars().filter(|c| !c.is_ascii()).count();
        let is_long = !is_word || bytes_min <= needle.text.len() || is_wide;
        (is_long && needle.text.chars().any(char::is_alphanumeric)).then_some(needle)
    }

    /// Returns the name of the part of a record that contains the text.
    fn part_of(&self, record: &Record) -> Option<String> {
        if self.is_in(&record.text) {
            return Some("text".to_owned());
        }
        let parts = [("title", record.title.as_deref()), ("speaker", record.speaker.as_deref())];
        let named = parts.into_iter().find(|(_, part)| part.is_some_and(|it| self.is_in(it)));
        if let Some((name, _)) = named {
            return Some(name.to_owned());
        }
        if record.tags.iter().any(|tag| self.is_in(tag)) {
            return Some("tags".to_owned());
        }
        if record.kind == Kind::Session {
            return None;
        }
        let fields = record.payload.as_object()?;
        let mut said = fields.iter().filter(|(name, _)| !record.kind.is_reference(name));
        said.find(|(_, value)| self.is_in_value(value)).map(|(name, _)| name.clone())
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in(text),
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| self.is_in(name) || self.is_in_value(value))
            }
            _ => false,
        }
    }

    /// Returns `true` if `text` contains it as separate words, and has its numbers with their
    /// signs.
    fn is_in(&self, text: &str) -> bool {
        let said = forms::forgotten(text);
        let is_own = |(at, found): (usize, &str)| {
            let (before, after) = (&said[..at], &said[at + found.len()..]);
            !runs_on(before.chars().next_back(), found.chars().next())
                && !runs_on(found.chars().next_back(), after.chars().next())
        };
        said.match_indices(&self.text).any(is_own) && self.numbers.is_subset(&numbers(text))
    }
}

/// Returns `true` if two characters belong to one word. Other scripts than ASCII may have no
/// spaces.
fn runs_on(one: Option<char>, next: Option<char>) -> bool {
    one.zip(next)
        .is_some_and(|(one, next)| one.is_ascii_alphanumeric() && next.is_ascii_alphanumeric())
}
