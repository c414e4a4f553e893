//! The leg of meaning. Among many rows, those whose vectors have most signs in common with the
//! query's are compared in full, and no others.
//!
//! The number of compared rows, and therefore the result, is independent of rows that the searcher
//! does not see, and of the split of rows into segments, shares and the journal.

use std::borrow::Cow;

use super::best::Best;
use crate::search::{
    candidates::sight::{Sight, rows_of},
    segments::{
        part::Place,
        vectors::{Asked, NO_DISTANCE},
    },
};

/// Number of visible rows from which only near ones are compared.
const ROWS_MANY: usize = 16_384;
/// Number of near rows per proposed row.
const NEAR_PER_ROW: usize = 24;

/// Rows of a part that the filter admits.
pub(super) struct Admitted {
    pub(super) part: u32,
    pub(super) rows: Vec<u32>,
}

/// Admitted rows of a part, with their distances.
#[derive(Clone)]
pub(super) struct Near<'a> {
    part: u32,
    rows: Cow<'a, [u32]>,
    /// Distance of each row from the query by signs; empty for few rows.
    distances: Vec<u16>,
}

impl Sight<'_> {
    /// Compares the admitted rows of a share with the query by signs, if there are many in total.
    pub(super) fn near<'a>(&self, share: &'a [Admitted], asked: &Asked) -> Vec<Near<'a>> {
        let are_many = ROWS_MANY <= rows_of(self.parts);
        let near = share.iter().map(|Admitted { part, rows }| {
            let distances = match are_many {
                true => self.parts[*part as usize].segment.vectors.distances(rows, asked),
                false => Vec::new(),
            };
            Near { part: *part, rows: Cow::Borrowed(rows), distances }
        });
        near.collect()
    }

    /// Returns the best `rows` by the cosine of their vectors.
    pub(super) fn by_meaning(&self, near: &[Near<'_>], asked: &Asked, rows: usize) -> Best {
        let mut best = Best::new(rows);
        let bound = self.bound(near, NEAR_PER_ROW.saturating_mul(rows));
        for near in near {
            let near = bound.map_or(Cow::Borrowed(near), |bound| Cow::Owned(near.within(bound)));
            let vectors = &self.parts[near.part as usize].segment.vectors;
            vectors.cosines(&near.rows, asked, |at, cosine| {
                best.offer(cosine, Place { part: near.part, at }, self);
            });
        }
        best
    }

    /// Returns the smallest distance that includes `count` visible rows, or `None` to compare all
    /// rows.
    fn bound(&self, near: &[Near<'_>], count: usize) -> Option<u16> {
        let rows: usize = near.iter().map(|near| near.rows.len()).sum();
        let hidden = self.masked.len();
        if rows < ROWS_MANY || rows < ROWS_MANY + hidden && self.shown(near).count() < ROWS_MANY {
            return None;
        }
        let all = near.iter().flat_map(|near| near.distances.iter().copied());
        let bound = distance_of(all, count.saturating_add(hidden));
        if hidden == 0 {
            return Some(bound);
        }
        let near: Vec<Near<'_>> = near.iter().map(|near| near.within(bound)).collect();
        Some(distance_of(self.shown(&near), count))
    }

    /// Returns the distances of the visible ones of these rows.
    fn shown(&self, near: &[Near<'_>]) -> impl Iterator<Item = u16> {
        near.iter().flat_map(move |near| {
            let rows = near.rows.iter().zip(&near.distances);
            let place = |at: u32| Place { part: near.part, at };
            let shown = rows.filter(move |(at, _)| self.is_shown(place(**at)));
            shown.map(|(_, distance)| *distance)
        })
    }
}

impl Near<'_> {
    /// Returns the rows within this distance.
    fn within(&self, bound: u16) -> Near<'static> {
        let rows = self.rows.iter().copied().zip(self.distances.iter().copied());
        let rows = rows.filter(|(_, distance)| *distance <= bound);
        let (rows, distances): (Vec<u32>, _) = rows.unzip();
        Near { part: self.part, rows: Cow::Owned(rows), distances }
    }
}

/// Returns the smallest distance within which at least `count` of the rows are; the largest one if
/// there are fewer.
fn distance_of(distances: impl Iterator<Item = u16>, count: usize) -> u16 {
    let mut counts: Vec<usize> = Vec::new();
    for distance in distances.filter(|distance| *distance != NO_DISTANCE) {
        let distance = usize::from(distance);
        if counts.len() <= distance {
            counts.resize(distance + 1, 0);
        }
        counts[distance] += 1;
    }
    let mut within = 0;
    let reaches = |(_, rows): &(u16, &usize)| {
        within += **rows;
        count <= within
    };
    (0..).zip(&counts).find(reaches).map_or(NO_DISTANCE - 1, |(distance, _)| distance)
}

#[cfg(test)]
mod tests;
