//! The rows that a search sees: its parts, the hidden rows, and the filter.

use std::collections::{BTreeSet, HashSet};

use crate::search::{
    candidates::filter::Numbered,
    segments::{
        part::{Home, Part, Place},
        segment::Segment,
        strings::Strings,
    },
};

/// Rows that a search sees.
pub(crate) struct Sight<'a> {
    pub(crate) parts: &'a [Part],
    /// Encoded identities whose rows in the library are hidden.
    pub(crate) masked: &'a HashSet<String>,
    /// Texts of the numbers in the parts.
    pub(crate) names: &'a Strings,
    pub(crate) filter: Numbered,
}

/// Returns the number of rows of `parts`, including the hidden ones.
pub(crate) fn rows_of(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.segment.len()).sum()
}

impl Sight<'_> {
    pub(crate) fn segment(&self, place: Place) -> &Segment {
        &self.parts[place.part as usize].segment
    }

    /// Returns the rows from `reach` before to `reach` after each of `best` in their sessions.
    pub(crate) fn neighbours(&self, best: &[Place], reach: i64) -> Vec<Place> {
        let mut near = Vec::new();
        let mut taken: HashSet<Place> = best.iter().copied().collect();
        for row in best {
            let Some((session, position)) = self.segment(*row).place(row.at) else { continue };
            let (first, last) = (position.saturating_sub(reach), position.saturating_add(reach));
            for (part, number) in self.parts.iter().zip(0..) {
                for &at in part.segment.around(session, first, last) {
                    let place = Place { part: number, at };
                    if self.admits(place) && self.is_shown(place) && taken.insert(place) {
                        near.push(place);
                    }
                }
            }
        }
        near
    }

    /// Returns the numbers of the rows' speakers whose name `is_asked`.
    pub(crate) fn speakers(&self, is_asked: impl Fn(&str) -> bool) -> BTreeSet<u32> {
        let pairs = self.parts.iter().flat_map(|part| &part.segment.speakers);
        let admitted = pairs.filter(|[user, _]| self.filter.admits_user(*user));
        let mut asked: BTreeSet<u32> = admitted.map(|[_, speaker]| *speaker).collect();
        asked.retain(|speaker| is_asked(self.names.text(*speaker)) && self.speaks(*speaker));
        asked
    }

    /// Returns `true` if `speaker` has a visible row.
    fn speaks(&self, speaker: u32) -> bool {
        (0..).zip(self.parts).any(|(number, part): (u32, &Part)| {
            let places = (0..).zip(&part.segment.columns).filter(|(_, row)| row.speaker == speaker);
            let mut places = places.map(|(at, _)| Place { part: number, at });
            places.any(|place| self.admits(place) && self.is_shown(place))
        })
    }

    pub(crate) fn admits(&self, place: Place) -> bool {
        let part = &self.parts[place.part as usize];
        !part.is_gone(place.at) && self.filter.admits(&part.segment, place.at)
    }

    /// Returns `true` if no newer record has the key. Expensive, so it is checked last.
    pub(crate) fn is_shown(&self, place: Place) -> bool {
        let part = &self.parts[place.part as usize];
        matches!(part.home, Home::Here(_))
            || self.masked.is_empty()
            || !self.masked.contains(&part.segment.key(place.at, self.names))
    }
}
