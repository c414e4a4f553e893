//! Numbers for repeated texts: terms, users, sessions, speakers.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The number of a missing text.
pub(crate) const NONE: u32 = u32::MAX;

/// A growing list of distinct texts, each with its index as number.
#[derive(Default)]
pub(crate) struct Strings {
    texts: String,
    /// End of each text in `texts`.
    ends: Vec<usize>,
    /// Numbers of the texts, hashed by text.
    places: HashTable<u32>,
    hasher: RandomState,
}

impl Strings {
    /// Returns the number of `text`, if it was ever added.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        self.places.find(hash, |&number| self.text(number) == text).copied()
    }

    /// Returns the number of `text`, and assigns one if it is new.
    pub(crate) fn add(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = u32::try_from(self.ends.len()).expect("RAM ends before four billion texts");
        assert!(number < NONE, "the last number means no text");
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
        let Strings { texts, ends, places, hasher } = self;
        let hash = |number: &u32| hasher.hash_one(text_at(texts, ends, *number));
        places.insert_unique(hasher.hash_one(text), number, hash);
        number
    }

    /// Returns the text of a number that `find` or `add` returned.
    pub(crate) fn text(&self, number: u32) -> &str {
        text_at(&self.texts, &self.ends, number)
    }

    /// Returns the text of a number that [`add_some`](Strings::add_some) returned.
    pub(crate) fn some(&self, number: u32) -> Option<&str> {
        (number != NONE).then(|| self.text(number))
    }

    /// Returns the number of `text`, and assigns one if it is new; [`NONE`] without a text.
    pub(crate) fn add_some(&mut self, text: Option<&str>) -> u32 {
        text.map_or(NONE, |text| self.add(text))
    }
}

fn text_at<'a>(texts: &'a str, ends: &[usize], number: u32) -> &'a str {
    let at = number as usize;
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    &texts[start..ends[at]]
}
