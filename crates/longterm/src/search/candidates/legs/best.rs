//! The best rows of a leg, by score and then by key.

use std::cmp::Ordering;

use crate::search::{candidates::sight::Sight, segments::part::Place};

/// The best rows so far.
#[derive(Clone)]
pub(super) struct Best {
    pub(super) rows: usize,
    pub(super) kept: Vec<(f32, Place)>,
    /// Score below which a row is not among the best.
    pub(super) least: f32,
}

impl Best {
    pub(super) fn new(rows: usize) -> Best {
        Best { rows, kept: Vec::new(), least: f32::NEG_INFINITY }
    }

    pub(super) fn offer(&mut self, score: f32, place: Place, sight: &Sight<'_>) {
        if self.least <= score && sight.is_shown(place) {
            self.kept.push((score, place));
            if 4 * self.rows <= self.kept.len() {
                self.cut(sight);
            }
        }
    }

    fn cut(&mut self, sight: &Sight<'_>) {
        if self.rows < self.kept.len() {
            let order = |a: &(f32, Place), b: &(f32, Place)| -> Ordering {
                let key = |place: Place| sight.segment(place).order(place.at, sight.names);
                b.0.total_cmp(&a.0).then_with(|| key(a.1).cmp(&key(b.1)))
            };
            let (_, least, _) = self.kept.select_nth_unstable_by(self.rows - 1, order);
            self.least = least.0;
            self.kept.truncate(self.rows);
        }
    }

    pub(super) fn finish(mut self, sight: &Sight<'_>) -> Vec<Place> {
        self.cut(sight);
        self.kept.into_iter().map(|(_, place)| place).collect()
    }
}
